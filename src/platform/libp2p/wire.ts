/**
 * One request and one answer over one stream: each a 4-byte big-endian length and that many bytes. Sending obeys the
 * stream's back-pressure; reading stops at the limit, not after it.
 * @module
 */
import type { Stream } from "@libp2p/interface";
import { bigEndian, concatBytes } from "#protocol/codec/bytes.ts";
import { byteString, decode, encode, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { accepted, type RejectionCode, type Result, rejected } from "#protocol/result.ts";

/** Bytes handed to a stream at once. */
const chunkBytes = 65_536;

const headBytes = 4;

interface WireAnswer {
  readonly ok: number;
  readonly code: string;
  readonly message: string;
  readonly body: Uint8Array;
}

const mostBodyBytes = 1 << 26;

const answerSchema: Schema<WireAnswer> = record<WireAnswer>({
  ok: unsigned(1),
  code: text(64),
  message: text(1_024),
  body: byteString(0, mostBodyBytes),
});

/** Bytes an answer's envelope may add to its body. */
export const answerOverheadBytes = 1_200;

/** Wraps what a handler returned. */
export function encodeAnswer(result: Result<Uint8Array>): Uint8Array {
  if (result.ok) return encode(answerSchema, { ok: 1, code: "", message: "", body: result.value });
  return encode(answerSchema, {
    ok: 0,
    code: result.code,
    message: result.message.slice(0, 256),
    body: new Uint8Array(),
  });
}

/** Unwraps a peer's answer. */
export function decodeAnswer(bytes: Uint8Array): Result<Uint8Array> {
  const decoded = decode(answerSchema, bytes, mostBodyBytes);
  if (!decoded.ok) return decoded;
  const { ok, code, message, body } = decoded.value;
  if (ok === 1) return accepted(body);
  // The peer's words are foreign text: only letters of a code pass, the message is for logs.
  return rejected(/^[a-z-]{1,40}$/.test(code) ? (code as RejectionCode) : "bad-response", message);
}

/** Writes one frame, waiting whenever the stream asks for it. */
export async function writeFrame(stream: Stream, body: Uint8Array, signal: AbortSignal): Promise<void> {
  const frame = concatBytes(bigEndian(body.length, headBytes), body);
  for (let at = 0; at < frame.length; at += chunkBytes) {
    if (!stream.send(frame.subarray(at, at + chunkBytes))) await stream.onDrain({ signal });
  }
}

/** Reads one frame of at most `maximumBytes`; null if the stream ends early or the frame is longer. */
export async function readFrame(stream: Stream, maximumBytes: number): Promise<Uint8Array | null> {
  const chunks: Uint8Array[] = [];
  let received = 0;
  let wanted = headBytes;
  let body = false;
  for await (const part of stream) {
    chunks.push(part.subarray());
    received += part.byteLength;
    if (!body && received >= headBytes) {
      const all = concatBytes(...chunks);
      const length = new DataView(all.buffer, all.byteOffset).getUint32(0);
      if (length > maximumBytes) return null;
      wanted = headBytes + length;
      body = true;
    }
    if (body && received >= wanted) return concatBytes(...chunks).subarray(headBytes, wanted);
  }
  return null;
}
