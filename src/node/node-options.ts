/**
 * What a node is made with: its ports, and how it is to behave.
 * @module
 */

import type { Sha256 } from "#protocol/codec/hash.ts";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import type { DigestBlock } from "#protocol/files/block-digests.ts";
import type { CombineShards } from "#protocol/files/erasure-code.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { Poseidon } from "#protocol/proofs/poseidon.ts";
import type { Retention } from "./chain-pruning.ts";
import type { ComputeBudget } from "./compute-budget.ts";
import type { FaucetKey } from "./faucet.ts";
import type {
  BeaconVerifier,
  BlockSampler,
  Clock,
  Entropy,
  Log,
  Network,
  NonceSearch,
  Pace,
  SegmentProver,
  SegmentVerifier,
  SignatureVerifier,
  Store,
  VoteSignatures,
} from "./ports.ts";
import type { SnapshotRules } from "./snapshot-offers.ts";

/** Everything a node needs of the world. */
export interface NodePorts {
  readonly store: Store;
  readonly network: Network;
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly signatureVerifier: SignatureVerifier;
  readonly beaconVerifier: BeaconVerifier;
  readonly nonceSearch: NonceSearch;
  readonly votes: VoteSignatures;
  readonly segmentVerifier: SegmentVerifier;
  readonly segmentProver: SegmentProver;
  readonly sampler: BlockSampler;
  /** How much of the processor making blocks may take; all of it if absent. */
  readonly budget?: ComputeBudget;
  /** Keeps the emulated sampler to that; without rest if absent. */
  readonly pace?: Pace;
  /** Hash of the proofs' commitments; the pure one if absent. */
  readonly poseidon?: Poseidon;
  /** Faster hash for the state tree; the pure one if absent. */
  readonly sha256?: Sha256;
  /** The work of erasure codes on a kernel; the plain one if absent. */
  readonly combineShards?: () => Promise<CombineShards>;
  /** SHA-256 of what is large, apart from this thread; the pure one if absent. */
  readonly digestBlock?: DigestBlock;
}

/** How a node is to behave. */
export interface NodeOptions {
  readonly parameters: NetworkParameters;
  readonly version: string;
  /** Key hash of rewards, if known from the start. */
  readonly rewardKeyHash?: Uint8Array;
  /** Start with the role `produce`. */
  readonly produce?: boolean;
  /** Pay faucet requests from this key (`dev` only). */
  readonly faucet?: FaucetKey;
  /** A block that whoever starts this node believes to be final; counts only while it knows none itself. */
  readonly checkpoint?: FinalisedBlock | null;
  /** The block that this build knows to be final, if not the network's. */
  readonly pinned?: FinalisedBlock | null;
  /** What is kept of old blocks; everything if absent. */
  readonly retention?: Retention;
  /** Which snapshots are offered and believed, if not the usual ones. */
  readonly snapshots?: SnapshotRules;
  /** Keep messages for people who are away, and tell their keys to who wants to write. */
  readonly keepsMail?: boolean;
  /** Bytes of other people's files it keeps at most, until its user says otherwise; none if absent. */
  readonly othersFilesBytes?: number;
  /** The store is this network's by its name: data of its earlier rules is cleared instead of refused. */
  readonly startOver?: boolean;
}
