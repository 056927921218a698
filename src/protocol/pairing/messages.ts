/**
 * Requests and answers of `/aether/pair/1`. The new device asks, the one that has made the invitation answers. Bounded; a
 * version that is not known is refused in words.
 * @module
 */
import {
  byteString,
  bytes32,
  type Codec,
  codecOf,
  decode,
  encode,
  nullable,
  record,
  type Schema,
  union,
} from "../codec/schema.ts";
import { messageVersion } from "../messages/gossip.ts";
import type { Result } from "../result.ts";
import { pairingLimits } from "./limits.ts";

/** A request; `id` names the invitation. */
export type PairRequest =
  /** The new device binds itself to a key and random bytes before it sees the other's. */
  | { readonly type: "hello"; readonly id: Uint8Array; readonly commitment: Uint8Array }
  /** It shows what it was bound to, and a secret for the other's key. */
  | {
      readonly type: "open";
      readonly id: Uint8Array;
      readonly key: Uint8Array;
      readonly random: Uint8Array;
      readonly encapsulation: Uint8Array;
    }
  /** Its person has confirmed the words; sealed is what it says of itself. Asked again until the other person has, too. */
  | { readonly type: "ready"; readonly id: Uint8Array; readonly sealed: Uint8Array }
  /** What was handed over is written down. */
  | { readonly type: "done"; readonly id: Uint8Array; readonly sealed: Uint8Array }
  /** Its person has not confirmed. */
  | { readonly type: "leave"; readonly id: Uint8Array }
  /** What devices of an identity know of each other, by a mark that only they can make. */
  | { readonly type: "devices"; readonly mark: Uint8Array };

/** The answer to `hello`. */
export interface HelloAnswer {
  readonly key: Uint8Array;
  readonly random: Uint8Array;
}

/** The answer to `open`. */
export interface OpenAnswer {
  readonly encapsulation: Uint8Array;
}

/** The answer to `ready`. */
export type ReadyAnswer =
  /** The person at the other device has not decided yet. */
  { readonly type: "waiting" } | { readonly type: "handed"; readonly sealed: Uint8Array };

/** The answer to `devices`. */
export interface DevicesAnswer {
  /** Null: none of that identity are known here. */
  readonly sealed: Uint8Array | null;
}

const { invitationIdBytes, keyBytes, encapsulationBytes, sealedFactsBytes, handedBytes, listBytes } = pairingLimits;
const id = byteString(invitationIdBytes, invitationIdBytes);
const key = byteString(keyBytes, keyBytes);
const encapsulation = byteString(encapsulationBytes, encapsulationBytes);
const facts = byteString(16, sealedFactsBytes);
const number = (n: number): number => 0x100 * messageVersion + n;

const requestSchema: Schema<PairRequest> = union<PairRequest>("unknown-version", {
  hello: { number: number(0), fields: { id, commitment: bytes32 } },
  open: { number: number(1), fields: { id, key, random: bytes32, encapsulation } },
  ready: { number: number(2), fields: { id, sealed: facts } },
  done: { number: number(3), fields: { id, sealed: facts } },
  leave: { number: number(4), fields: { id } },
  devices: { number: number(5), fields: { mark: bytes32 } },
});

/** Canonical bytes of a request. */
export function encodePairRequest(request: PairRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request; any bytes give a value or a typed rejection. */
export function decodePairRequest(bytes: Uint8Array): Result<PairRequest> {
  return decode(requestSchema, bytes, pairingLimits.requestBytes);
}

const answer = <T>(schema: Schema<T>): Codec<T> => codecOf(schema, pairingLimits.answerBytes);

/** Codecs of answers by the request's type; `done` and `leave` are answered with nothing. */
export const pairAnswers = {
  hello: answer<HelloAnswer>(record<HelloAnswer>({ key, random: bytes32 })),
  open: answer<OpenAnswer>(record<OpenAnswer>({ encapsulation })),
  ready: answer<ReadyAnswer>(
    union<ReadyAnswer>("unknown-version", {
      waiting: { number: number(0), fields: {} },
      handed: { number: number(1), fields: { sealed: byteString(16, handedBytes) } },
    }),
  ),
  devices: answer<DevicesAnswer>(record<DevicesAnswer>({ sealed: nullable(byteString(16, listBytes)) })),
} as const;
