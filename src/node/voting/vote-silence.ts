/**
 * Why a node that has a stake casts no votes now: said to its user, who may be losing by it without knowing.
 * @module
 */
import { firstEpochOf, heightOfEpoch } from "#protocol/consensus/votes.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { hasVote, readVoters, type SeatedVoter, voterWithKey } from "#protocol/programs/stake.ts";
import type { VoteSilence } from "#sdk/finality.ts";
import type { Chain } from "../chain.ts";
import type { NetworkClock } from "../network-clock.ts";
import { freshMs } from "./vote-age.ts";
import type { Voter } from "./voter.ts";

/** A clock that is wrong by less than this is not what keeps a node from voting. */
const noticedOffsetMs = 5_000;

/** What is looked at. */
export interface SilenceParts {
  readonly chain: Pick<Chain, "head" | "state" | "finality" | "context">;
  readonly voter: Pick<Voter, "key" | "newest">;
  readonly networkClock: Pick<NetworkClock, "nowMs" | "remainingOffsetMs">;
  /** Network time at which the node started: it votes for no block made before. */
  readonly startedAtMs: number;
  /** The store has failed: nothing is voted. */
  readonly failed: boolean;
}

const seconds = (ms: number): string => `${Math.round(Math.abs(ms) / 1_000)} s`;

/** What passes by itself is no reason to worry. */
function because(code: VoteSilence["code"], message: string, passes = false): VoteSilence {
  return { code, message, passes };
}

/** Why this node casts no votes; null if it does, or has no stake. */
export function voteSilence(parts: SilenceParts): VoteSilence | null {
  const seat = voterWithKey(readVoters(parts.chain.state), parts.voter.key);
  if (seat === undefined) return null;
  if (parts.failed) return because("store-failed", "its store has failed; `doctor` says what to do.");
  return placeSilence(seat, parts.chain.context.parameters) ?? clockSilence(parts) ?? journalSilence(parts);
}

/** What its place says. */
function placeSilence(seat: SeatedVoter, { finality }: NetworkParameters): VoteSilence | null {
  const { slashed, exitHeight, balanceNano } = seat;
  if (exitHeight !== null && slashed === 1) {
    const { slashPercent, unbondingBlocks } = finality;
    const restAeth = Number(balanceNano / 1_000_000n) / 1_000;
    const why = `its stake was slashed: its key has signed two votes that contradict each other, as another copy of this device would. ${slashPercent} % of it is burnt, and it left its place at block ${exitHeight}.`;
    const next = `The rest, ${restAeth} AETH, comes back with \`unstake\` from block ${exitHeight + unbondingBlocks} on.`;
    return because("slashed", `${why} ${next}`);
  }
  if (hasVote(seat)) return null;
  return exitHeight === null
    ? because("joins", "its stake counts once blocks after its bond are final.", true)
    : because("left", `it left at block ${exitHeight}.`, true);
}

/** What time says: the newest block must have been made since the start, and not long ago. */
function clockSilence({ chain, networkClock, startedAtMs }: SilenceParts): VoteSilence | null {
  const { parameters } = chain.context;
  const { timeMs } = chain.head.header;
  const nowMs = networkClock.nowMs();
  const offsetMs = networkClock.remainingOffsetMs() ?? 0;
  if (offsetMs > parameters.maximumFutureMs) {
    const message = `its clock is ${seconds(offsetMs)} behind its peers', so it takes new blocks too late. Set this device's clock, then reload.`;
    return because("clock-behind", message);
  }
  const isOld = timeMs <= nowMs - freshMs(parameters);
  if (timeMs >= startedAtMs && !isOld) return null;
  if (offsetMs < -noticedOffsetMs) {
    const looks = isOld ? "too old" : "made before it started";
    const message = `its clock is ${seconds(offsetMs)} ahead of its peers', so new blocks look ${looks}. Set this device's clock, then reload.`;
    return because("clock-ahead", message);
  }
  if (timeMs < startedAtMs)
    return because("just-started", "it has started lately, and votes from the next block on that is made.", true);
  return because(
    "old-head",
    `the newest block is ${seconds(nowMs - timeMs)} old; it votes again once there are new ones.`,
  );
}

/** What its journal says: targets rise, sources never fall. */
function journalSilence({ chain, voter }: SilenceParts): VoteSilence | null {
  const last = voter.newest;
  const { head, finality } = chain;
  if (last === null) return null;
  const lastHeight = heightOfEpoch(last.target.epoch);
  if (lastHeight > head.height) {
    const message = `its journal holds a vote for a block at height ${lastHeight}; it votes again for blocks above that.`;
    return because("bound", message);
  }
  const source = finality.electorateAt(head)?.record.justified;
  if (source === undefined || last.target.epoch >= firstEpochOf(head.height) || source.epoch >= last.source.epoch)
    return null;
  const message = `its newest vote began at block ${heightOfEpoch(last.source.epoch)}, which the chain does not show as justified yet; it votes again once a block does.`;
  return because("bound", message);
}
