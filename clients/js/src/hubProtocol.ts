// SignalR's MessagePack hub protocol (its HubProtocol.md, "MessagePack (MsgPack) Encoding"), over the small codec that the
// contract needs: a third of the bytes that SignalR's own package brings into a page, and numbers stay typed arrays.
import { type HubMessage, type IHubProtocol, MessageType, TransferFormat } from "@microsoft/signalr";
import { PackReader, PackWriter } from "./messagePack.js";

const withResult = 3;
const withError = 1;

/** The hub protocol `messagepack`, version 2. */
export class MessagePackProtocol implements IHubProtocol {
  readonly name = "messagepack";
  readonly version = 2;
  readonly transferFormat = TransferFormat.Binary;

  parseMessages(input: string | ArrayBuffer): HubMessage[] {
    if (typeof input === "string")
      throw new Error("the server answered in text where binary messages were agreed on");
    const bytes = new Uint8Array(input);
    const messages: HubMessage[] = [];
    for (let at = 0; at < bytes.length;) {
      const [length, start] = readLength(bytes, at);
      at = start + length;
      if (at > bytes.length)
        throw new RangeError(`a message of ${length} bytes came with ${bytes.length - start}`);
      const message = parse(new PackReader(bytes.subarray(start, at)).value() as unknown[]);
      if (message)
        messages.push(message);
    }
    return messages;
  }

  writeMessage(message: HubMessage): ArrayBuffer {
    const payload = new PackWriter().value(compose(message)).written;
    const head = lengthOf(payload.length);
    const framed = new Uint8Array(head.length + payload.length);
    framed.set(head);
    framed.set(payload, head.length);
    return framed.buffer;
  }
}

function compose(message: HubMessage): unknown[] {
  switch (message.type) {
    case MessageType.Invocation:
    case MessageType.StreamInvocation:
      return [message.type, {}, message.invocationId ?? null, message.target, message.arguments, message.streamIds ?? []];
    case MessageType.StreamItem:
      return [message.type, {}, message.invocationId, message.item];
    case MessageType.Completion:
      return message.error === undefined
        ? [message.type, {}, message.invocationId, 2]
        : [message.type, {}, message.invocationId, withError, message.error];
    case MessageType.CancelInvocation:
      return [message.type, {}, message.invocationId];
    case MessageType.Close:
      return [message.type, message.error ?? null];
    default:
      return [message.type];
  }
}

function parse(parts: unknown[]): HubMessage | undefined {
  const [type, second, invocationId, fourth, fifth] = parts;
  switch (type) {
    case MessageType.StreamItem:
      return { type, invocationId: invocationId as string, item: fourth };
    case MessageType.Completion:
      return {
        type,
        invocationId: invocationId as string,
        ...(fourth === withError && { error: fifth as string }),
        ...(fourth === withResult && { result: fifth }),
      };
    case MessageType.Ping:
      return { type };
    case MessageType.Close:
      return { type, ...(second !== null && { error: second as string }), allowReconnect: invocationId === true };
    default:
      return undefined; // The hub calls nothing on a client, and a newer server may say what an older client need not know.
  }
}

/** A length in 7-bit groups, the lowest first. */
function readLength(bytes: Uint8Array, at: number): [length: number, start: number] {
  let length = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++];
    if (byte === undefined)
      break;
    length += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80)
      return [length, at];
  }
  throw new RangeError("a message's length does not end");
}

function lengthOf(length: number): number[] {
  const bytes: number[] = [];
  for (; length > 0x7f; length = Math.floor(length / 128))
    bytes.push((length & 0x7f) | 0x80);
  return [...bytes, length];
}
