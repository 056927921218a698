/**
 * Requests and answers of `/aether/document/1`. Who asks shows that they were let into the document by a tag that only its
 * holders can make, and that is of use between these two peers alone: nobody else learns which documents there are.
 * @module
 */
import { concatBytes, utf8ToBytes } from "../codec/bytes.ts";
import { sha256, taggedHash } from "../codec/hash.ts";
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
import { messageVersion } from "../messages/gossip.ts";
import type { Result } from "../result.ts";
import { documentLimits, rotationLimits } from "./limits.ts";
import { mostPresenceBytes, mostUpdateBytes } from "./update.ts";

/** Room for marks, tags and framing. */
const besideBytes = 32_768;

/** Bounds of the protocol: a batch, or one update that is larger. */
export const documentWireLimits = {
  requestBytes: mostUpdateBytes + besideBytes,
  answerBytes: mostUpdateBytes + besideBytes,
} as const;

/** How far a chain is known. */
export interface ChainMark {
  /** See `chainOf`. */
  readonly chain: Uint8Array;
  /** Updates of it that are there: all before this place. */
  readonly next: number;
}

/** A request. */
export type DocumentRequest =
  /** I hold the documents of these tags; which of them do you? */
  | { readonly type: "hello"; readonly tags: readonly Uint8Array[] }
  /** This is what I have of a document: give me what I lack. */
  | { readonly type: "sync"; readonly tag: Uint8Array; readonly have: readonly ChainMark[] }
  /** These are new, or you lack them. Answered with nothing once they are safe. */
  | { readonly type: "push"; readonly tag: Uint8Array; readonly updates: readonly Uint8Array[] }
  /** The newest rotation that I know has this link; which do you know? Good by earlier keys' tags too. */
  | { readonly type: "rotations"; readonly tag: Uint8Array; readonly newest: Uint8Array }
  /** Somebody was removed: all rotations, the first first. Answered with nothing; good by earlier keys' tags too. */
  | { readonly type: "rotate"; readonly tag: Uint8Array; readonly rotations: readonly Uint8Array[] }
  /** Here is where somebody is. Answered with nothing. */
  | { readonly type: "presence"; readonly tag: Uint8Array; readonly presence: Uint8Array };

/** The answer to `hello`, in its order: the tag of the other direction, or null for a document that is not here. */
export interface HelloAnswer {
  readonly tags: readonly (Uint8Array | null)[];
}

/** The answer to `sync`. */
export interface SyncAnswer {
  readonly updates: readonly Uint8Array[];
  readonly have: readonly ChainMark[];
}

/** The answer to `rotations`: all of them, or none if their newest is the one that was named. */
export interface RotationsAnswer {
  readonly newest: Uint8Array;
  readonly rotations: readonly Uint8Array[];
}

const rotation = byteString(1, rotationLimits.rotationBytes);
const most = documentLimits.epochs - 1;

const mark: Schema<ChainMark> = record<ChainMark>({ chain: bytes32, next: unsigned(documentLimits.chainUpdates) });
const marks = list(mark, documentLimits.chains);
const update = byteString(1, mostUpdateBytes);
const number = (n: number): number => 0x100 * messageVersion + n;

const requestSchema: Schema<DocumentRequest> = union<DocumentRequest>("unknown-version", {
  hello: { number: number(0), fields: { tags: list(bytes32, documentLimits.documents, 1) } },
  sync: { number: number(1), fields: { tag: bytes32, have: marks } },
  push: { number: number(2), fields: { tag: bytes32, updates: list(update, documentLimits.updatesAtOnce, 1) } },
  presence: { number: number(3), fields: { tag: bytes32, presence: byteString(1, mostPresenceBytes) } },
  rotations: { number: number(4), fields: { tag: bytes32, newest: bytes32 } },
  rotate: { number: number(5), fields: { tag: bytes32, rotations: list(rotation, most, 1) } },
});

/** Canonical bytes of a request. */
export function encodeDocumentRequest(request: DocumentRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request; any bytes give a value or a typed rejection. */
export function decodeDocumentRequest(bytes: Uint8Array): Result<DocumentRequest> {
  return decode(requestSchema, bytes, documentWireLimits.requestBytes);
}

const answer = <T>(schema: Schema<T>): Codec<T> => codecOf(schema, documentWireLimits.answerBytes);

/** The codec of answers to `hello`. */
export const helloAnswers = answer<HelloAnswer>(
  record<HelloAnswer>({ tags: list(nullable(bytes32), documentLimits.documents) }),
);

/** The codec of answers to `sync`. */
export const syncAnswers = answer<SyncAnswer>(
  record<SyncAnswer>({ updates: list(update, documentLimits.updatesAtOnce), have: marks }),
);

/** The codec of answers to `rotations`. */
export const rotationsAnswers = answer<RotationsAnswer>(
  record<RotationsAnswer>({ newest: bytes32, rotations: list(rotation, most) }),
);

/** What a node of somebody who was let in knows of a document's newest key: enough to find the others, not to read. */
export function documentAccess(id: Uint8Array, key: Uint8Array): Uint8Array {
  return taggedHash("aether/document-access/1", id, key);
}

/** The tag by which one peer shows another that it was let into a document: 32 bytes. Connections prove who peers are. */
export function accessTag(access: Uint8Array, from: string, to: string): Uint8Array {
  // Of equal lengths, so that no tag is the beginning of another one's.
  const peers = concatBytes(sha256(utf8ToBytes(from)), sha256(utf8ToBytes(to)));
  return taggedHash("aether/document-tag/1", access, peers);
}
