// HTTP as it was written: fetch() resolves and re-encodes what is in an address, and does not let a test see an answer
// that goes on.
import { Agent, request } from "node:http";
import { once } from "node:events";

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends a request whose target is `target` to the letter; gives `{status, type, text}`. */
export async function send(url, method, target, { body = "", type = "application/json", headers = {} } = {}) {
  const { hostname, port } = new URL(url);
  const sent = request({ agent, hostname, port, method, path: target, headers: { "content-type": type, "content-length": Buffer.byteLength(body), ...headers } });
  sent.end(body);
  const [response] = await once(sent, "response");
  let text = "";
  for await (const part of response.setEncoding("utf8"))
    text += part;
  return { status: response.statusCode, type: response.headers["content-type"], text };
}

/** Opens an answer that goes on: `lines` are those that have come so far, without the empty ones. */
export async function openLines(url, headers = {}) {
  const sent = request(url, { headers });
  sent.end();
  const [response] = await once(sent, "response");
  const lines = [];
  let rest = [];
  response.setEncoding("utf8").on("data", (text) => {
    const [first, ...others] = text.split("\n");
    rest.push(first);
    for (const part of others) {
      const line = rest.join("");
      if (line !== "")
        lines.push(line);
      rest = [part];
    }
  });
  response.on("error", () => {}); // close() ends it amid the answer.
  return { status: response.statusCode, type: response.headers["content-type"], lines, close: () => sent.destroy() };
}
