"""A client for HubServer in the standard library alone: a worked example of PROTOCOL.md, whose sections it names."""
import base64, collections, hashlib, http.client, json, math, os, random, struct, sys, time, urllib.parse
CONTINUATION, TEXT, CLOSE, PING, PONG = 0, 1, 8, 9, 10
ENTITIES = {"NaN": math.nan, "Inf": math.inf, "NegInf": -math.inf}
TRY_LATER = ("overloaded", "backplane_unavailable", "shutting_down", "internal")
Held = collections.namedtuple("Held", "epoch next schema parts")  # What is held of one channel for one target.
Part = collections.namedtuple("Part", "start end what")  # A gap, or a row: one of those from start to before end.

class Refused(Exception):
    def __init__(self, error):
        ours = error.partition("HubException: ")[2]  # SignalR puts words of its own before the code (section 7).
        self.code, _, self.text = ours.partition(": ") if ours else ("internal", "", error)
        super().__init__(f"{self.code}: {self.text}")
def check(kept, promise):
    if not kept:
        raise ValueError(f"the server broke its promise that {promise}")

def connect(url):
    """Opens a WebSocket (RFC 6455), on which a silence of 30 s means that the connection is lost."""
    parts, key = urllib.parse.urlsplit(url), base64.b64encode(os.urandom(16)).decode()
    if parts.scheme != "http" or not parts.hostname:
        raise ValueError("an address looks like http://localhost:5080")
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    connection.request("GET", parts.path.rstrip("/") + "/hub", headers={
        "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": key})
    answer, digest = connection.getresponse(), hashlib.sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode())
    if answer.headers["Sec-WebSocket-Accept"] != base64.b64encode(digest.digest()).decode():
        raise ConnectionError(f"there is no hub: {answer.status} {answer.reason}")
    return connection.sock
def write(sock, opcode, payload):
    # A client masks what it sends with bytes that nobody can foresee, lest a proxy take it for a request.
    size, mask, first = len(payload), os.urandom(4), 128 | opcode
    head = (struct.pack("!BB", first, 128 | size) if size < 126 else struct.pack("!BBH", first, 254, size)
            if size < 65536 else struct.pack("!BBQ", first, 255, size))
    sock.sendall(head + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload)))
def send(sock, message):
    write(sock, TEXT, json.dumps(message).encode() + b"\x1e")

def receive(sock):
    """Yields the messages of the hub protocol (section 2.1) and keeps the connection alive meanwhile."""
    file, text, opcode, pinged = sock.makefile("rb"), b"", TEXT, time.monotonic()
    while opcode != CLOSE and len(head := file.read(2)) == 2:
        opcode, size = head[0] & 15, head[1]
        payload = file.read(size if size < 126 else int.from_bytes(file.read(2 if size == 126 else 8), "big"))
        if time.monotonic() > pinged + 10:
            send(sock, {"type": 6})  # Something comes every 15 s, so that no two pings are 30 s apart.
            pinged = time.monotonic()
        if opcode in (PING, CLOSE):
            write(sock, PONG if opcode == PING else CLOSE, payload)
        elif opcode in (TEXT, CONTINUATION):
            *whole, text = (text + payload).split(b"\x1e")  # Only this ends a message, whatever the fragments.
            # Numbers are float64 (section 4): an int would lose the sign of -0 and not round beyond 2^53.
            yield from (json.loads(message.decode(), parse_int=float) for message in whole)
    raise ConnectionError("the server closed the connection")

def query(url, request):
    with connect(url) as sock:
        messages = receive(sock)
        send(sock, {"protocol": "json", "version": 1})
        check(next(messages) == {}, "it speaks version 1 of the JSON hub protocol")
        send(sock, {"type": 4, "invocationId": "1", "target": "Query", "arguments": [request]})
        for message in messages:
            if message["type"] == 2:
                yield message["item"]
            elif message["type"] in (3, 7):
                raise Refused(message.get("error", "the server ended the query"))

def read_rows(frame, fields):
    values, entities = frame["data"]["values"], frame["data"].get("entities") or [None] * len(fields)
    for column, named, _ in zip(values, entities, fields, strict=True):
        for kind, row in ((kind, int(row)) for kind in ENTITIES for row in (named or {}).get(kind, ())):
            check(column[row] is None, "a row in entities is null in values and named once")
            column[row] = ENTITIES[kind]
    rows, start, count = list(zip(*values, strict=True)), frame["offset"], frame["count"]
    check(len(rows) == count or len(rows) < count and "sampled" in frame, "only thinned frames leave rows out")
    places = [(start + i, start + i + 1) if len(rows) == count else (start, start + count) for i in range(len(rows))]
    names = [field["name"] + "".join(f",{k}={v}" for k, v in field.get("labels", {}).items()) for field in fields]
    return [Part(*place, {"row": dict(zip(names, row))}) for place, row in zip(places, rows)]

def advance(held, frame):
    """What is held after a frame (section 6.2). A thinned row goes with a rollback that it may lie after."""
    snapshot, gap, schema = frame["kind"] == "snapshot", frame.get("gap"), frame.get("schema") or held and held.schema
    check(schema and (held or snapshot), "a channel starts with a snapshot and a schema")
    check(snapshot or (gap["epoch"] == held.epoch if gap else frame["offset"] == held.next), "a delta starts at next")
    parts = [] if snapshot or gap and gap["reason"] == "reset" else held.parts
    if gap and gap["reason"] == "rollback":
        parts = [part for part in parts if part.end <= gap["from"]]
    elif gap and gap["reason"] == "lapped" and not snapshot:
        check(gap["from"] == held.next and gap["to"] in (None, frame["offset"] - 1), "a hole ends where rows go on")
    new = ([Part(gap["from"], gap["from"], {"gap": gap})] if gap else []) + read_rows(frame, schema["fields"])
    most = int(schema.get("meta", {}).get("custom", {}).get("capacity", 100_000))
    return Held(frame["epoch"], frame["offset"] + frame["count"], schema, (parts + new)[-most:])

class Client:
    """A query that goes on after any loss of the connection; what may be shown of it is `held`."""
    def __init__(self, url, request):
        self.url, self.request, self.held, self.partial = url, request, {}, {}

    def apply(self, item):
        """Applies an item as a whole or, if it breaks the contract, not at all; returns what was held before."""
        held, partial = dict(self.held), dict(self.partial)
        for frame in item["frames"]:
            key = self.at_fault = frame["refId"], frame["channel"]
            before = partial.pop(key, None) or held.get(key)
            # The parts of a long past are not shown, and nothing resumes from them, before the last.
            (partial if frame.get("more") else held)[key] = frame["kind"] != "removed" and advance(before, frame)
        was, self.held, self.partial, self.at_fault = self.held, {k: v for k, v in held.items() if v}, partial, None
        return was

    def run(self, note, wait=0.25, longest=30):
        """Yields each item, applied, with what was held before it; after a loss, resumes (section 6.5)."""
        attempt = None
        while True:
            resume = [{"refId": ref, "channel": channel, "epoch": held.epoch, "offset": held.next - 1}
                      for (ref, channel), held in self.held.items()]
            self.partial, self.at_fault = {}, None
            try:
                for item in query(self.url, {**self.request, "resume": resume}):
                    yield item, self.apply(item)
                    attempt = 0
                    if item["state"] == "Done":
                        return
            except (ValueError, Refused, OSError, http.client.HTTPException) as error:
                if attempt is None or getattr(error, "code", "internal") not in TRY_LATER:
                    raise
                note(f"{error}; trying again")
                self.held.pop(self.at_fault, None)  # Of a channel that broke the contract no position is claimed.
            attempt += 1
            time.sleep(min(longest, wait * 2 ** attempt) * random.uniform(0.5, 1))

def lines(before, after):
    yield from ({"channel": channel, "removed": True} for _, channel in before.keys() - after.keys())
    for key, held in after.items():
        old = set(map(id, before[key].parts)) if key in before else ()
        yield from ({"channel": key[1], **part.what} for part in held.parts if id(part) not in old)
def main(url="", *selectors):
    note = lambda text: print(f"hubserver: {text}", file=sys.stderr, flush=True)
    client = Client(url, {"version": 1, "targets": [{"refId": str(i), "channel": s} for i, s in enumerate(selectors)]})
    try:
        for item, before in client.run(note):
            for line in [{"error": error} for error in item.get("errors", ())] + [*lines(before, client.held)]:
                print(json.dumps(json.loads(json.dumps(line), parse_constant=str)), flush=True)  # JSON has no NaN.
    except KeyboardInterrupt:
        return 0
    except (ValueError, Refused, OSError, http.client.HTTPException) as error:
        note(f"{url}: {error}")
        return 1
if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
