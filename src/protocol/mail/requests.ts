/**
 * Requests and answers of `/aether/message/1`: whose key is it, here is a message, I am here for my mail. Bounded by count
 * and bytes; a version that is not known is refused in words.
 * @module
 */
import {
  byteString,
  bytes32,
  type Codec,
  codecOf,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  union,
  unsigned,
} from "../codec/schema.ts";
import { stampBytes } from "../ledger/stamp.ts";
import { messageVersion } from "../messages/gossip.ts";
import type { Result } from "../result.ts";
import { mailLimits } from "./limits.ts";

/** Bounds of the protocol. */
export const mailWireLimits = {
  requestBytes: 65_536,
  /** Messages that one answer hands over. */
  handedOver: 32,
  /** Bytes of an answer. */
  answerBytes: 32 * (mailLimits.envelopeBytes + 32) + 1_024,
  /** Most stamp bits that can be asked for. */
  stampBits: 64,
} as const;

/** A request. */
export type MailRequest =
  /** What is known of an identity, by its key hash. */
  | { readonly type: "key"; readonly keyHash: Uint8Array }
  /** The asking peer is an identity's node: keep its record, hand its mail to it. The stamp is over the record. */
  | { readonly type: "hello"; readonly record: Uint8Array; readonly pass: Uint8Array; readonly stamp: Uint8Array }
  /** A message for somebody. The stamp is over its id. */
  | { readonly type: "deliver"; readonly envelope: Uint8Array; readonly stamp: Uint8Array }
  /** The oldest messages that wait for an identity. */
  | { readonly type: "collect"; readonly pass: Uint8Array }
  /** These are safe with their receiver. */
  | { readonly type: "collected"; readonly pass: Uint8Array; readonly ids: readonly Uint8Array[] };

/** The answer to `key`. */
export interface KeyAnswer {
  /** The signed record, if it is known. */
  readonly record: Uint8Array | null;
  /** If the answering peer is this identity's node: the pass that says so. */
  readonly pass: Uint8Array | null;
  /** Whether the answering peer keeps messages for who is away: 0 or 1. */
  readonly serves: number;
  /** What a stamp must have for a message to this identity to be taken. */
  readonly stampBits: number;
}

/** The answer to `deliver`: it has reached its receiver's node, or is kept until that comes. */
export interface DeliverAnswer {
  /** 0: kept; 1: received. */
  readonly received: number;
}

/** A message with the work that was done to have it kept: whoever alters it would have to do that again. */
export interface StampedEnvelope {
  readonly envelope: Uint8Array;
  readonly stamp: Uint8Array;
}

/** The answer to `collect`. */
export interface CollectAnswer {
  readonly messages: readonly StampedEnvelope[];
}

const recordBytes = byteString(1, mailLimits.recordBytes);
const passBytes = byteString(1, mailLimits.passBytes);
const envelope = byteString(1, mailLimits.envelopeBytes);
const stamp = byteString(stampBytes, stampBytes);
const number = (n: number): number => 0x100 * messageVersion + n;

const requestSchema: Schema<MailRequest> = union<MailRequest>("unknown-version", {
  key: { number: number(0), fields: { keyHash: bytes32 } },
  hello: { number: number(1), fields: { record: recordBytes, pass: passBytes, stamp } },
  deliver: { number: number(2), fields: { envelope, stamp } },
  collect: { number: number(3), fields: { pass: passBytes } },
  collected: { number: number(4), fields: { pass: passBytes, ids: list(bytes32, mailWireLimits.handedOver, 1) } },
});

/** Canonical bytes of a request. */
export function encodeMailRequest(request: MailRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request; any bytes give a value or a typed rejection. */
export function decodeMailRequest(bytes: Uint8Array): Result<MailRequest> {
  return decode(requestSchema, bytes, mailWireLimits.requestBytes);
}

const answer = <T>(schema: Schema<T>): Codec<T> => codecOf(schema, mailWireLimits.answerBytes);

/** Codecs of answers by the request's type; `hello` and `collected` are answered with nothing. */
export const mailAnswers = {
  key: answer<KeyAnswer>(
    record<KeyAnswer>({
      record: nullable(recordBytes),
      pass: nullable(passBytes),
      serves: unsigned(1),
      stampBits: unsigned(mailWireLimits.stampBits),
    }),
  ),
  deliver: answer<DeliverAnswer>(record<DeliverAnswer>({ received: unsigned(1) })),
  collect: answer<CollectAnswer>(
    record<CollectAnswer>({
      messages: list(record<StampedEnvelope>({ envelope, stamp }), mailWireLimits.handedOver),
    }),
  ),
} as const;
