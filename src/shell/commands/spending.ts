/**
 * What every command that spends shares: plan in words, consent, signature, waiting for the block, receipt.
 * @module
 */
import { isMark } from "#identity/credentials/mark.ts";
import { fromBigEndian, toHex } from "#protocol/codec/bytes.ts";
import { reversalOdds } from "#protocol/consensus/reversal-odds.ts";
import type { Command as LedgerCommand } from "#protocol/ledger/command.ts";
import { signedAwayNano } from "#protocol/ledger/signed-away.ts";
import { encodeBody, encodeTransaction, type Output, outputKind } from "#protocol/ledger/transaction.ts";
import { networks } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { CoinsView } from "#sdk/contract.ts";
import { type TransactionStanding, whyGone } from "#sdk/standing.ts";
import { formatAmount, sumNano } from "#wallet/amount.ts";
import { type Plan, type PlanContext, type Signer, signPlan } from "#wallet/build.ts";
import { odds, short } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { replacedWords } from "./backup.ts";
import { type CommandContext, exitCodes } from "./command.ts";
import { finalWords } from "./finality-words.ts";
import { thingWords, visibleParts } from "./memory-words.ts";

/** An amount as people write it. */
export const aeth = (nano: bigint): string => `${formatAmount(nano)} AETH`;

/** Options of commands that spend. */
export const spendingOptions = {
  "--yes": "do not ask before signing",
  "--dry-run": "show what would happen, sign nothing",
  "--json": "print JSON instead of words; implies --yes",
} as const;

/** The two shares of work an attacker is imagined to have. */
const attackerShares = [0.1, 0.3] as const;

/** How certain a transaction in a block is: final, or the odds that it is not. */
export function certaintyLine({ confirmations, final }: { confirmations: number; final: boolean }): string {
  if (final) return finalWords;
  const parts = attackerShares.map(
    (share) => `${odds(reversalOdds(share, confirmations))} for an attacker with ${100 * share} % of the work`,
  );
  return `Not final yet: odds of reversal, from work alone: ${parts.join(", ")}.`;
}

/** What a plan depends on, asked from the node. */
export async function planContext(
  context: CommandContext,
  keyHash: Uint8Array,
): Promise<Result<PlanContext & { readonly stampBits: number; readonly segmentPriceNano: bigint }>> {
  const status = await context.client.status();
  if (!status.ok) return status;
  const standing = await context.client.succession(keyHash);
  if (!standing.ok) return standing;
  if (standing.value.successor !== null) return rejected("key-replaced", replacedWords(standing.value.successor));
  const { network, networkId, height, stampBits, segmentPriceNano } = status.value;
  const nonce = fromBigEndian(context.environment.randomBytes(8));
  const parameters = networks[network];
  return accepted({ parameters, networkId, height, keyHash, nonce, stampBits, segmentPriceNano });
}

/** What a plan's coins and marks are worth. */
function inputsNano({ coins, takes }: Plan): bigint {
  const marks = takes.filter(({ output }) => isMark(output));
  return sumNano(coins) + marks.reduce((sum, { output }) => sum + output.amount, 0n);
}

/** Where a plan leaves today's budget; null where there is none, or none that can be told now. */
async function budgetAfter(
  { client }: CommandContext,
  plan: Plan,
): Promise<{ readonly words: string; readonly isOver: boolean } | null> {
  const [budget, vault] = await Promise.all([client.spendingBudget(), client.vaultStatus()]);
  if (!budget.ok || budget.value.limitNano === null || !vault.ok || vault.value.keyHash === null) return null;
  const { limitNano, todayNano } = budget.value;
  const afterNano = todayNano + signedAwayNano(plan.body, inputsNano(plan), vault.value.keyHash);
  const isOver = afterNano > limitNano;
  const outcome = isOver ? "with this it would be" : "with this it is";
  return { words: `${formatAmount(todayNano)} of ${aeth(limitNano)} today; ${outcome} ${aeth(afterNano)}`, isOver };
}

function printPlan(context: CommandContext, plan: Plan, to: string | null): void {
  const { outputs, feeNano, expiry } = plan.body;
  const lockedNano = inputsNano(plan) - feeNano - outputs.reduce((sum, output) => sum + output.amount, 0n);
  const { command } = plan.body;
  context.print("This will", "strong");
  if (to !== null) context.print(`  pay      ${to}`);
  for (const { output } of plan.takes) context.print(`  consume  ${thingWords(output)}`);
  for (const coin of plan.coins)
    context.print(`  consume  ${short(coin.txId)}:${coin.index}  ${aeth(coin.amountNano)}`);
  // The change, if there is any, is always the last output.
  for (const output of plan.changeNano > 0n ? outputs.slice(0, -1) : outputs)
    context.print(
      `  create   ${isCoin(output) ? `${aeth(output.amount)} for the ${payee(command)}` : thingWords(output)}`,
    );
  if (lockedNano > 0n) context.print(lockedLine(command, lockedNano));
  if (plan.changeNano > 0n) {
    const change =
      plan.takes.length > 0 && plan.coins.length === 0 ? `from the ${source(command)} for you` : "change for you";
    context.print(`  create   ${aeth(plan.changeNano)} ${change}`);
  }
  context.print(
    plan.free ? "  fee      none: a stamp is computed instead" : `  fee      ${aeth(feeNano)}, half of it burnt`,
  );
  context.print(`  visible  to everybody: ${visibleParts(command)}. Must be mined by height ${expiry}.`);
}

const isCoin = (output: Output): boolean => output.kind === outputKind.coin && !isMark(output);

function source({ type }: LedgerCommand): string {
  return type === "stake.withdraw" ? "stake" : "mark";
}

function payee({ type }: LedgerCommand): string {
  return type === "memory.allocate" ? "provider" : "recipient";
}

/** What becomes of coins that no output takes. */
function lockedLine({ type }: LedgerCommand, nano: bigint): string {
  if (type === "memory.offer") return `  burn     ${aeth(nano)} for a place among the offers`;
  if (type === "data.store")
    return `  lock     ${aeth(nano)} for the keeper, audit by audit; what it does not earn comes back`;
  return type === "stake.bond"
    ? `  bond     ${aeth(nano)} behind this node's voting key`
    : `  lock     ${aeth(nano)} for whoever proves it`;
}

/** The vault as a signer. */
export function signerOf(context: CommandContext, publicKey: Uint8Array, stampBits: number): Signer {
  return {
    publicKey,
    sign: (_id, plan) => context.client.signTransaction(encodeBody(plan.body), inputsNano(plan), publicKey),
    stamp: (id) => context.client.makeStamp(id, stampBits),
  };
}

/** Signs a plan and hands it to the node; gives its id. */
export async function signAndSend(
  context: CommandContext,
  plan: Plan,
  signer: Signer,
  inWords: boolean,
): Promise<Result<Uint8Array>> {
  if (plan.free && inWords) context.print("Computing a stamp …", "dim");
  const transaction = await signPlan(plan, signer);
  return transaction.ok ? context.client.sendTransaction(encodeTransaction(transaction.value)) : transaction;
}

/** Waits until a transaction is in a block or lost; null when the user stops waiting. */
async function watch(context: CommandContext, id: Uint8Array): Promise<TransactionStanding | null> {
  return new Promise((resolve) => {
    const finish = (standing: TransactionStanding | null): void => {
      unsubscribe();
      resolve(standing);
    };
    const unsubscribe = context.client.subscribe((event) => {
      if (event.type === "transaction" && toHex(event.id) === toHex(id) && event.standing.state !== "pending")
        finish(event.standing);
    });
    void context.interrupted.then(() => finish(null));
    // It may have happened before we listened.
    void context.client.transaction(id).then((answer) => {
      if (answer.ok && answer.value.standing.state !== "pending") finish(answer.value.standing);
    });
  });
}

/** Says how a transaction went; the exit code. */
export function printOutcome(context: CommandContext, id: Uint8Array, standing: TransactionStanding | null): number {
  if (standing === null || standing.state === "pending") {
    context.print(`Not watched any longer; it goes on by itself. tx ${toHex(id)} tells.`, "dim");
    return 0;
  }
  if (standing.state === "dropped") {
    context.print(`${sanitise(whyGone("It did not go through: ", standing))} Your other coins are untouched.`, "bad");
    return 1;
  }
  context.print(
    `In block ${standing.height}: ${standing.confirmations} confirmation${standing.confirmations === 1 ? "" : "s"}.`,
    "good",
  );
  context.print(certaintyLine(standing), "dim");
  return 0;
}

/** Says where coins that cannot be spent now have gone. */
export function withReasons(refusal: Rejected, { beingSpent, pendingNano }: CoinsView): Rejected {
  if (refusal.code !== "insufficient-funds") return refusal;
  const spent = beingSpent.map(
    ({ amountNano, by }) => ` ${aeth(amountNano)} is already being spent by ${toHex(by)}, which waits for a block.`,
  );
  const coming = pendingNano > 0n ? ` ${aeth(pendingNano)} is on its way to you.` : "";
  return { ...refusal, message: refusal.message + spent.join("") + coming };
}

/** Shows a plan and asks; a dry run ends there. `covers`: what the consent is for besides, in words; `to`: who is paid. */
export async function consent(
  context: CommandContext,
  plan: Plan,
  flags: ReadonlySet<string>,
  covers: string | null = null,
  to: string | null = null,
): Promise<"agreed" | "dry-run" | "refused"> {
  const json = flags.has("json");
  if (!json) printPlan(context, plan, to);
  if (!json && covers !== null) context.print(`  covers   ${covers}`);
  const budget = plan.body.inputs.length === 0 ? null : await budgetAfter(context, plan);
  if (!json && budget !== null) context.print(`  budget   ${budget.words}`, budget.isOver ? "bad" : "plain");
  if (flags.has("dry-run")) {
    if (json) context.json({ id: plan.id, feeNano: plan.body.feeNano, changeNano: plan.changeNano });
    else context.print("Dry run: nothing was signed.", "dim");
    return "dry-run";
  }
  // Nobody is asked about what the vault will not sign: it says why.
  if (budget?.isOver || json || flags.has("yes") || (await context.confirm("Sign and send?"))) return "agreed";
  const isBehind = context.job.id > 0;
  context.print(
    `Not signed; nothing was changed.${isBehind ? " Behind the prompt nobody can be asked: add --yes." : ""}`,
    "dim",
  );
  return "refused";
}

/** Says that a transaction has left, or that it waits here because nobody is there to take it. */
async function printSent({ client, print }: CommandContext, id: string): Promise<void> {
  const status = await client.status();
  if (!status.ok || status.value.peers > 0)
    return print(`Sent ${id}. Waiting for a block (Ctrl-C stops waiting only) …`, "dim");
  print(
    `Signed ${id}, and kept here: nobody is connected. It leaves by itself once somebody is, also after a reload; \`mempool\` lists it. Ctrl-C stops waiting only …`,
    "warning",
  );
}

/** Signs and sends a plan, and waits for its block; the standing is null if the user stopped waiting. */
export async function carryOut(
  context: CommandContext,
  plan: Plan,
  signer: Signer,
  inWords: boolean,
): Promise<Result<{ readonly id: Uint8Array; readonly standing: TransactionStanding | null }>> {
  const sent = await signAndSend(context, plan, signer, inWords);
  if (!sent.ok) return sent;
  if (inWords) await printSent(context, toHex(sent.value));
  return accepted({ id: sent.value, standing: await watch(context, sent.value) });
}

/** Signs and sends a plan after the user's consent, unless it is a dry run; waits for the block and says how it went. `to`: who is paid. */
export async function spend(
  context: CommandContext,
  plan: Plan,
  signer: Signer,
  flags: ReadonlySet<string>,
  to: string | null = null,
): Promise<number> {
  const json = flags.has("json");
  const said = await consent(context, plan, flags, null, to);
  if (said !== "agreed") return said === "dry-run" ? 0 : exitCodes.stopped;
  const done = await carryOut(context, plan, signer, !json);
  if (!done.ok) return context.refuse(done);
  const { id, standing } = done.value;
  if (!json) return printOutcome(context, id, standing);
  context.json({ id, standing });
  return standing?.state === "dropped" ? 1 : 0;
}
