/**
 * What a message looks like to everybody but its receiver: whom it is for, when it was made, and bytes that say nothing.
 * Who wrote it is sealed with the rest.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, type Schema, union, unsigned } from "../codec/schema.ts";
import { type Result, rejected } from "../result.ts";
import { mailLimits } from "./limits.ts";

/** Bytes of a key encapsulated by X-Wing. */
export const encapsulationBytes = 1_120;

/** Bytes that the seal's tag adds. */
export const sealTagBytes = 16;

/** A sealed message. The type is the way it is sealed: X-Wing, then XChaCha20-Poly1305. */
export interface Envelope {
  readonly type: "x-wing";
  /** Key hash of its receiver. */
  readonly to: Uint8Array;
  /** By the sender's clock. */
  readonly madeAtMs: number;
  readonly encapsulation: Uint8Array;
  readonly sealed: Uint8Array;
}

const envelopeSchema: Schema<Envelope> = union<Envelope>("unknown-version", {
  "x-wing": {
    number: 1,
    fields: {
      to: bytes32,
      madeAtMs: unsigned(),
      encapsulation: byteString(encapsulationBytes, encapsulationBytes),
      sealed: byteString(mailLimits.leastPaddedBytes + sealTagBytes, mailLimits.mostPaddedBytes + sealTagBytes),
    },
  },
});

/** Canonical bytes. */
export function encodeEnvelope(envelope: Envelope): Uint8Array {
  return encode(envelopeSchema, envelope);
}

/** Reads an envelope from anywhere. */
export function decodeEnvelope(bytes: Uint8Array): Result<Envelope> {
  return decode(envelopeSchema, bytes, mailLimits.envelopeBytes);
}

/** The name of an envelope, by its encoded bytes; stamps are made over it. */
export function envelopeId(bytes: Uint8Array): Uint8Array {
  return taggedHash("aether/envelope/1", bytes);
}

/** Reads an envelope that may be kept or taken now: neither older than anybody keeps them nor from the future. */
export function timelyEnvelope(bytes: Uint8Array, nowMs: number): Result<Envelope> {
  const envelope = decodeEnvelope(bytes);
  if (!envelope.ok) return envelope;
  const { madeAtMs } = envelope.value;
  if (madeAtMs > nowMs + mailLimits.clockErrorMs) {
    return rejected("time-too-late", "The message was made later than now; a clock is wrong.");
  }
  if (madeAtMs < nowMs - mailLimits.envelopeLifeMs) {
    return rejected("expired", "The message is older than messages are kept.");
  }
  return envelope;
}
