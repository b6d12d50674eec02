// The Socket.IO server of the fan-out benchmark: node server.mjs PORT CHANNEL,CHANNEL,...
// Every connection is in the room of every channel; a row goes to its room as an event of its own.
import { createServer } from "node:http";
import { Server } from "socket.io";

const [port, channels] = [Number(process.argv[2]), process.argv[3].split(",")];
const http = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request)
    parts.push(part);
  publish(request.url.slice("/rows/".length), JSON.parse(Buffer.concat(parts).toString()));
  response.writeHead(204).end();
});

// The load process answers no pings.
const io = new Server(http, { transports: ["websocket"], pingInterval: 3_600_000, serveClient: false });
io.on("connection", (socket) => socket.join(channels));
io.of("/publish").on("connection", (socket) => socket.on("rows", (rows) => rows.forEach(([channel, row]) => publish(channel, row))));
http.listen(port, "127.0.0.1", 4_096);

function publish(channel, row) {
  io.to(channel).emit("row", channel, row);
}
