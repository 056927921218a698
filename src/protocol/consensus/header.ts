/**
 * Block headers: their shape, their one encoding, their hash. The rules over them are in the other files here.
 * @module
 */
import { bigEndian, concatBytes } from "../codec/bytes.ts";
import { sha256, tag, taggedHash } from "../codec/hash.ts";
import {
  amount,
  byteString,
  bytes32,
  decode,
  encode,
  nullable,
  record,
  type Schema,
  unsigned,
} from "../codec/schema.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";

/** The only header version of this protocol version. */
export const headerVersion = 1;

/** Who made a block: where its reward goes and the key its beacon proof is made with. */
export interface Proposer {
  /** Key hash that the reward is locked to, 32 bytes. */
  readonly keyHash: Uint8Array;
  /** Ed25519 public key of the verifiable random function, 32 bytes. */
  readonly beaconKey: Uint8Array;
}

/** A header without its nonce: what the nonce search binds. */
export interface HeaderBody {
  readonly version: number;
  readonly height: number;
  /** Hash of the parent's header. All zero in the genesis block. */
  readonly parent: Uint8Array;
  /** Root of the transaction tree (RFC 6962 shape). */
  readonly txRoot: Uint8Array;
  /** Root of the state tree after this block. */
  readonly stateRoot: Uint8Array;
  /** Unix time in milliseconds. */
  readonly timeMs: number;
  /** 256-bit big-endian bound for the work hash. */
  readonly target: Uint8Array;
  readonly proposer: Proposer;
  /** ECVRF proof on the parent's beacon value, 80 bytes; empty in the genesis block. */
  readonly beacon: Uint8Array;
  /** Hash of the compute proof. Null in the genesis block alone. */
  readonly oracle: Uint8Array | null;
  /** Hash of the thermodynamic sample. Null in the genesis block alone. */
  readonly energy: Uint8Array | null;
  /** Hash of the vote certificate that the body carries; null if it carries none. */
  readonly finality: Uint8Array | null;
  /** Root of the body's shreds (shreds/shreds.ts); null exactly if the body is short enough to travel whole. */
  readonly shreds: Uint8Array | null;
}

/** A complete header. */
export interface Header extends HeaderBody {
  /** 64-bit nonce of the work. */
  readonly nonce: bigint;
}

const bodyFields = {
  version: unsigned(0xffff),
  height: unsigned(),
  parent: bytes32,
  txRoot: bytes32,
  stateRoot: bytes32,
  timeMs: unsigned(),
  target: bytes32,
  proposer: record<Proposer>({ keyHash: bytes32, beaconKey: bytes32 }),
  beacon: byteString(0, 80),
  oracle: nullable(bytes32),
  energy: nullable(bytes32),
  finality: nullable(bytes32),
  shreds: nullable(bytes32),
};

const headerBodySchema: Schema<HeaderBody> = record<HeaderBody>(bodyFields);

/** Wire form of {@link Header}. */
export const headerSchema: Schema<Header> = record<Header>({ ...bodyFields, nonce: amount });

/** Canonical bytes of a header. */
export function encodeHeader(header: Header): Uint8Array {
  return encode(headerSchema, header);
}

/** Strictly decodes a header. */
export function decodeHeader(bytes: Uint8Array): Result<Header> {
  return decode(headerSchema, bytes, limits.headerBytes);
}

/**
 * The 64 bytes that precede the nonce in the work hash: `tag("aether/work/1") ‖ H(header without nonce)`. Exactly one
 * SHA-256 block, so a search pays one compression per nonce.
 */
export function workPreimage(header: HeaderBody): Uint8Array {
  return concatBytes(tag("aether/work/1"), taggedHash("aether/header/1", encode(headerBodySchema, header)));
}

/** `SHA-256(preimage ‖ nonce as 8 bytes big-endian)`: the work hash, which is also the block's name. */
export function workHash(preimage: Uint8Array, nonce: bigint): Uint8Array {
  return sha256(concatBytes(preimage, bigEndian(nonce, 8)));
}

/** The hash that names a block, 32 bytes. */
export function headerHash(header: Header): Uint8Array {
  return workHash(workPreimage(header), header.nonce);
}
