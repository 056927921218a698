/**
 * The contract between an interface and a node about finality and who votes for it.
 * @module
 */
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import type { SeatedVoter } from "#protocol/programs/stake.ts";
import type { Result } from "#protocol/result.ts";

/** Why a node that has a stake casts no votes. */
export interface VoteSilence {
  readonly code:
    | "store-failed"
    | "slashed"
    | "joins"
    | "left"
    | "clock-ahead"
    | "clock-behind"
    | "just-started"
    | "old-head"
    | "bound";
  /** The rest of a sentence that begins with "This device does not vote:". */
  readonly message: string;
  /** Whether it passes by itself, or is as it should be. */
  readonly passes: boolean;
}

/** What is decided, and for how long nothing has been. */
export interface FinalityView {
  /** Height of the head. */
  readonly height: number;
  /** The newest block that can never be undone; the first one is so by itself. */
  readonly finalised: FinalisedBlock;
  /** The newest block on which the head must stand. */
  readonly justified: FinalisedBlock;
  /** Whether anybody has a weight now: without it nothing becomes final. */
  readonly voting: boolean;
  /** Blocks since the newest final one, or since voting began; 0 while nobody votes. */
  readonly stalledBlocks: number;
  /**
   * Finality stands still for so long that the weight of the absent goes: two halves of a partition which lasts until enough
   * of it is gone could both finalise, with nobody to blame.
   */
  readonly leaking: boolean;
  /** On what this device takes this history for the network's. */
  readonly checkpoint: CheckpointStanding;
  /** Why this node casts no votes now; null if it does, or has no stake. */
  readonly silence: VoteSilence | null;
}

/** What first vouched for what a device holds for final; what it knows itself it keeps to, whatever it is told later. */
export interface CheckpointStanding {
  /** `none`: it believed whom it met first. */
  readonly source: "none" | "link" | "pinned" | "peers";
  /** The block it was told to be final. */
  readonly block: FinalisedBlock | null;
  /** Independent peers that agreed on it. */
  readonly groups: number;
}

/** A voter as everybody sees it. */
export interface ValidatorView extends SeatedVoter {
  /** Share of the weight of the present electorate, 0 to 1. */
  readonly share: number;
  /** So many times easier than for others a block is found with its keys, 1 to 4. */
  readonly weight: number;
  /** Whether this node votes with its key. */
  readonly own: boolean;
  /** The first block that can give its coins back; null while it stays. */
  readonly freeHeight: number | null;
}

/** A stake that nothing spends, not even something that waits. */
export interface StakeView {
  readonly outPoint: OutPoint;
  /** The voting key behind it. */
  readonly key: Uint8Array;
  /** Whether what makes it still waits for a block. */
  readonly pending: boolean;
}

/** The key that this node votes with, shown to be its own, and the one that its blocks' beacon proofs are made with. */
export interface VotingKey {
  /** BLS12-381 public key, 48 bytes. */
  readonly key: Uint8Array;
  /** Ed25519 public key, 32 bytes. */
  readonly beaconKey: Uint8Array;
  /** Proof of possession for a stake of the owner that was named. */
  readonly possession: Uint8Array;
}

/** A proof of what the state holds that can be checked without a node: `verifyState` (verify-state.ts) does. */
export interface StateDocumentView {
  /** The block after which the state holds this. */
  readonly height: number;
  readonly hash: Uint8Array;
  readonly value: Uint8Array | null;
  /** Against what it is to be checked. */
  readonly checkpoint: FinalisedBlock;
  readonly bytes: Uint8Array;
}

/** Requests about finality and stakes. */
export interface FinalityRequests {
  finality(): Promise<Result<FinalityView>>;
  /**
   * Proves what the state holds under a key at the newest final block, to somebody who knows `checkpoint` to be final; null:
   * that very block.
   */
  stateDocument(key: Uint8Array, checkpoint: FinalisedBlock | null): Promise<Result<StateDocumentView>>;
  /** Everybody who has a place, by slot. */
  validators(): Promise<Result<readonly ValidatorView[]>>;
  /** Stakes of a key, oldest first; at most 100. */
  stakes(keyHash: Uint8Array): Promise<Result<readonly StakeView[]>>;
  /** This node's voting key, for a stake of the key hash `owner`. */
  votingKey(owner: Uint8Array): Promise<Result<VotingKey>>;
}
