/**
 * The voters: who has bonded coins to vote on blocks, and what each one's word weighs. One value lists the voters by their
 * slot, another one what changes with the blocks. The coins themselves are held in escrow beside them.
 *
 * A voter weighs nothing until its stake has been in a block that is final: `pending` is what was bonded when the present
 * electorate began, and moves up with the next finalised block that is not older. Certificates need two thirds of both
 * `active` and `previous`: so two branches of which only one has seen the change share an electorate, and cannot both
 * finalise without a third of it signing twice (the stitching of Casper FFG's dynamic validator sets). What is said of a
 * block is judged by the electorate after that block, whichever block shows it: `former` is kept for those before the draw.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import {
  amount,
  byteString,
  bytes32,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  unsigned,
} from "../codec/schema.ts";
import { slotsOf, voteKeyBytes } from "../consensus/certificate.ts";
import { programValueKey } from "../ledger/state-key.ts";
import { limits } from "../parameters.ts";
import { accepted, type Result } from "../result.ts";
import type { ValueSource, ValueWrite } from "./proof-queue.ts";

/** Who votes. */
export interface Voter {
  /** BLS12-381 public key, 48 bytes. */
  readonly key: Uint8Array;
  /** Key hash of whose stake it is, 32 bytes. */
  readonly owner: Uint8Array;
  /** Ed25519 key of the beacon proofs in blocks that the owner makes: with it, and no other, they have the stake's weight. */
  readonly beaconKey: Uint8Array;
}

/** What a voter has and weighs, in nano-AETH. */
export interface Standing {
  /** What it gets when it leaves: what it bonded, and earned, without what it lost. */
  readonly balanceNano: bigint;
  /** Weight in the present electorate, in the one before, in the one before that, and in the next one. */
  readonly activeNano: bigint;
  readonly previousNano: bigint;
  readonly formerNano: bigint;
  readonly pendingNano: bigint;
  /** Height of the newest block that it was seen to vote for, or of when it came. */
  readonly seenHeight: number;
  /** Height at which it left or was ejected; null while it stays. */
  readonly exitHeight: number | null;
  /** 1 once it has been slashed. */
  readonly slashed: number;
}

/** A voter with its place and standing. */
export interface SeatedVoter extends Voter, Standing {
  readonly slot: number;
}

const votersSchema: Schema<readonly (Voter | null)[]> = list(
  nullable(record<Voter>({ key: byteString(voteKeyBytes, voteKeyBytes), owner: bytes32, beaconKey: bytes32 })),
  limits.voters,
);

const standingsSchema: Schema<readonly Standing[]> = list(
  record<Standing>({
    balanceNano: amount,
    activeNano: amount,
    previousNano: amount,
    formerNano: amount,
    pendingNano: amount,
    seenHeight: unsigned(),
    exitHeight: nullable(unsigned()),
    slashed: unsigned(1),
  }),
  limits.voters,
);

/** Longest encodings of the two values. */
const valueBytes = 65_536;

/** State key of who the voters are. */
export const votersKey: Uint8Array = programValueKey("stake", "voters");

/** State key of what they have and weigh. */
export const standingsKey: Uint8Array = programValueKey("stake", "standings");

/** State key of the coins that all voters together have. */
export const stakeEscrowKey: Uint8Array = programValueKey("stake", "escrow");

const gone: Standing = {
  balanceNano: 0n,
  activeNano: 0n,
  previousNano: 0n,
  formerNano: 0n,
  pendingNano: 0n,
  seenHeight: 0,
  exitHeight: null,
  slashed: 0,
};

/** All voters that have a slot, by slot, from the two values of a state that somebody else may have made. */
export function decodeVoters(
  votersValue: Uint8Array | null,
  standingsValue: Uint8Array | null,
): Result<readonly SeatedVoter[]> {
  const voters = votersValue === null ? accepted([]) : decode(votersSchema, votersValue, valueBytes);
  if (!voters.ok) return voters;
  const standings = standingsValue === null ? accepted([]) : decode(standingsSchema, standingsValue, valueBytes);
  if (!standings.ok) return standings;
  return accepted(
    voters.value.flatMap((voter, slot) =>
      voter === null ? [] : [{ ...voter, ...(standings.value[slot] ?? gone), slot }],
    ),
  );
}

/**
 * What was read of a list of standings, for as long as that list is in memory. A state hands out the same bytes until a block
 * changes them, and is asked for its voters many times a block.
 */
const seatedBy = new WeakMap<
  Uint8Array,
  { readonly votersValue: Uint8Array; readonly voters: readonly SeatedVoter[] }
>();

/** All voters that have a slot, by slot. What is read was written by these rules; anything else in the state is a bug. */
export function readVoters(source: ValueSource): readonly SeatedVoter[] {
  const votersValue = source.get(votersKey) ?? null;
  const standingsValue = source.get(standingsKey) ?? null;
  const known = standingsValue === null ? undefined : seatedBy.get(standingsValue);
  if (known !== undefined && known.votersValue === votersValue) return known.voters;
  const voters = decodeVoters(votersValue, standingsValue);
  if (!voters.ok) throw new Error(`the state holds a broken list of voters: ${voters.message}`);
  if (votersValue !== null && standingsValue !== null)
    seatedBy.set(standingsValue, { votersValue, voters: voters.value });
  return voters.value;
}

/** What to write so that the state holds these voters; only what has changed. */
export function voterWrites(source: ValueSource, voters: readonly SeatedVoter[]): readonly ValueWrite[] {
  const length = voters.reduce((most, { slot }) => Math.max(most, slot + 1), 0);
  const seats: (Voter | null)[] = Array.from({ length }, () => null);
  const standings: Standing[] = Array.from({ length }, () => gone);
  let escrowNano = 0n;
  for (const { slot, key, owner, beaconKey, ...standing } of voters) {
    seats[slot] = { key, owner, beaconKey };
    standings[slot] = standing;
    escrowNano += standing.balanceNano;
  }
  return [
    { key: votersKey, value: length === 0 ? null : encode(votersSchema, seats) },
    { key: standingsKey, value: length === 0 ? null : encode(standingsSchema, standings) },
    { key: stakeEscrowKey, value: escrowNano === 0n ? null : encode(amount, escrowNano) },
  ].filter(({ key, value }) => !equalValues(source.get(key), value));
}

function equalValues(before: Uint8Array | undefined, after: Uint8Array | null): boolean {
  return before === undefined || after === null ? before === undefined && after === null : equalBytes(before, after);
}

/** The voter with a key. */
export function voterWithKey<T extends Voter>(voters: readonly T[], key: Uint8Array): T | undefined {
  return voters.find((voter) => equalBytes(voter.key, key));
}

/** Whether what a voter signs weighs anything now. */
export function hasVote({ activeNano, previousNano }: Standing): boolean {
  return activeNano > 0n || previousNano > 0n;
}

/**
 * The voters that a bitmap of slots names; null if one of them is not there. Who has lost all weight since counts for
 * nothing, but what was signed together with such a voter stays good: nobody can take a signature out of a sum.
 */
export function votersInSlots(voters: readonly SeatedVoter[], signers: Uint8Array): readonly SeatedVoter[] | null {
  const bySlot = new Map(voters.map((voter) => [voter.slot, voter]));
  const found = slotsOf(signers)?.map((slot) => bySlot.get(slot));
  return found?.every((voter) => voter !== undefined) ? found : null;
}

/** A voter as it begins: it weighs nothing yet. */
export function newSeat(voter: Voter, slot: number, balanceNano: bigint, height: number): SeatedVoter {
  return { ...gone, ...voter, slot, balanceNano, seenHeight: height };
}

/** A voter that has just bonded, in the first free slot; null if all are taken. */
export function seatedVoter(
  voters: readonly SeatedVoter[],
  voter: Voter,
  balanceNano: bigint,
  height: number,
): SeatedVoter | null {
  const taken = new Set(voters.map(({ slot }) => slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot < limits.voters ? newSeat(voter, slot, balanceNano, height) : null;
}

/** Whether nothing that a voter signs counts any more: its slot and its coins can be given up. */
export function hasNoWeight({ activeNano, previousNano, formerNano, pendingNano }: Standing): boolean {
  return activeNano === 0n && previousNano === 0n && formerNano === 0n && pendingNano === 0n;
}

/**
 * The voters as they weighed before the present electorate was drawn: they judge what is said of blocks of that time, for
 * they alone were asked. Votes for such a block would otherwise be worth nothing once another block has shown the change.
 */
export function beforeDraw(voters: readonly SeatedVoter[]): readonly SeatedVoter[] {
  return voters.map((voter) => ({ ...voter, activeNano: voter.previousNano, previousNano: voter.formerNano }));
}

/** What a voter will weigh if the next electorate is drawn now. */
export function eligibleNano({ balanceNano, exitHeight }: Standing): bigint {
  return exitHeight === null ? balanceNano : 0n;
}

/** Weights of all together. */
export function totalWeights(voters: Iterable<Standing>): {
  readonly activeNano: bigint;
  readonly previousNano: bigint;
} {
  let activeNano = 0n;
  let previousNano = 0n;
  for (const voter of voters) {
    activeNano += voter.activeNano;
    previousNano += voter.previousNano;
  }
  return { activeNano, previousNano };
}

/**
 * Whether some voters are more than two thirds of the electorate, the present one and the one before. Of the one before
 * everybody may have left and been set free while nothing became final: then it decides nothing any more, or nothing ever
 * would be decided again.
 */
export function isSupermajority(voters: readonly Standing[], signers: Iterable<Standing>): boolean {
  const all = totalWeights(voters);
  const signed = totalWeights(signers);
  const isEnoughBefore = all.previousNano === 0n || 3n * signed.previousNano > 2n * all.previousNano;
  return isEnoughBefore && 3n * signed.activeNano > 2n * all.activeNano;
}
