import { HubConnectionBuilder } from "@microsoft/signalr";

const url = process.argv[2] ?? "http://localhost:5080";
const connection = new HubConnectionBuilder().withUrl(`${url}/hub`).build();
await connection.start();
connection.stream("Query", { version: 1, targets: [{ channel: process.argv[3] ?? "cpu", rows: 5 }] }).subscribe({
  next: (item) => item.frames.forEach((f) => console.log(item.state, f.channel, f.offset, JSON.stringify(f.data.values))),
  error: (error) => console.error(error.message),
  complete: () => connection.stop(),
});
