/**
 * Committees drawn by lot (who verifies a job, who audits storage). Everyone with stake proves, with the VRF key of its own,
 * the value of the function at beacon, purpose and subject; below a threshold set by its stake it has a seat. Nobody else can
 * tell who is in before that, and nobody can be in without it.
 *
 * Of s of S stake and n seats to fill, a candidate has ⌊ns/S⌋ seats for certain and one more with the chance of what is left:
 * ns/S on average, exactly and for everyone, so that stake split over many identities draws as much as in one. How many are
 * filled varies; callers ask for enough.
 *
 * The one bit of bias: the proposer that sets the beacon sees it first and can withhold its block. That is one more draw, by
 * whoever comes next, at the price of a block: with share α of the blocks, what happens to a fair draw with chance ε can be
 * brought about with at most ε/(1 − α) (committee.test.ts plays it).
 *
 * Callers' duty: subject, keys and stakes must have been in a block below the beacon's. Otherwise whoever sees the beacon
 * tries ids of jobs, or keys, until its own are drawn.
 * @module
 */
import { compareBytes, equalBytes, fromBigEndian } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { vrfClaimedOutput, vrfProve, vrfVerify } from "../crypto/vrf.ts";
import { accepted, type Result, rejected } from "../result.ts";

/** What a committee is for; part of what is drawn, so that one draw never serves two purposes. */
export const committeePurposes = { "job-verification": 1, "storage-audit": 2 } as const;

/** Purpose of a committee. */
export type CommitteePurpose = keyof typeof committeePurposes;

/** How far below the newest final block a committee's beacon is read. */
export const beaconDepthBlocks = 8;

/** Seats that one committee may ask for at most. */
export const maximumSeats = 1_024;

/** Claims that one committee is made of at most: who has many seats takes few claims, everyone else one each. */
export const maximumClaims = 4 * maximumSeats;

/** What is drawn. */
export interface CommitteeDraw {
  /** The beacon at {@link committeeBeaconHeight}, 32 bytes. */
  readonly beacon: Uint8Array;
  readonly purpose: CommitteePurpose;
  /** Id of the job or file, 32 bytes. */
  readonly subject: Uint8Array;
  /** Seats to fill, on average. */
  readonly seats: number;
  /** Stake of all candidates together, in the state before the beacon's block. */
  readonly totalStake: bigint;
}

/** Someone who may be drawn: key and stake are read from the state before the beacon's block, never from a claim. */
export interface Candidate {
  /** VRF key, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly stake: bigint;
}

/** A member of a committee. */
export interface Member {
  readonly publicKey: Uint8Array;
  /** At least one; its voice counts as many times. */
  readonly seats: number;
}

const lotBytes = 32;
const lots = 1n << BigInt(8 * lotBytes);

/** Height of the block whose beacon draws committees while `finalisedHeight` is the newest final one. */
export function committeeBeaconHeight(finalisedHeight: number): number {
  return Math.max(0, finalisedHeight - beaconDepthBlocks);
}

function messageOf({ purpose, beacon, subject }: CommitteeDraw): Uint8Array {
  if (beacon.length !== 32 || subject.length !== 32) throw new Error("beacon and subject have 32 bytes");
  return taggedHash("aether/committee/1", Uint8Array.of(committeePurposes[purpose]), beacon, subject);
}

/** Seats that a VRF output gives to a stake. Rounded once, by less than 2^−256 of a seat. */
export function seatsOf({ seats, totalStake }: CommitteeDraw, stake: bigint, output: Uint8Array): number {
  if (!(Number.isInteger(seats) && seats > 0 && seats <= maximumSeats))
    throw new Error("so many seats cannot be drawn");
  if (stake <= 0n || stake > totalStake) return 0;
  const share = BigInt(seats) * stake;
  const lot = fromBigEndian(output.subarray(0, lotBytes));
  return Number(share / totalStake) + (lot * totalStake < (share % totalStake) * lots ? 1 : 0);
}

/** One's own draw: the proof to show and the seats it gives, perhaps none. */
export function drawSeats(
  draw: CommitteeDraw,
  stake: bigint,
  secret: Uint8Array,
): { proof: Uint8Array; seats: number } {
  const proof = vrfProve(secret, messageOf(draw));
  const output = vrfClaimedOutput(proof);
  if (output === null) throw new Error("a proof of one's own has an output");
  return { proof, seats: seatsOf(draw, stake, output) };
}

/** The member that a claim makes of a candidate; refuses wrong proofs, and right ones that draw no seat. */
export function verifySeats(draw: CommitteeDraw, { publicKey, stake }: Candidate, proof: Uint8Array): Result<Member> {
  if (stake <= 0n || stake > draw.totalStake) {
    return rejected("out-of-range", "The candidate's stake is nothing, or more than all candidates' together.");
  }
  const output = vrfVerify(publicKey, messageOf(draw), proof);
  if (output === null) return rejected("bad-proof", "The claim's proof is not right for this key and draw.");
  const seats = seatsOf(draw, stake, output);
  if (seats === 0) return rejected("not-drawn", "The proof is right, but its lot gives no seat.");
  return accepted({ publicKey, seats });
}

/** Who is in, of all who claim; in the order of their keys. One bad claim, or one key twice, refuses the whole. */
export function seatCommittee(
  draw: CommitteeDraw,
  claims: readonly { readonly candidate: Candidate; readonly proof: Uint8Array }[],
): Result<readonly Member[]> {
  if (claims.length > maximumClaims) {
    return rejected("too-many", `A committee is made of at most ${maximumClaims} claims.`, { claims: claims.length });
  }
  const members: Member[] = [];
  for (const { candidate, proof } of claims) {
    const member = verifySeats(draw, candidate, proof);
    if (!member.ok) return member;
    members.push(member.value);
  }
  members.sort((a, b) => compareBytes(a.publicKey, b.publicKey));
  const twice = members.some(({ publicKey }, i) => {
    const next = members[i + 1];
    return next !== undefined && equalBytes(publicKey, next.publicKey);
  });
  return twice ? rejected("duplicate-input", "A key claims seats of one committee twice.") : accepted(members);
}
