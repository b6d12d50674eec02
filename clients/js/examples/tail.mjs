// Tails a channel: `node tail.mjs [url] [selector]`.
import { HubServerClient } from "@hubserver/client";

const [url = "http://localhost:5080", channel = "cpu"] = process.argv.slice(2);
const client = new HubServerClient({ url });
client.state$.subscribe((state) => console.error(state, client.error?.message ?? ""));
for await (const { frames } of client.query({ targets: [{ channel, rows: 5 }] }))
  for (const { channel, change, gap, offset, schema, columns } of frames) {
    if (gap)
      console.log(`${channel}: a gap (${gap.reason}) from ${gap.from} to ${gap.to ?? "an unknown row"}`);
    columns[0]?.forEach((_, row) => console.log(channel, change, offset + row, ...schema.fields.map(({ name }, i) => `${name}=${columns[i]?.[row]}`)));
  }
