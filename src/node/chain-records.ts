/**
 * How the chain's facts are written into the store's tables.
 * @module
 */
import { bigEndian, fromBigEndian } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import {
  byteString,
  bytes32,
  type Codec,
  codecOf,
  list,
  nullable,
  record,
  type Schema,
  unsigned,
} from "#protocol/codec/schema.ts";
import { aggregateSchema, type VoteAggregate } from "#protocol/consensus/certificate.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { type Header, headerSchema } from "#protocol/consensus/header.ts";
import { type Checkpoint, checkpointSchema, type Link, linkSchema } from "#protocol/consensus/votes.ts";
import type { StateChange } from "#protocol/ledger/state.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { CheckpointStanding } from "#sdk/finality.ts";
import type { ResourceCaps } from "#sdk/resources.ts";

/**
 * Version of everything written by this file. An older one is brought forward by chain-migrations.ts, a newer one is
 * refused, never misread.
 */
export const formatVersion = 2;

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

/** What is still there of old blocks: everything from these heights on. */
export interface Kept {
  readonly bodiesFrom: number;
  readonly undoFrom: number;
}

/**
 * Which half of the store is the chain. A snapshot is fetched into the other half, so that taking it over is one write:
 * side 0 keeps its state in `state`, side 1 in `spare`; rows of `canonical` carry the side before the height.
 */
export type Side = 0 | 1;

/** How far the fetching of a snapshot into the other side has come. */
export interface SnapshotProgress {
  /** Newest header of the branch whose rows stand on the other side. */
  readonly headerTip: Uint8Array;
  /** Block whose state is being fetched; null while headers still come. */
  readonly block: Uint8Array | null;
  /** Parts of it that are stored. */
  readonly parts: number;
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

/** Segment of a job that a block proves. */
export interface ProvedPlace {
  readonly jobId: Uint8Array;
  readonly segment: number;
}

const provedSchema: Schema<ProvedPlace> = record<ProvedPlace>({ jobId: bytes32, segment: unsigned() });

const keptSchema: Schema<Kept> = record<Kept>({ bodiesFrom: unsigned(), undoFrom: unsigned() });

const progressSchema: Schema<SnapshotProgress> = record<SnapshotProgress>({
  headerTip: bytes32,
  block: nullable(bytes32),
  parts: unsigned(),
});

/** What a node knows to be decided, with the votes that did. */
export interface FinalityMark {
  readonly finalised: FinalisedBlock;
  readonly justified: Checkpoint;
  readonly finalisedBy: VoteAggregate | null;
  readonly justifiedBy: VoteAggregate | null;
}

const finalityMarkSchema: Schema<FinalityMark> = record<FinalityMark>({
  finalised: record<FinalisedBlock>({ height: unsigned(), hash: bytes32 }),
  justified: checkpointSchema,
  finalisedBy: nullable(aggregateSchema),
  justifiedBy: nullable(aggregateSchema),
});

const sources = ["none", "link", "pinned", "peers"] as const;

interface StandingRecord extends Omit<CheckpointStanding, "source"> {
  readonly source: number;
}

const standingSchema: Schema<StandingRecord> = record<StandingRecord>({
  source: unsigned(sources.length - 1),
  block: nullable(record<FinalisedBlock>({ height: unsigned(), hash: bytes32 })),
  groups: unsigned(),
});

/** The newest vote of this node's voter: no later one may have an older source, or a target that is not newer. */
export interface VoteJournal {
  readonly key: Uint8Array;
  readonly link: Link;
}

const journalSchema: Schema<VoteJournal> = record<VoteJournal>({ key: byteString(48, 48), link: linkSchema });

interface CapsRecord {
  readonly cpuPercent: number;
  /** 1: paused then. */
  readonly background: number;
  readonly battery: number;
  readonly typing: number;
}

const olderCapsFields = { cpuPercent: unsigned(100), background: unsigned(1), battery: unsigned(1) };

/** As written before there was a pause for typing. */
const olderCapsSchema: Schema<Omit<CapsRecord, "typing">> = record<Omit<CapsRecord, "typing">>(olderCapsFields);

const capsSchema: Schema<CapsRecord> = record<CapsRecord>({ ...olderCapsFields, typing: unsigned(1) });

const resourceCapsSchema: Schema<ResourceCaps> = record<ResourceCaps>({
  storageBytes: nullable(unsigned()),
  servedBytesPerSecond: nullable(unsigned()),
});

/** Side branches remembered through a restart. */
export const mostTips = 64;

const tipsSchema: Schema<readonly Uint8Array[]> = list(bytes32, mostTips);

/** Records are our own writing; the bound only keeps a damaged length from being believed. */
const recordBytes = 1 << 28;

const codec = <T>(schema: Schema<T>): Codec<T> => codecOf(schema, recordBytes);

/** Codecs of the tables' values. */
export const records = {
  header: codec(headerRecordSchema),
  undo: codec(undoSchema),
  place: codec(placeSchema),
  proved: codec(provedSchema),
  kept: codec(keptSchema),
  tips: codec(tipsSchema),
  progress: codec(progressSchema),
  caps: {
    encode: codec(capsSchema).encode,
    decode: (bytes: Uint8Array): Result<CapsRecord> => {
      const older = codec(olderCapsSchema).decode(bytes);
      return older.ok ? accepted({ ...older.value, typing: 1 }) : codec(capsSchema).decode(bytes);
    },
  },
  resourceCaps: codec(resourceCapsSchema),
  finality: codec(finalityMarkSchema),
  checkpoint: {
    encode: ({ source, block, groups }: CheckpointStanding): Uint8Array =>
      codec(standingSchema).encode({ source: sources.indexOf(source), block, groups }),
    decode: (bytes: Uint8Array): Result<CheckpointStanding> => {
      const decoded = codec(standingSchema).decode(bytes);
      return decoded.ok
        ? accepted({ ...decoded.value, source: sources[decoded.value.source] as CheckpointStanding["source"] })
        : decoded;
    },
  },
  journal: codec(journalSchema),
} as const;

/** Key of the place (block, segment) where a job's segment was proved; no transaction can have it as its id. */
export function segmentPlaceKey(jobId: Uint8Array, segment: number): Uint8Array {
  return taggedHash("aether/segment-place/1", jobId, bigEndian(segment, 2));
}

/** Key of what a block proves of a job: with it, the row above is found again when the block is forgotten. */
export function provedByKey(blockHash: Uint8Array): Uint8Array {
  return taggedHash("aether/proved-by/1", blockHash);
}

/** Keys of the meta table. */
export const headKey: Uint8Array = Uint8Array.of(1);

/** Where the format version and the network's id stand. */
export const formatKey: Uint8Array = Uint8Array.of(0);

/** Where a node keeps the secret of its beacon key: it controls no coins. */
export const beaconSecretKey: Uint8Array = Uint8Array.of(2);

/** Where {@link Kept} stands; absent: everything is kept. */
export const keptKey: Uint8Array = Uint8Array.of(3);

/** Where the tips of stored side branches stand. */
export const tipsKey: Uint8Array = Uint8Array.of(4);

/** Where the {@link Side} stands, one byte; absent: 0. */
export const sideKey: Uint8Array = Uint8Array.of(5);

/** Where {@link SnapshotProgress} stands; absent: none is being fetched. */
export const progressKey: Uint8Array = Uint8Array.of(6);

/** Stands while a damaged database is being repaired. */
export const repairKey: Uint8Array = Uint8Array.of(7);

/** Where the user's {@link CapsRecord} stands; absent: the defaults. A repair leaves it alone. */
export const capsKey: Uint8Array = Uint8Array.of(8);

/** Where {@link FinalityMark} stands; absent: only genesis is final. */
export const finalityKey: Uint8Array = Uint8Array.of(9);

/** Where a node keeps the secret that it votes with: it controls no coins, but a stake can be lost by it. */
export const voteSecretKey: Uint8Array = Uint8Array.of(10);

/** Where {@link VoteJournal} stands: what was voted for last, written before the vote leaves. */
export const voteJournalKey: Uint8Array = Uint8Array.of(11);

/** Where the {@link CheckpointStanding} stands; absent: nothing vouched for the history but whom this device met first. */
export const checkpointKey: Uint8Array = Uint8Array.of(12);

/** Where the user's {@link ResourceCaps} stand; absent: the defaults. A repair leaves them alone. */
export const resourceCapsKey: Uint8Array = Uint8Array.of(13);

/** Key of a height in the canonical table. */
export function heightKey(height: number, side: Side = 0): Uint8Array {
  const key = bigEndian(height, 8);
  key[0] = side;
  return key;
}

/** The table that holds a side's state. */
export function stateTable(side: Side): "state" | "spare" {
  return side === 0 ? "state" : "spare";
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
