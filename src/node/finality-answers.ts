/**
 * Answers about finality and stakes: from what this node knows to be decided, and from the state.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { leastWeight, standingIn, standingSource, weightOf } from "#protocol/consensus/contribution.ts";
import { readFinality } from "#protocol/consensus/finality.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import { stakeOf } from "#protocol/ledger/things.ts";
import { readVoters, totalWeights, voterWithKey } from "#protocol/programs/stake.ts";
import { checkpointWords } from "#sdk/checkpoint-words.ts";
import type { Finding } from "#sdk/contract.ts";
import type {
  CheckpointStanding,
  FinalityView,
  StakeView,
  ValidatorView,
  VoteSilence,
  VotingKey,
} from "#sdk/finality.ts";
import type { Chain } from "./chain.ts";
import type { Vouching } from "./finality-view.ts";
import { type ThingSource, unspentThings } from "./unspent-things.ts";
import type { Voter } from "./voting/voter.ts";

/** Shares are told in millionths. */
const shareParts = 1_000_000n;

/** Whether a block of our chain at this height can never be undone. */
export function isFinal({ finality }: Chain, height: number): boolean {
  return height <= finality.finalised.height;
}

/** What is decided. */
export function finalityView({ state, head, finality, context }: Chain): Omit<FinalityView, "checkpoint" | "silence"> {
  const { finalised, justified } = finality;
  const voting = totalWeights(readVoters(state)).activeNano > 0n;
  // Before the first decision it is the first electorate that everybody waits for, not the first block.
  const sinceHeight = finalised.height > 0 ? finalised.height : readFinality(state, context.networkId).drawnHeight;
  const stalledBlocks = voting ? Math.max(0, head.height - sinceHeight) : 0;
  return {
    height: head.height,
    finalised,
    justified: { height: heightOfEpoch(justified.epoch), hash: justified.hash },
    voting,
    stalledBlocks,
    leaking: stalledBlocks >= context.parameters.finality.stallBlocks,
  };
}

/** Height of the newest final block; null while nobody has voted yet. */
export function finalisedHeight(chain: Chain): number | null {
  const { finalised, voting } = finalityView(chain);
  return voting || finalised.height > 0 ? finalised.height : null;
}

/** What `doctor` says of it. */
export function finalityFinding(chain: Chain): Finding {
  const { finalised, voting, stalledBlocks, leaking } = finalityView(chain);
  const name = "finality";
  if (!voting) {
    const detail = "nobody votes, so blocks have odds instead";
    return { name, level: "good", detail, advice: "" };
  }
  if (!leaking) return { name, level: "good", detail: `block ${finalised.height} is final`, advice: "" };
  return {
    name,
    level: "warning",
    detail: `stands still at block ${finalised.height}, for ${stalledBlocks} blocks`,
    advice:
      "More than a third of the stake is not heard: it is away, or the network is cut in two. Wait with what must not be reversed; `finality` says more.",
  };
}

/** What `doctor` says of what vouches for this history, and what to do where nobody does. */
export function checkpointFinding(chain: Chain, standing: CheckpointStanding): Finding {
  const name = "checkpoint";
  const words = checkpointWords(standing);
  if (standing.source !== "none") return { name, level: "good", detail: words, advice: "" };
  if (chain.finality.finalised.height === 0) {
    const detail = `${words}. Nothing is final here yet, so there is nothing to compare`;
    return { name, level: "good", detail, advice: "" };
  }
  const next =
    "Compare `finality` with somebody you trust. Three independent peers that agree settle it by themselves; a new device starts safely with a link that ends in #checkpoint=HEIGHT:HASH, which `finality` prints.";
  if (chain.context.parameters.development === null) return { name, level: "warning", detail: words, advice: next };
  return { name, level: "good", detail: `${words}; the coins of this network are worth nothing. ${next}`, advice: "" };
}

/** What a user is told when a state was taken over. */
export function takenOverWords(height: number, { by, finalised }: Vouching): string {
  const why = {
    checkpoint: `block ${finalised.height} above it is final here, and its hash vouches for everything below`,
    votes: `those who voted at block ${finalised.height}, which is final here, have signed that it is final`,
    work: "only the work on it vouches for what happened in those blocks",
  }[by];
  return `The state was taken over at block ${height} instead of executing all blocks before it. All headers were checked; ${why}.`;
}

/** Whether this node's stake votes, as `doctor` says it; nothing where it has none. */
export function voteFinding(chain: Chain, voter: Voter, silence: VoteSilence | null): readonly Finding[] {
  if (voterWithKey(readVoters(chain.state), voter.key) === undefined) return [];
  const name = "vote";
  if (silence === null) return [{ name, level: "good", detail: "this device votes with its stake", advice: "" }];
  const detail = `This device does not vote: ${silence.message}`;
  const advice = silence.passes
    ? ""
    : "A stake that is not heard loses a little with each final block, and more while none is.";
  return [{ name, level: silence.passes ? "good" : "warning", detail, advice }];
}

/** Everybody who has a place. */
export function validators({ state, head, context }: Chain, { key }: Voter): readonly ValidatorView[] {
  const source = standingSource(state, head.height + 1, context);
  const { voters } = source;
  const { activeNano: allNano } = totalWeights(voters);
  const { unbondingBlocks } = context.parameters.finality;
  return voters.map((voter) => ({
    ...voter,
    share: allNano === 0n ? 0 : Number((shareParts * voter.activeNano) / allNano) / Number(shareParts),
    weight:
      weightOf(standingIn(source, { keyHash: voter.owner, beaconKey: voter.beaconKey }), context.parameters) /
      leastWeight,
    own: equalBytes(voter.key, key),
    freeHeight: voter.exitHeight === null ? null : voter.exitHeight + unbondingBlocks,
  }));
}

/** Stakes of a key. */
export function stakes(source: ThingSource, keyHash: Uint8Array): readonly StakeView[] {
  return unspentThings(source, keyHash, stakeOf).map(({ outPoint, thing: { key }, pending }) => ({
    outPoint,
    key,
    pending,
  }));
}

/** This node's keys for a stake of `owner`. */
export async function votingKey(voter: Voter, beaconKey: Uint8Array, owner: Uint8Array): Promise<VotingKey> {
  return { key: voter.key, beaconKey, possession: await voter.possession(owner) };
}
