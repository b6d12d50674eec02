"""Lets a test in another language see what the Python client holds, over JSON lines.

`replay.py URL REQUEST` keeps a query alive and answers each line of its input: `positions` with how far it is, anything
else with all that is held. With a further argument it holds also what the channels keep no longer. `replay.py` alone
takes a list of items a line, applies them to a client of its own, and answers with what that holds and, where it
refused one of them, why.
"""
import json, math, os, sys, threading
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "clients", "python"))
from hubserver import Client


def encode(value):
    # JSON keeps -0 and null apart from 0, but has no words for these three.
    return {"number": str(value)} if isinstance(value, float) and not math.isfinite(value) else value


def runs_of(held):
    """What is held as runs, up to an empty one at the position, so that a hole before that shows, too."""
    runs = []
    for part in held.parts:
        if "row" not in part.what:
            continue
        row = {name: encode(value) for name, value in part.what["row"].items()}
        thinned, last = part.end > part.start + 1, runs[-1] if runs else None
        if last and last["sampled"] and thinned and (last["offset"], last["end"]) == (part.start, part.end):
            last["rows"].append(row)
        elif last and not last["sampled"] and not thinned and last["end"] == part.start:
            last["rows"].append(row)
            last["end"] = part.end
        else:
            runs.append({"offset": part.start, "end": part.end, "sampled": thinned, "rows": [row]})
    runs.append({"offset": held.next, "end": held.next, "sampled": False, "rows": []})
    return [{**run, "epoch": held.epoch, "count": run["end"] - run["offset"]} for run in runs]


def describe(client):
    return [{
        "refId": ref, "channel": channel, "epoch": held.epoch, "next": held.next, "fields": held.schema["fields"],
        "runs": runs_of(held), "gaps": [part.what["gap"] for part in held.parts if "gap" in part.what],
    } for (ref, channel), held in client.held.items()]


def write(answer):
    print(json.dumps(answer, allow_nan=False), flush=True)


class Hoarder(Client):
    """Holds also the rows that a channel keeps no longer, and with them the gaps between."""

    def apply(self, item):
        for frame in item["frames"]:
            frame.get("schema", {}).pop("meta", None)
        return super().apply(item)


class Watch:
    """Sees to it that nothing of a past is held before its last part, and counts what the query went through."""

    def __init__(self):
        self.calls, self.pasts, self.amid, self.state = 0, 0, {}, None

    def see(self, item, before, after):
        if "server" in item:
            self.calls += 1
            self.amid = {}
        complete = set()
        for frame in item["frames"]:
            key = frame["refId"], frame["channel"]
            if frame.get("more"):
                self.amid.setdefault(key, (after if key in complete else before).get(key))
            else:
                complete.add(key)
                self.amid.pop(key, None)
        for key, was in self.amid.items():
            self.pasts += 1
            if after.get(key) is not was:
                sys.exit(f"{key} is shown amid its past")
        self.state = item["state"]


def replay(url, request, hoards=""):
    client, watch = (Hoarder if hoards else Client)(url, json.loads(request)), Watch()

    def answer():
        for line in sys.stdin:
            # The client replaces what it holds as a whole, so that this thread never sees half of an item.
            write({
                "state": watch.state, "calls": watch.calls, "pasts": watch.pasts, "isAmid": bool(client.partial),
                "positions": [[ref, channel, held.next] for (ref, channel), held in list(client.held.items())],
            } if line.strip() == "positions" else describe(client))
        os._exit(0)  # The test is over.

    threading.Thread(target=answer, daemon=True).start()
    note = lambda text: print(text, file=sys.stderr, flush=True)
    for item, before in client.run(note, wait=0.05, longest=0.5):
        watch.see(item, before, client.held)


def apply_each():
    for line in sys.stdin:
        client, error = Client(None, None), None
        try:
            for item in json.loads(line, parse_int=float):
                client.apply(item)
        except ValueError as refused:
            error = str(refused)
        write({"held": describe(client), "error": error})


if __name__ == "__main__":
    replay(*sys.argv[1:]) if len(sys.argv) > 1 else apply_each()
