// The `query` method of Grafana's guide "Build a streaming data source plugin", as it is with this client:
// `node guide.mjs [url] [selector] [selector]`.
import { CircularFrame, HubServerClient } from "@hubserver/client";
import { map, merge } from "rxjs";

const [url = "http://localhost:5080", ...selectors] = process.argv.slice(2);
const client = new HubServerClient({ url });

function query({ targets, maxDataPoints = 1_000 }) {
  const streams = targets.map((target) => {
    const frames = new Map();
    return client.query({ targets: [target] }).pipe(map((update) => {
      for (const { channel, change, schema, columns } of update.frames) {
        if (change === "replaced" || !frames.has(channel)) {
          const frame = new CircularFrame({ append: "tail", capacity: maxDataPoints });
          frame.refId = target.refId;
          schema.fields.forEach((field) => frame.addField(field));
          frames.set(channel, frame);
        }
        columns[0]?.forEach((_, row) => frames.get(channel).appendRow(columns.map((column) => column[row])));
      }
      return { data: [...frames.values()], key: target.refId, state: "Streaming" };
    }));
  });
  return merge(...streams);
}

const targets = (selectors.length > 0 ? selectors : ["cpu"]).map((channel, i) => ({ refId: String.fromCharCode(65 + i), channel }));
query({ targets }).subscribe(({ data, key }) => {
  for (const { length, fields } of data)
    console.log(key, length, fields.map(({ name, values }) => `${name}=${values[length - 1]}`).join(" "));
});
