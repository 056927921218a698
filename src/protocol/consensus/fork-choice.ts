/**
 * Fork choice: most cumulative work, then more voting stake, then the smaller hash; never below the finalised block.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import type { FinalisedBlock } from "./finality.ts";

/** What the choice needs of a branch's tip. */
export interface BranchTip {
  readonly hash: Uint8Array;
  /** Sum of the work of all targets since genesis. */
  readonly totalWork: bigint;
  /** Stake whose votes for it, in nano-AETH, this node has seen. */
  readonly votingStake: bigint;
}

/** Whether `candidate` is to be preferred to `current`. */
export function isBetterBranch(candidate: BranchTip, current: BranchTip): boolean {
  if (candidate.totalWork !== current.totalWork) return candidate.totalWork > current.totalWork;
  if (candidate.votingStake !== current.votingStake) return candidate.votingStake > current.votingStake;
  return compareBytes(candidate.hash, current.hash) < 0;
}

/** A block's place in the tree of headers. */
export interface BranchLink {
  readonly hash: Uint8Array;
  readonly parent: Uint8Array;
  readonly height: number;
}

/** The way from one tip to another: blocks to undo, newest first, and blocks to apply, oldest first. */
export interface Reorganisation<Link extends BranchLink> {
  readonly disconnect: readonly Link[];
  readonly connect: readonly Link[];
}

/**
 * Finds the way between two tips; null where it would cross the finalised block or `parentOf` does not know an ancestor.
 */
export function reorganisationBetween<Link extends BranchLink>(
  from: Link,
  to: Link,
  parentOf: (link: Link) => Link | undefined,
  finalised: FinalisedBlock | null,
): Reorganisation<Link> | null {
  const disconnect: Link[] = [];
  const connect: Link[] = [];
  let old: Link | undefined = from;
  let fresh: Link | undefined = to;
  while (old !== undefined && fresh !== undefined && !equalBytes(old.hash, fresh.hash)) {
    const step: "old" | "fresh" = old.height >= fresh.height ? "old" : "fresh";
    if (step === "old") {
      if (finalised !== null && old.height <= finalised.height) return null;
      disconnect.push(old);
      old = parentOf(old);
    } else {
      connect.push(fresh);
      fresh = parentOf(fresh);
    }
  }
  return old === undefined || fresh === undefined ? null : { disconnect, connect: connect.reverse() };
}
