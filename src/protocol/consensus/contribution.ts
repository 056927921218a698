/**
 * What a proposer has contributed, and what that gives it: blocks found more easily (its weight), and a larger part of
 * their revenue. Chain work counts the target alone, never the weight.
 *
 * Everything is read from the state after a block's parent and nothing from a node's own view, and of that state only what
 * the branch itself has made final: what somebody bonds or proves on a branch of its own weighs nothing there. Coins and
 * proofs count for the pair of keys that proposes, of which the beacon proof shows that its secret is known: nobody
 * searches with another's weight. Weight is no more for what is split over several pairs, since each searches with its
 * own part alone.
 * @module
 */
import { bigEndian, equalBytes, fromBigEndian } from "../codec/bytes.ts";
import type { NetworkParameters } from "../parameters.ts";
import type { ValueSource } from "../programs/proof-queue.ts";
import { blocksOf, type RecentBlock, readRecentBlocks } from "../programs/recent-blocks.ts";
import { readVoters, type SeatedVoter } from "../programs/stake.ts";
import { readFinality } from "./finality.ts";
import type { Proposer } from "./header.ts";
import { proposerKeyOf } from "./proof-of-compute.ts";

/** Weight of who has contributed nothing, in thousandths. */
export const leastWeight = 1_000;

/** No contribution gives more than this, in thousandths: so much easier a target is for a header alone, at most. */
export const mostWeight = 4_000;

/** What a proposer has contributed of late, as far as it is final. */
export interface Contributions {
  /** Its stake that votes, in nano-AETH. */
  readonly stakeNano: bigint;
  /** Segments of other people's jobs that it proved in recent blocks. */
  readonly segments: number;
}

/** Where a proposer stands when it makes a block. */
export interface ProposerStanding extends Contributions {
  /** How many of the recent blocks are its own, final or not. */
  readonly ownBlocks: number;
}

/** What the standings of all proposers are read from. */
export interface StandingSource {
  readonly voters: readonly SeatedVoter[];
  readonly recent: readonly RecentBlock[];
  readonly finalisedHeight: number;
}

/** Rules and network. */
interface Rules {
  readonly parameters: NetworkParameters;
  readonly networkId: Uint8Array;
}

/** Reads it from the state after the parent of a block at `height`. */
export function standingSource(values: ValueSource, height: number, { parameters, networkId }: Rules): StandingSource {
  return {
    voters: readVoters(values),
    recent: readRecentBlocks(values, height, parameters.recentBlocks),
    finalisedHeight: readFinality(values, networkId).finalised.height,
  };
}

/** Where one proposer stands. */
export function standingIn(
  { voters, recent, finalisedHeight }: StandingSource,
  { keyHash, beaconKey }: Proposer,
): ProposerStanding {
  const own = blocksOf(recent, proposerKeyOf({ keyHash, beaconKey }));
  let stakeNano = 0n;
  // The first electorate begins before anything is final, on any branch by itself: it counts once its branch has decided.
  if (finalisedHeight > 0) {
    for (const voter of voters) {
      if (equalBytes(voter.owner, keyHash) && equalBytes(voter.beaconKey, beaconKey)) stakeNano += voter.activeNano;
    }
  }
  const segments = own.filter(({ provedJob, height }) => provedJob && height <= finalisedHeight).length;
  return { stakeNano, segments, ownBlocks: own.length };
}

/** Where the proposer of a block stands; `values` is the state after the block's parent. */
export function standingOf(
  values: ValueSource,
  { height, proposer }: { readonly height: number; readonly proposer: Proposer },
  rules: Rules,
): ProposerStanding {
  return standingIn(standingSource(values, height, rules), proposer);
}

/** All contributions in one measure, nano-AETH of stake: a new kind is one more line here. */
function contributedNano({ stakeNano, segments }: Contributions, { finality, weight }: NetworkParameters): bigint {
  const counted = BigInt(Math.min(segments, weight.countedSegments));
  return stakeNano + (counted * finality.minimumStakeNano) / weight.segmentsPerStake;
}

/** The weight of who has contributed so much, in thousandths: `1 + 3 c / (c + half)`, rounded down. */
export function weightOf(contributions: Contributions, parameters: NetworkParameters): number {
  const nano = contributedNano(contributions, parameters);
  const halfNano = parameters.weight.halfStakes * parameters.finality.minimumStakeNano;
  return leastWeight + Number((BigInt(mostWeight - leastWeight) * nano) / (nano + halfNano));
}

const largestTarget = (1n << 256n) - 1n;

/** The bound for a block's hash: the target times the weight. */
export function weightedTarget(target: Uint8Array, weight: number): Uint8Array {
  const bound = (fromBigEndian(target) * BigInt(weight)) / BigInt(leastWeight);
  return bigEndian(bound < largestTarget ? bound : largestTarget, 32);
}
