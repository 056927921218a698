/**
 * Finality as the chain itself records it: what each block's certificate justifies and finalises, how the electorate
 * follows, what voters earn and lose. A pure step from the state before a block to what the block changes.
 *
 * What is a block's source and electorate stands in the state after it, never in anybody's local view. A certificate is
 * good in a block if it leads from a justified ancestor, not older than the finalised one, to an ancestor that is newer
 * than all justified ones (or is the second round of such a source), and two thirds of that ancestor's electorate signed. Fewer signatures count as attendance: whoever is not seen while finality stands
 * still loses weight, until two thirds of those who are there can finalise again.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { bytes32, decode, encode, list, record, type Schema, unsigned } from "../codec/schema.ts";
import type { BlsCheck } from "../crypto/bls-check.ts";
import { programValueKey } from "../ledger/state-key.ts";
import type { NetworkParameters } from "../parameters.ts";
import type { ValueSource, ValueWrite } from "../programs/proof-queue.ts";
import {
  beforeDraw,
  eligibleNano,
  hasNoWeight,
  hasVote,
  isSupermajority,
  newSeat,
  readVoters,
  type SeatedVoter,
  votersInSlots,
  voterWrites,
} from "../programs/stake.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { type Certificate, signedBy, signedLinkCheck, type VoteAggregate } from "./certificate.ts";
import {
  type Checkpoint,
  checkpointSchema,
  equalCheckpoints,
  equalLinks,
  heightOfEpoch,
  isSecondRound,
  secondRoundOf,
} from "./votes.ts";

/** A block that can never be undone. */
export interface FinalisedBlock {
  readonly height: number;
  readonly hash: Uint8Array;
}

/** What a branch says of finality after one of its blocks. */
export interface FinalityRecord {
  /** The newest justified checkpoint, a first epoch: the source of every vote for this block. */
  readonly justified: Checkpoint;
  readonly finalised: FinalisedBlock;
  /**
   * Justified checkpoints before the newest that are not older than the finalised block, newest first: votes may have
   * left from there while the newest was on its way, and whoever has signed on from such votes can go no other way.
   */
  readonly earlier: readonly Checkpoint[];
  /** Height at which the next electorate was drawn. */
  readonly drawnHeight: number;
}

/**
 * Certificates may be about any ancestor above the finalised block, but no older than so many blocks: more than a stall
 * lasts before the weight of the absent has leaked. Who has signed the second round of a block that no block may show as
 * justified any more could vote no more, so this must not be short.
 */
export const certifiableBlocks = 2_048;

/** Earlier justified checkpoints that are remembered. */
const mostEarlier = 16;

const recordSchema: Schema<FinalityRecord> = record<FinalityRecord>({
  justified: checkpointSchema,
  finalised: record<FinalisedBlock>({ height: unsigned(), hash: bytes32 }),
  earlier: list(checkpointSchema, mostEarlier),
  drawnHeight: unsigned(),
});

const recordKey = programValueKey("finality", "record");

function ancestorKey(height: number): Uint8Array {
  return programValueKey("finality", `block/${height}`);
}

/** What a state that somebody else may have made says of finality; genesis is final by itself. */
export function decodeFinality(source: ValueSource, networkId: Uint8Array): Result<FinalityRecord> {
  const value = source.get(recordKey);
  if (value !== undefined) return decode(recordSchema, value, 1_024);
  const justified = { epoch: 0, hash: networkId };
  return accepted({ justified, finalised: { height: 0, hash: networkId }, earlier: [], drawnHeight: 0 });
}

/** What a state says of finality. What is read was written by these rules; anything else in the state is a bug. */
export function readFinality(source: ValueSource, networkId: Uint8Array): FinalityRecord {
  const decoded = decodeFinality(source, networkId);
  if (!decoded.ok) throw new Error(`the state holds a broken record of finality: ${decoded.message}`);
  return decoded.value;
}

/** The checkpoints of a branch that a certificate may start at, newest first. */
export function sourcesOf({ justified, earlier }: FinalityRecord): readonly Checkpoint[] {
  return [justified, ...earlier];
}

/** Where a block stands, as far as finality is concerned. */
export interface FinalityPlace {
  readonly parent: Uint8Array;
  readonly height: number;
}

/** What a block changes. */
export interface FinalityStep {
  readonly writes: readonly ValueWrite[];
  readonly record: FinalityRecord;
  /** Signatures that are to be verified before the block counts. */
  readonly checks: readonly BlsCheck[];
  /** Coins that voters lost, in nano-AETH: they leave circulation. */
  readonly burntNano: bigint;
  /** Coins that genesis gave its voters, in nano-AETH; in the first block alone. */
  readonly mintedNano: bigint;
  /** Of what voters may share in this block, what they got. */
  readonly paidNano: bigint;
}

/** The state of one step under way. */
class Step {
  record: FinalityRecord;
  voters: SeatedVoter[];
  readonly checks: BlsCheck[] = [];
  burntNano = 0n;
  paidNano = 0n;
  /** Height of the newest final block before this one. */
  private readonly finalBefore: number;
  private readonly source: ValueSource;
  private readonly place: FinalityPlace;
  private readonly parameters: NetworkParameters;
  private readonly networkId: Uint8Array;

  constructor(source: ValueSource, place: FinalityPlace, parameters: NetworkParameters, networkId: Uint8Array) {
    this.source = source;
    this.place = place;
    this.parameters = parameters;
    this.networkId = networkId;
    this.record = readFinality(source, networkId);
    this.finalBefore = this.record.finalised.height;
    this.voters = [...readVoters(source)];
  }

  /** Takes one round of the certificate; `votersNano` is shared among those who finalise. */
  round(aggregate: VoteAggregate, alone: boolean, votersNano: bigint): Result<null> {
    const { link, signers } = aggregate;
    const target = heightOfEpoch(link.target.epoch);
    const signed = votersInSlots(this.voters, signers);
    if (signed === null) return rejected("wrong-certificate", "A certificate names voters that do not vote now.");
    if (!sourcesOf(this.record).some((source) => equalCheckpoints(link.source, source))) {
      return rejected("wrong-certificate", "A certificate does not start at a justified block of its branch.");
    }
    const known = isSecondRound(link)
      ? equalLinks(link, secondRoundOf(link.source)) && target > this.record.finalised.height
      : target > heightOfEpoch(this.record.justified.epoch) && this.isAncestor(target, link.target.hash);
    if (!known)
      return rejected("wrong-certificate", "A certificate is about no block of its branch that it could be about.");
    const decides = isSupermajority(...this.judges(target, signed));
    if (!decides && (!alone || isSecondRound(link))) {
      return rejected("wrong-certificate", "A certificate is signed by no two thirds of the voters.");
    }
    this.checks.push(signedLinkCheck(this.networkId, signedBy(aggregate, signed)));
    const names = new Set(signed.map(({ slot }) => slot));
    this.change((voter) =>
      names.has(voter.slot) ? { ...voter, seenHeight: Math.max(voter.seenHeight, target) } : voter,
    );
    if (!decides) return accepted(null);
    if (isSecondRound(link)) this.finalise(target, link.target.hash, names, votersNano);
    else this.justify(link.target);
    return accepted(null);
  }

  /** Everybody and those who signed, as they weigh about a block at some height. */
  private judges(
    height: number,
    signed: readonly SeatedVoter[],
  ): readonly [readonly SeatedVoter[], readonly SeatedVoter[]] {
    return height < this.record.drawnHeight ? [beforeDraw(this.voters), beforeDraw(signed)] : [this.voters, signed];
  }

  /** Weight of who is not seen while finality stands still goes, little by little. */
  leak(): void {
    const { stallBlocks, leakQuotient } = this.parameters.finality;
    const { height } = this.place;
    if (height - this.record.finalised.height <= stallBlocks) return;
    const less = (nano: bigint): bigint => nano - nano / leakQuotient;
    this.change((voter) => {
      if (voter.seenHeight + stallBlocks >= height) return voter;
      const { balanceNano, activeNano, previousNano, formerNano, pendingNano } = voter;
      if (!hasVote(voter)) return voter;
      this.burntNano += balanceNano - less(balanceNano);
      return {
        ...voter,
        balanceNano: less(balanceNano),
        activeNano: less(activeNano),
        previousNano: less(previousNano),
        formerNano: less(formerNano),
        pendingNano: less(pendingNano),
      };
    });
  }

  /**
   * Whoever has lost too much leaves; who left so long ago that it answers for nothing any more counts for nothing either,
   * though no electorate has followed (a part of a part is never nothing, so a leak alone would not end it). And where
   * nobody votes yet, or any more, the first voters begin at once.
   */
  settle(): void {
    const { height } = this.place;
    const { minimumStakeNano, unbondingBlocks } = this.parameters.finality;
    const leastNano = minimumStakeNano / 2n;
    this.change((voter) => {
      const { exitHeight, balanceNano } = voter;
      if (exitHeight === null) return balanceNano < leastNano ? { ...voter, exitHeight: height } : voter;
      if (height < exitHeight + unbondingBlocks || hasNoWeight(voter)) return voter;
      return { ...voter, activeNano: 0n, previousNano: 0n, formerNano: 0n, pendingNano: 0n };
    });
    if (this.voters.some(hasVote) || this.voters.every((voter) => eligibleNano(voter) === 0n)) return;
    this.change((voter) => {
      const nano = eligibleNano(voter);
      return {
        ...voter,
        ...{ activeNano: nano, previousNano: nano, formerNano: nano, pendingNano: nano, seenHeight: height },
      };
    });
    this.record = { ...this.record, drawnHeight: height };
  }

  /** Everything that the block writes. */
  writes(): readonly ValueWrite[] {
    const value = encode(recordSchema, this.record);
    const before = this.source.get(recordKey);
    const first = this.voters.length === 0 && before === undefined;
    return [
      ...this.ancestorWrites(),
      ...(first || (before !== undefined && equalBytes(before, value)) ? [] : [{ key: recordKey, value }]),
      ...voterWrites(this.source, this.voters),
    ];
  }

  /** Keeps the hashes of those ancestors that certificates may be about: where somebody votes, those above what is final. */
  private ancestorWrites(): readonly ValueWrite[] {
    const { height, parent } = this.place;
    const newest = height - 1;
    const settled = this.record.finalised.height;
    const oldest = newest - certifiableBlocks;
    const gone = [oldest];
    for (let at = Math.max(oldest, this.finalBefore) + 1; at <= settled; at++) gone.push(at);
    const writes: ValueWrite[] = gone
      .map(ancestorKey)
      .filter((key) => this.source.get(key) !== undefined)
      .map((key) => ({ key, value: null }));
    if (newest > settled && this.voters.length > 0) writes.push({ key: ancestorKey(newest), value: parent });
    return writes;
  }

  private change(of: (voter: SeatedVoter) => SeatedVoter): void {
    this.voters = this.voters.map(of);
  }

  private isAncestor(height: number, hash: Uint8Array): boolean {
    if (height === this.place.height - 1) return equalBytes(hash, this.place.parent);
    const known = this.source.get(ancestorKey(height));
    return known !== undefined && equalBytes(known, hash);
  }

  private justify(justified: Checkpoint): void {
    this.record = { ...this.record, justified, earlier: sourcesOf(this.record).slice(0, mostEarlier) };
  }

  private finalise(height: number, hash: Uint8Array, signers: ReadonlySet<number>, votersNano: bigint): void {
    const earlier = this.record.earlier.filter(({ epoch }) => heightOfEpoch(epoch) >= height);
    this.record = { ...this.record, finalised: { height, hash }, earlier };
    this.reward(signers, votersNano);
    if (height < this.record.drawnHeight) return;
    // The last to leave stay in office until somebody follows: an electorate of nobody could never end.
    const followed = this.voters.some(({ pendingNano }) => pendingNano > 0n);
    this.change((voter) => ({
      ...voter,
      formerNano: voter.previousNano,
      previousNano: voter.activeNano,
      activeNano: followed ? voter.pendingNano : voter.activeNano,
      pendingNano: eligibleNano(voter),
    }));
    this.record = { ...this.record, drawnHeight: this.place.height };
  }

  /** Those who signed share by weight; those who could have and did not lose a little. */
  private reward(signers: ReadonlySet<number>, votersNano: bigint): void {
    const { silentParts } = this.parameters.finality;
    let signedNano = 0n;
    for (const voter of this.voters) if (signers.has(voter.slot)) signedNano += voter.activeNano;
    this.change((voter) => {
      if (signers.has(voter.slot)) {
        const nano = signedNano === 0n ? 0n : (votersNano * voter.activeNano) / signedNano;
        this.paidNano += nano;
        return { ...voter, balanceNano: voter.balanceNano + nano };
      }
      const lostNano = voter.activeNano === 0n ? 0n : voter.balanceNano / silentParts;
      this.burntNano += lostNano;
      return { ...voter, balanceNano: voter.balanceNano - lostNano };
    });
  }
}

/**
 * The step that a block takes, from the state that its transactions have left. `votersNano` is what voters may share.
 * Refuses with `wrong-certificate`.
 */
export function stepFinality(
  source: ValueSource,
  place: FinalityPlace,
  certificate: Certificate | null,
  votersNano: bigint,
  context: { readonly parameters: NetworkParameters; readonly networkId: Uint8Array },
): Result<FinalityStep> {
  const { parameters, networkId } = context;
  const step = new Step(source, place, parameters, networkId);
  let mintedNano = 0n;
  if (place.height === 1) {
    step.voters = genesisVoters(parameters);
    mintedNano = step.voters.reduce((sum, { balanceNano }) => sum + balanceNano, 0n);
  }
  for (const round of certificate ?? []) {
    const taken = step.round(round, certificate?.length === 1, votersNano);
    if (!taken.ok) return taken;
  }
  step.leak();
  step.settle();
  const { record: after, checks, burntNano, paidNano } = step;
  return accepted({ writes: step.writes(), record: after, checks, burntNano, mintedNano, paidNano });
}

function genesisVoters({ genesis }: NetworkParameters): SeatedVoter[] {
  return genesis.voters.map(({ stakeNano, ...voter }, slot) => newSeat(voter, slot, stakeNano, 1));
}
