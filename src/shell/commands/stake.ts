/**
 * `stake`, `unstake`: coins that vote on what is final.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { hasNoWeight } from "#protocol/programs/stake.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { StakeView, ValidatorView } from "#sdk/finality.ts";
import { parseAmount } from "#wallet/amount.ts";
import { planBond, planExit, planStakeWithdrawal } from "#wallet/stake-plans.ts";
import { short } from "../format.ts";
import type { Command, CommandContext } from "./command.ts";
import { type Prepared, prepare, spendPlan } from "./prepared-spending.ts";
import { aeth, spendingOptions } from "./spending.ts";
import { blocksWords, stakeTerms } from "./stake-words.ts";

const refuse = (message: string): Rejected => rejected("invalid-argument", message);

/** Whether a command went to its end in words. */
function isTold(code: number, flags: ReadonlySet<string>): boolean {
  return code === 0 && !flags.has("json") && !flags.has("dry-run");
}

/** Why the key of this node, which has a place, cannot be bonded again now. */
function placeError(voter: ValidatorView, keyHash: Uint8Array, { height, parameters }: Prepared["planning"]): Rejected {
  const owner = equalBytes(voter.owner, keyHash) ? "Your" : "Somebody's";
  const { freeHeight } = voter;
  if (freeHeight === null) {
    const message = `${owner} ${aeth(voter.balanceNano)} vote here already. To bond another amount, leave with \`unstake\` first.`;
    return rejected("voter-exists", message);
  }
  const left = Math.max(0, freeHeight - height - 1);
  const wait = left === 0 ? "" : `, in ${blocksWords(left, parameters)}`;
  const message = `${owner} ${aeth(voter.balanceNano)} behind this node's key have left and are bonded until block ${freeHeight}${wait}. \`unstake\` takes them back then; after that you can bond again.`;
  return rejected("voter-exists", message, { freeHeight });
}

async function bond(context: CommandContext, typed: string, flags: ReadonlySet<string>): Promise<number> {
  const amount = parseAmount(typed);
  if (!amount.ok) return context.refuse(amount);
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const { keys, planning, coins } = prepared;
  const { minimumStakeNano } = planning.parameters.finality;
  if (amount.value < minimumStakeNano) {
    return context.refuse(refuse(`A stake is at least ${aeth(minimumStakeNano)}, not ${aeth(amount.value)}.`));
  }
  const seats = await context.client.validators();
  if (!seats.ok) return context.refuse(seats);
  const seat = seats.value.find(({ own }) => own);
  if (seat !== undefined) return context.refuse(placeError(seat, keys.keyHash, planning));
  const key = await context.client.votingKey(keys.keyHash);
  if (!key.ok) return context.refuse(key);
  const plan = planBond({ ...key.value, stakeNano: amount.value }, seats.value, coins.coins, planning);
  if (!plan.ok && plan.code === "insufficient-funds" && planning.parameters.development !== null) {
    const message = `${plan.message} \`faucet\` gives you some; nothing was bonded.`;
    return spendPlan(context, prepared, { ...plan, message }, flags);
  }
  if (plan.ok && !flags.has("json")) {
    context.print("A stake votes on which blocks are final.", "strong");
    for (const line of stakeTerms(planning.parameters)) context.print(line);
  }
  const code = await spendPlan(context, prepared, plan, flags);
  if (isTold(code, flags)) {
    context.print("It counts once blocks after this one are final; `validators` shows it.", "dim");
  }
  return code;
}

const stake: Command = {
  name: "stake",
  group: "money",
  summary: "bonds coins that vote on what is final",
  usage: "stake AMOUNT [--yes] [--dry-run] [--json]",
  options: spendingOptions,
  examples: ["stake 10", "stake 10 --dry-run"],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], positionals: { least: 1, most: 1 } },
  run: (context, { positionals, flags }) => bond(context, positionals[0] ?? "", flags),
};

interface OwnStake {
  readonly stake: StakeView;
  readonly voter: ValidatorView;
}

/** The one stake that is meant: by the front of its voting key, or because there is no other. */
function meantStake(stakes: readonly StakeView[], seats: readonly ValidatorView[], typed: string): Result<OwnStake> {
  if (stakes.length === 0) return rejected("no-such-voter", "You have no stake. `stake AMOUNT` bonds one.");
  const meant = stakes.filter(({ key }) => toHex(key).startsWith(typed.toLowerCase()));
  const [only] = meant;
  if (only === undefined || meant.length > 1) {
    return refuse(`Say which of your stakes by its voting key: ${stakes.map(({ key }) => short(key)).join(", ")}.`);
  }
  const voter = seats.find(({ key }) => equalBytes(key, only.key));
  if (only.pending || voter === undefined) {
    return rejected("stake-locked", "What was done last with this stake still waits for a block; try again after it.");
  }
  return accepted({ stake: only, voter });
}

/** Why the coins of a voter that has left cannot be taken back in the next block; null if they can. */
function bondedError(voter: ValidatorView, height: number, parameters: NetworkParameters): Rejected | null {
  const freeHeight = voter.freeHeight ?? 0;
  if (height + 1 < freeHeight) {
    const left = blocksWords(freeHeight - height - 1, parameters);
    const message = `${aeth(voter.balanceNano)} are bonded until block ${freeHeight}: the next is ${height + 1}, so ${left} more. Type \`unstake\` again then.`;
    return rejected("stake-locked", message, { freeHeight });
  }
  if (hasNoWeight(voter)) return null;
  const message =
    "The time is over, but no block has become final since this voter left, so that it still counts. `finality` says how that stands; try again once one is final.";
  return rejected("stake-locked", message);
}

async function leave(
  context: CommandContext,
  prepared: Prepared,
  { stake: { outPoint, key } }: OwnStake,
  seats: readonly ValidatorView[],
  flags: ReadonlySet<string>,
): Promise<number> {
  const { planning } = prepared;
  const { parameters } = planning;
  const { unbondingBlocks } = parameters.finality;
  if (!flags.has("json")) {
    const time = blocksWords(unbondingBlocks, parameters);
    context.print(`It leaves the voters; its coins stay bonded for ${time}, and can be slashed until then.`, "strong");
  }
  const code = await spendPlan(context, prepared, planExit({ outPoint, key }, seats, planning), flags);
  if (!isTold(code, flags)) return code;
  const now = await context.client.validators();
  const freeHeight = now.ok ? (now.value.find((seat) => equalBytes(seat.key, key))?.freeHeight ?? null) : null;
  if (freeHeight !== null) {
    context.print(
      `From block ${freeHeight} on, \`unstake\` takes the coins back. It still counts for the next few final blocks: keep this tab open for them.`,
      "good",
    );
  }
  return code;
}

async function unbond(context: CommandContext, typed: string, flags: ReadonlySet<string>): Promise<number> {
  const prepared = await prepare(context);
  if (prepared === null) return 1;
  const { keys, planning } = prepared;
  const stakes = await context.client.stakes(keys.keyHash);
  const seats = await context.client.validators();
  for (const answer of [stakes, seats]) if (!answer.ok) return context.refuse(answer);
  if (!stakes.ok || !seats.ok) return 1;
  const meant = meantStake(stakes.value, seats.value, typed);
  if (!meant.ok) return context.refuse(meant);
  const { stake: own, voter } = meant.value;
  if (voter.exitHeight === null) return leave(context, prepared, meant.value, seats.value, flags);
  const bonded = bondedError(voter, planning.height, planning.parameters);
  if (bonded !== null) return context.refuse(bonded);
  return spendPlan(context, prepared, planStakeWithdrawal(own, seats.value, planning), flags);
}

const unstake: Command = {
  name: "unstake",
  group: "money",
  summary: "leaves the voters; later, takes the coins back",
  usage: "unstake [KEY] [--yes] [--dry-run] [--json]",
  options: spendingOptions,
  examples: ["unstake", "unstake --dry-run"],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], positionals: { least: 0, most: 1 } },
  complete: async ({ client }) => {
    const vault = await client.vaultStatus();
    if (!vault.ok || vault.value.keyHash === null) return [];
    const stakes = await client.stakes(vault.value.keyHash);
    return stakes.ok ? stakes.value.map(({ key }) => short(key)) : [];
  },
  run: (context, { positionals, flags }) => unbond(context, positionals[0] ?? "", flags),
};

/** Commands about stakes. */
export const stakeCommands: readonly Command[] = [stake, unstake];
