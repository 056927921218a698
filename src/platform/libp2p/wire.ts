/**
 * One request and one answer over one stream: each a 4-byte big-endian length and that many bytes. Sending obeys the
 * stream's back-pressure; reading stops at the limit, not after it.
 * @module
 */
import type { Stream } from "@libp2p/interface";
import { bigEndian, concatBytes } from "#protocol/codec/bytes.ts";
import { byteString, decode, encode, type Schema, text, union } from "#protocol/codec/schema.ts";
import { accepted, type RejectionCode, type Result, rejected } from "#protocol/result.ts";

/** Bytes handed to a stream at once. */
const chunkBytes = 65_536;

const headBytes = 4;

/** An answer: `[0, body]` or `[1, code, message]`. */
type WireAnswer =
  | { readonly type: "answer"; readonly body: Uint8Array }
  | { readonly type: "refusal"; readonly code: string; readonly message: string };

const mostBodyBytes = 1 << 26;
const mostCodeBytes = 64;
const mostMessageBytes = 1_024;
/** Characters of a message that are sent; in UTF-8 they fit into `mostMessageBytes`. */
const mostMessageCharacters = 256;

const answerSchema: Schema<WireAnswer> = union<WireAnswer>("bad-response", {
  answer: { number: 0, fields: { body: byteString(0, mostBodyBytes) } },
  refusal: { number: 1, fields: { code: text(mostCodeBytes), message: text(mostMessageBytes) } },
});

/** Bytes an answer's envelope may add to its body: a refusal is the longest. */
export const answerOverheadBytes = 1_200;

/** Wraps what a handler returned. */
export function encodeAnswer(result: Result<Uint8Array>): Uint8Array {
  return encode(
    answerSchema,
    result.ok
      ? { type: "answer", body: result.value }
      : { type: "refusal", code: result.code, message: result.message.slice(0, mostMessageCharacters) },
  );
}

/** Unwraps a peer's answer; a body longer than `maximumBytes` is refused. */
export function decodeAnswer(bytes: Uint8Array, maximumBytes: number): Result<Uint8Array> {
  const decoded = decode(answerSchema, bytes, maximumBytes + answerOverheadBytes);
  if (!decoded.ok) return rejected("bad-response", `The peer's answer cannot be read: ${decoded.message}`);
  const answer = decoded.value;
  if (answer.type === "answer") {
    if (answer.body.length <= maximumBytes) return accepted(answer.body);
    return tooLarge(answer.body.length, maximumBytes);
  }
  // The peer's words are foreign text: only letters of a code pass, the message is for logs.
  const code = /^[a-z-]{1,40}$/.test(answer.code) ? (answer.code as RejectionCode) : "bad-response";
  return rejected(code, answer.message);
}

/** Writes one frame, waiting whenever the stream asks for it. Throws when the stream ends or `signal` aborts. */
export async function writeFrame(stream: Stream, body: Uint8Array, signal: AbortSignal): Promise<void> {
  const frame = concatBytes(bigEndian(body.length, headBytes), body);
  for (let at = 0; at < frame.length; at += chunkBytes) {
    signal.throwIfAborted();
    if (!stream.send(frame.subarray(at, at + chunkBytes))) await stream.onDrain({ signal });
  }
}

/** Reads one frame of at most `maximumBytes`. A longer one is refused as soon as its length is known. */
export async function readFrame(stream: Stream, maximumBytes: number): Promise<Result<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  let wanted: number | null = null;
  for await (const part of stream) {
    chunks.push(part.subarray());
    received += part.byteLength;
    if (wanted === null && received >= headBytes) {
      const begun = concatBytes(...chunks);
      chunks.splice(0, chunks.length, begun);
      const length = new DataView(begun.buffer, begun.byteOffset).getUint32(0);
      if (length > maximumBytes) return tooLarge(length, maximumBytes);
      wanted = headBytes + length;
    }
    if (wanted !== null && received >= wanted) return accepted(concatBytes(...chunks).subarray(headBytes, wanted));
  }
  return rejected("truncated", "The stream ended in the middle of a message.");
}

function tooLarge(sizeBytes: number, maximumBytes: number): Result<Uint8Array> {
  return rejected("too-large", `The message has ${sizeBytes} bytes; at most ${maximumBytes} are allowed.`, {
    sizeBytes,
    maximumBytes,
  });
}
