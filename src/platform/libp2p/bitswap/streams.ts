/**
 * Messages on streams, each behind its length. How much may wait unfinished is bounded, for one node and for all together.
 * @module
 */
import type { Stream, StreamCloseEvent, StreamMessageEvent } from "@libp2p/interface";
import { joinBytes } from "#protocol/codec/bytes.ts";
import { bitswapLimits } from "./limits.ts";
import { varint, varintAt } from "./protobuf.ts";

/** What is given to a stream at once. */
const chunkBytes = 65_536;

const mostLengthBytes = 5;

/** Bytes of messages that have begun to come, by who sends them. */
export class Unfinished {
  private readonly byNode = new Map<string, number>();
  private all = 0;

  /** Counts bytes in or out; false if there are too many. */
  add(node: string, bytes: number): boolean {
    const ofNode = (this.byNode.get(node) ?? 0) + bytes;
    if (ofNode > 0) this.byNode.set(node, ofNode);
    else this.byNode.delete(node);
    this.all += bytes;
    return ofNode <= bitswapLimits.unfinishedBytes && this.all <= bitswapLimits.unfinishedOfAllBytes;
  }
}

/**
 * What comes over a stream, bounded before it is looked at. The library's own iterator takes in whatever comes, however slow
 * its reader is, and misses an end that came before it was begun.
 */
class Incoming {
  private readonly stream: Stream;
  private readonly node: string;
  private readonly unfinished: Unfinished;
  private readonly parts: Uint8Array[] = [];
  private waitingBytes = 0;
  private isOver: boolean;
  private failure: Error | null = null;
  private wake: () => void = () => undefined;

  constructor(stream: Stream, node: string, unfinished: Unfinished) {
    this.stream = stream;
    this.node = node;
    this.unfinished = unfinished;
    this.isOver = stream.remoteWriteStatus === "closed" && stream.readBufferLength === 0;
    stream.addEventListener("end", this.onEnd);
    stream.addEventListener("close", this.onClose);
    stream.addEventListener("message", this.onMessage);
  }

  /** The next part; null behind the last. Throws when the stream was broken off. */
  async next(): Promise<Uint8Array | null> {
    while (this.parts.length === 0 && !this.isOver)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    if (this.failure !== null) throw this.failure;
    const part = this.parts.shift() ?? null;
    this.waitingBytes -= part?.length ?? 0;
    if (this.waitingBytes <= chunkBytes && this.stream.readStatus === "paused") this.stream.resume();
    return part;
  }

  /** Stops listening; what was not taken is let go. */
  end(): void {
    this.stream.removeEventListener("end", this.onEnd);
    this.stream.removeEventListener("close", this.onClose);
    this.stream.removeEventListener("message", this.onMessage);
    this.unfinished.add(this.node, -this.waitingBytes);
  }

  private readonly onMessage = ({ data }: StreamMessageEvent): void => {
    const part = data.subarray();
    this.parts.push(part);
    this.waitingBytes += part.length;
    if (!this.unfinished.add(this.node, part.length)) this.fail(new Error("too much is unfinished"));
    else if (this.waitingBytes > chunkBytes && this.stream.readStatus === "readable") this.stream.pause();
    this.wake();
  };

  private readonly onEnd = (): void => {
    this.isOver = true;
    this.wake();
  };

  private readonly onClose = ({ error }: StreamCloseEvent): void => {
    if (error !== undefined) this.fail(error);
    this.onEnd();
  };

  private fail(error: Error): void {
    this.failure ??= error;
    this.isOver = true;
  }
}

/** The messages of a stream, one after the other; throws when it ends in the middle of one, or brings what is too large. */
export async function* readMessages(stream: Stream, node: string, unfinished: Unfinished): AsyncGenerator<Uint8Array> {
  const incoming = new Incoming(stream, node, unfinished);
  let parts: Uint8Array[] = [];
  let have = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    for (let part = await incoming.next(); part !== null; part = await incoming.next()) {
      parts.push(part);
      have += part.length;
      for (;;) {
        const length = lengthOf(parts);
        if (length === null || have < length.end + length.value) break;
        const all = parts.length === 1 ? (parts[0] as Uint8Array) : joinBytes(parts);
        const end = length.end + length.value;
        parts = end < all.length ? [all.subarray(end)] : [];
        clearTimeout(timer);
        timer = undefined;
        yield all.subarray(length.end, end);
        // Until it is dealt with it takes room.
        have -= end;
        unfinished.add(node, -end);
      }
      if (have > 0)
        timer ??= setTimeout(() => stream.abort(new Error("a message took too long")), bitswapLimits.messageMs);
    }
    if (have > 0) throw new Error("the stream ended in the middle of a message");
  } finally {
    clearTimeout(timer);
    incoming.end();
    unfinished.add(node, -have);
  }
}

/** The length that stands at the beginning; null if it has not come. */
function lengthOf(parts: Uint8Array[]): { readonly value: number; readonly end: number } | null {
  const [first] = parts;
  if (first === undefined) return null;
  const begin = first.length >= mostLengthBytes ? first : joinBytes(parts.slice(0, mostLengthBytes));
  const length = varintAt(begin.subarray(0, mostLengthBytes), 0);
  if ((length?.value ?? 0) > bitswapLimits.messageBytes || (length === null && begin.length >= mostLengthBytes))
    throw new Error("a message is too large");
  return length;
}

/** Sends a message, waiting whenever the stream asks for it. Throws when it ends or the time is over. */
export async function writeMessage(stream: Stream, message: Uint8Array, signal: AbortSignal): Promise<void> {
  const bytes = joinBytes([varint(message.length), message]);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    signal.throwIfAborted();
    if (!stream.send(bytes.subarray(at, at + chunkBytes))) await stream.onDrain({ signal });
  }
}
