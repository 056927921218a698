/**
 * Plans about stakes: bonding coins behind a voting key, leaving, taking the coins back. Leaving costs a stamp and no
 * coins, and the way back is paid from the stake itself: whoever bonded the last coin can still leave.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { Command } from "#protocol/ledger/command.ts";
import { stakeOutput } from "#protocol/ledger/things.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import { type SeatedVoter, voterWrites } from "#protocol/programs/stake.ts";
import type { Result } from "#protocol/result.ts";
import { type Plan, type PlanContext, planSpending, type SpendableCoin, type SpendableThing } from "./build.ts";

/** A stake of ours. */
export interface OwnedStake {
  readonly outPoint: OutPoint;
  /** The voting key behind it. */
  readonly key: Uint8Array;
}

/** Plans to bond coins behind a key; `voters` are all who have a place now. */
export function planBond(
  bond: Omit<Extract<Command, { type: "stake.bond" }>, "type">,
  voters: readonly SeatedVoter[],
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const command: Command = { type: "stake.bond", ...bond };
  const outputs = [stakeOutput({ key: bond.key }, keyLock(context))];
  const order = { command, outputs, amountNano: bond.stakeNano, feeNano: null, free: false };
  return planSpending({ ...order, values: valuesOf(voters) }, coins, context);
}

/** Plans to leave. */
export function planExit(stake: OwnedStake, voters: readonly SeatedVoter[], context: PlanContext): Result<Plan> {
  const taken = takenBy(stake, context);
  const order = { command: { type: "stake.exit" } as const, takes: [taken], outputs: [taken.output] };
  return planSpending({ ...order, amountNano: 0n, feeNano: null, free: true, values: valuesOf(voters) }, [], context);
}

/** Plans to take the coins of a voter back that has left: what it has now, less the fee. */
export function planStakeWithdrawal(
  stake: OwnedStake,
  voters: readonly SeatedVoter[],
  context: PlanContext,
): Result<Plan> {
  const heldNano = voters.find(({ key }) => toHex(key) === toHex(stake.key))?.balanceNano ?? 0n;
  const order = { command: { type: "stake.withdraw" } as const, takes: [takenBy(stake, context)], outputs: [] };
  return planSpending(
    { ...order, amountNano: -heldNano, feeNano: null, free: false, values: valuesOf(voters) },
    [],
    context,
  );
}

function takenBy({ outPoint, key }: OwnedStake, context: PlanContext): SpendableThing {
  return { outPoint, output: stakeOutput({ key }, keyLock(context)) };
}

function keyLock({ keyHash }: PlanContext): { readonly type: "key"; readonly keyHash: Uint8Array } {
  return { type: "key", keyHash };
}

/** The state as far as it consists of these voters: enough for the rules' dry run. */
function valuesOf(voters: readonly SeatedVoter[]): ValueSource {
  const values = new Map<string, Uint8Array>();
  for (const { key, value } of voterWrites({ get: () => undefined }, voters))
    if (value !== null) values.set(toHex(key), value);
  return { get: (key) => values.get(toHex(key)) };
}
