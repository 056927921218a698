/**
 * Requests and answers of the synchronisation protocol: status, headers after a locator, bodies, waiting transactions,
 * and the state of an older block in parts.
 * Everything is paged and bounded by count and bytes; an answer may hold less than was asked for.
 * @module
 */
import {
  byteString,
  bytes32,
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
import { aggregateSchema, type Vote, type VoteAggregate, voteSchema } from "../consensus/certificate.ts";
import { type Header, headerSchema } from "../consensus/header.ts";
import { type ElectorateProof, electorateProofSchema } from "../consensus/light-finality.ts";
import { type Link, linkSchema } from "../consensus/votes.ts";
import {
  type SnapshotEntry,
  type SnapshotPlan,
  snapshotLimits,
  snapshotPartSchema,
  snapshotPlanSchema,
} from "../ledger/snapshot.ts";
import { proofLimits } from "../ledger/state-proof.ts";
import { limits } from "../parameters.ts";
import type { Result } from "../result.ts";
import { messageVersion } from "./gossip.ts";

/** Bounds of the protocol. */
export const syncLimits = {
  locatorHashes: 64,
  headers: 1_000,
  bodies: 64,
  transactionIds: 2_000,
  transactions: 512,
  /** Snapshots a node offers at once. */
  snapshots: 4,
  requestBytes: 131_072,
  /** An answer stops growing here; one block always fits. */
  responseBytes: 2 * limits.blockBytes,
} as const;

/** Where a node stands. */
export interface ChainStatus {
  readonly networkId: Uint8Array;
  readonly head: Uint8Array;
  readonly height: number;
  /** Cumulative work, big-endian without leading zeros. */
  readonly totalWork: Uint8Array;
  /** From this height on whole blocks are at hand; below it headers only. */
  readonly bodiesFrom: number;
  /** Epoch of the newest checkpoint that it knows to be justified. */
  readonly justifiedEpoch: number;
  /** Height of the newest block that it knows to be final. */
  readonly finalisedHeight: number;
}

/** A block whose state can be had in parts. */
export interface SnapshotOffer {
  readonly block: Uint8Array;
  readonly height: number;
}

/** A request. */
export type SyncRequest =
  /** Tells our status and asks for the other's; the times give a clock sample. */
  | { readonly type: "status"; readonly status: ChainStatus; readonly sentAtMs: number }
  /** Headers after the newest hash of the locator that the other has on its chain. */
  | { readonly type: "headers"; readonly locator: readonly Uint8Array[]; readonly count: number }
  | { readonly type: "bodies"; readonly hashes: readonly Uint8Array[] }
  /** Ids of waiting transactions that follow `after`. */
  | { readonly type: "pool"; readonly after: Uint8Array; readonly count: number }
  | { readonly type: "transactions"; readonly ids: readonly Uint8Array[] }
  /** Which snapshots can be had, newest first. */
  | { readonly type: "snapshots"; readonly count: number }
  | { readonly type: "snapshot-plan"; readonly block: Uint8Array }
  | { readonly type: "snapshot-part"; readonly block: Uint8Array; readonly part: number }
  /** The votes that justified and finalised the newest blocks that are. */
  | { readonly type: "finality" }
  /** Votes for a link that the other has seen, but for those whose slots are named. */
  | { readonly type: "votes"; readonly link: Link; readonly known: Uint8Array }
  /** Who voted after a block, proved against the state root of its header. */
  | { readonly type: "electorate"; readonly block: Uint8Array }
  /** Votes that made a block final, or one soon above it. */
  | { readonly type: "decision"; readonly block: Uint8Array };

/** The answer to `status`. */
export interface StatusAnswer {
  readonly status: ChainStatus;
  readonly receivedAtMs: number;
  readonly sentAtMs: number;
}

/** The answer to `finality`: null where only genesis is. */
export interface FinalityAnswer {
  /** First round of the newest justified block. */
  readonly justified: VoteAggregate | null;
  /** Second round of the newest finalised block. */
  readonly finalised: VoteAggregate | null;
}

const statusSchema: Schema<ChainStatus> = record<ChainStatus>({
  networkId: bytes32,
  head: bytes32,
  height: unsigned(),
  totalWork: byteString(0, 40),
  bodiesFrom: unsigned(),
  justifiedEpoch: unsigned(),
  finalisedHeight: unsigned(),
});

const requestSchema: Schema<SyncRequest> = union<SyncRequest>("unknown-version", {
  status: { number: 0x100 * messageVersion, fields: { status: statusSchema, sentAtMs: unsigned() } },
  headers: {
    number: 0x100 * messageVersion + 1,
    fields: { locator: list(bytes32, syncLimits.locatorHashes), count: unsigned(syncLimits.headers) },
  },
  bodies: { number: 0x100 * messageVersion + 2, fields: { hashes: list(bytes32, syncLimits.bodies, 1) } },
  pool: {
    number: 0x100 * messageVersion + 3,
    fields: { after: byteString(0, 32), count: unsigned(syncLimits.transactionIds) },
  },
  transactions: { number: 0x100 * messageVersion + 4, fields: { ids: list(bytes32, syncLimits.transactions, 1) } },
  snapshots: { number: 0x100 * messageVersion + 5, fields: { count: unsigned(syncLimits.snapshots) } },
  "snapshot-plan": { number: 0x100 * messageVersion + 6, fields: { block: bytes32 } },
  "snapshot-part": {
    number: 0x100 * messageVersion + 7,
    fields: { block: bytes32, part: unsigned(snapshotLimits.parts) },
  },
  finality: { number: 0x100 * messageVersion + 8, fields: {} },
  votes: {
    number: 0x100 * messageVersion + 9,
    fields: { link: linkSchema, known: byteString(0, limits.voters / 8) },
  },
  electorate: { number: 0x100 * messageVersion + 10, fields: { block: bytes32 } },
  decision: { number: 0x100 * messageVersion + 11, fields: { block: bytes32 } },
});

/** Answers by request. */
export const syncAnswers = {
  status: codecOf<StatusAnswer>(
    record<StatusAnswer>({ status: statusSchema, receivedAtMs: unsigned(), sentAtMs: unsigned() }),
    1_024,
  ),
  headers: codecOf<readonly Header[]>(list(headerSchema, syncLimits.headers), syncLimits.responseBytes),
  /** Encoded blocks, a prefix of what was asked for. */
  bodies: codecOf<readonly Uint8Array[]>(
    list(byteString(1, limits.blockBytes), syncLimits.bodies),
    syncLimits.responseBytes + limits.blockBytes,
  ),
  pool: codecOf<readonly Uint8Array[]>(list(bytes32, syncLimits.transactionIds), syncLimits.responseBytes),
  transactions: codecOf<readonly Uint8Array[]>(
    list(byteString(1, limits.transactionBytes), syncLimits.transactions),
    syncLimits.responseBytes + limits.transactionBytes,
  ),
  snapshots: codecOf<readonly SnapshotOffer[]>(
    list(record<SnapshotOffer>({ block: bytes32, height: unsigned() }), syncLimits.snapshots),
    1_024,
  ),
  "snapshot-plan": codecOf<SnapshotPlan>(snapshotPlanSchema, syncLimits.responseBytes),
  "snapshot-part": codecOf<readonly SnapshotEntry[]>(snapshotPartSchema, snapshotLimits.partBytes),
  finality: codecOf<FinalityAnswer>(
    record<FinalityAnswer>({ justified: nullable(aggregateSchema), finalised: nullable(aggregateSchema) }),
    2 * limits.headerBytes,
  ),
  votes: codecOf<readonly Vote[]>(list(voteSchema, limits.voters), limits.voters * 512),
  electorate: codecOf<ElectorateProof>(electorateProofSchema, 2 * proofLimits.bytes),
  /** The second round; null where nothing above the block is final yet. */
  decision: codecOf<{ readonly finalised: VoteAggregate | null }>(
    record({ finalised: nullable(aggregateSchema) }),
    limits.headerBytes,
  ),
} as const;

/** Canonical bytes of a request. */
export function encodeSyncRequest(request: SyncRequest): Uint8Array {
  return encode(requestSchema, request);
}

/** Strictly decodes a request. */
export function decodeSyncRequest(bytes: Uint8Array): Result<SyncRequest> {
  return decode(requestSchema, bytes, syncLimits.requestBytes);
}
