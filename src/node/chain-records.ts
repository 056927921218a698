/**
 * How the chain's facts are written into the store's tables.
 * @module
 */
import { bigEndian, fromBigEndian } from "#protocol/codec/bytes.ts";
import {
  byteString,
  bytes32,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  unsigned,
} from "#protocol/codec/schema.ts";
import { type Header, headerSchema } from "#protocol/consensus/header.ts";
import type { StateChange } from "#protocol/ledger/state.ts";
import type { Result } from "#protocol/result.ts";

/** Version of everything written by this file. A store with a newer one is refused, never misread. */
export const formatVersion = 1;

/** A header as stored: with what was computed from its ancestors. */
export interface HeaderRecord {
  readonly header: Header;
  readonly totalWork: Uint8Array;
  readonly beaconValue: Uint8Array;
}

/** Where a transaction is. */
export interface TransactionPlace {
  readonly blockHash: Uint8Array;
  readonly index: number;
}

const headerRecordSchema: Schema<HeaderRecord> = record<HeaderRecord>({
  header: headerSchema,
  totalWork: byteString(0, 40),
  beaconValue: bytes32,
});

const undoSchema: Schema<readonly StateChange[]> = list(
  record<StateChange>({
    key: bytes32,
    before: nullable(byteString(0, 1 << 20)),
    after: nullable(byteString(0, 1 << 20)),
  }),
  1 << 24,
);

const placeSchema: Schema<TransactionPlace> = record<TransactionPlace>({ blockHash: bytes32, index: unsigned() });

/** Records are our own writing; the bound only keeps a damaged length from being believed. */
const recordBytes = 1 << 28;

/** Codecs of the tables' values. */
export const records = {
  header: {
    encode: (value: HeaderRecord): Uint8Array => encode(headerRecordSchema, value),
    decode: (bytes: Uint8Array): Result<HeaderRecord> => decode(headerRecordSchema, bytes, recordBytes),
  },
  undo: {
    encode: (value: readonly StateChange[]): Uint8Array => encode(undoSchema, value),
    decode: (bytes: Uint8Array): Result<readonly StateChange[]> => decode(undoSchema, bytes, recordBytes),
  },
  place: {
    encode: (value: TransactionPlace): Uint8Array => encode(placeSchema, value),
    decode: (bytes: Uint8Array): Result<TransactionPlace> => decode(placeSchema, bytes, recordBytes),
  },
} as const;

/** Keys of the meta table. */
export const headKey: Uint8Array = Uint8Array.of(1);

/** Where the format version and the network's id stand. */
export const formatKey: Uint8Array = Uint8Array.of(0);

/** Where a node keeps the secret of its beacon key: it controls no coins. */
export const beaconSecretKey: Uint8Array = Uint8Array.of(2);

/** Key of a height in the canonical table. */
export function heightKey(height: number): Uint8Array {
  return bigEndian(height, 8);
}

/** Cumulative work as bytes without leading zeros. */
export function workBytes(work: bigint): Uint8Array {
  const bytes = bigEndian(work, 40);
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array() : bytes.subarray(first);
}

/** The number those bytes spell. */
export function workOfBytes(bytes: Uint8Array): bigint {
  return fromBigEndian(bytes);
}
