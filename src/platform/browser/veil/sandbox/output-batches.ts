/**
 * Gathers what a guest writes to its two streams into messages of bounded size and number: many small writes are one
 * message, and a guest that writes a little and then works is heard all the same. A batch is a row of pieces: one byte
 * for the stream, four for the length (little-endian), then that many bytes.
 * @module
 */
import { joinBytes } from "#protocol/codec/bytes.ts";
import type { OutputStream } from "#veil/output-buffer.ts";

/** Bytes of a batch at most. */
export const outputBatchBytes = 65_536;

/** How old bytes may grow here before the next occasion sends them. */
export const outputBatchMs = 50;

/** How far it is, a worker says this often at most. */
export const progressMs = 250;

/** What stands before the bytes of a piece. */
const headBytes = 5;

/** By their number in a batch. */
const streams: readonly OutputStream[] = ["output", "error"];

/** Most batches that so many written bytes can make, however they are mixed; without those that time cuts short. */
export function mostBatches(writtenBytes: number): number {
  return 1 + Math.ceil((writtenBytes * (headBytes + 1)) / (outputBatchBytes - headBytes));
}

/** Batches of both streams, in the order they were written. */
export class OutputBatches {
  private readonly send: (batch: ArrayBuffer) => void;
  private readonly buffer = new Uint8Array(outputBatchBytes);
  private readonly view = new DataView(this.buffer.buffer);
  private used = 0;
  /** Where the head of the piece is that still grows. */
  private head = 0;
  private sentMs = Number.NEGATIVE_INFINITY;

  constructor(send: (batch: ArrayBuffer) => void) {
    this.send = send;
  }

  /** Takes bytes that the guest has written. */
  write(bytes: Uint8Array, stream: OutputStream): void {
    for (let at = 0; at < bytes.length; ) {
      this.makeRoom(streams.indexOf(stream));
      const taken = Math.min(bytes.length - at, outputBatchBytes - this.used);
      this.buffer.set(bytes.subarray(at, at + taken), this.used);
      this.used += taken;
      at += taken;
      this.view.setUint32(this.head + 1, this.used - this.head - headBytes, true);
    }
  }

  /** To be called now and then with the time: sends what has waited long enough. */
  tick(nowMs: number): void {
    if (this.used === 0 || nowMs - this.sentMs < outputBatchMs) return;
    this.flush();
    this.sentMs = nowMs;
  }

  /** Sends what is there. */
  flush(): void {
    if (this.used === 0) return;
    this.send(this.buffer.slice(0, this.used).buffer);
    this.used = 0;
  }

  /** Sees to it that the piece that grows is of the stream and takes at least a byte. */
  private makeRoom(stream: number): void {
    const grows = this.used > 0 && this.buffer[this.head] === stream;
    if (grows && this.used < outputBatchBytes) return;
    if (this.used + headBytes >= outputBatchBytes) this.flush();
    this.head = this.used;
    this.buffer[this.head] = stream;
    this.used += headBytes;
  }
}

/** Pieces of a batch that are handed on as they are. */
const mostPieces = 64;

/** One piece of a batch. */
export interface OutputPiece {
  readonly stream: OutputStream;
  readonly bytes: Uint8Array;
}

/**
 * The pieces of a batch as few: a guest that changes its stream at every byte would otherwise make millions of them,
 * each of which takes many times its bytes. Each stream keeps its order; where the other one came between is lost then.
 */
export function fewPieces(pieces: readonly OutputPiece[]): readonly OutputPiece[] {
  if (pieces.length <= mostPieces) return pieces;
  return streams
    .map((stream) => ({
      stream,
      bytes: joinBytes(pieces.filter((one) => one.stream === stream).map(({ bytes }) => bytes)),
    }))
    .filter(({ bytes }) => bytes.length > 0);
}

/** Takes a batch apart; null if it is none. The pieces are views. */
export function readBatch(batch: Uint8Array): OutputPiece[] | null {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength);
  const pieces: OutputPiece[] = [];
  for (let at = 0; at < batch.length; ) {
    const stream = streams[batch[at] as number];
    if (stream === undefined || batch.length - at < headBytes) return null;
    const length = view.getUint32(at + 1, true);
    at += headBytes;
    if (length === 0 || length > batch.length - at) return null;
    pieces.push({ stream, bytes: batch.subarray(at, at + length) });
    at += length;
  }
  return pieces;
}
