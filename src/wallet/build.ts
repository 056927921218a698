/**
 * From what a person wants to a transaction: plan, sign. The plan is everything that will happen, before anything does;
 * signing adds nothing to it. No keys here, they answer from the vault.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import { gasOf, minimumFeeNano } from "#protocol/ledger/fee.ts";
import { applyRule } from "#protocol/ledger/rules/index.ts";
import {
  encodeTransaction,
  type OutPoint,
  type Output,
  outputKind,
  type Transaction,
  type TransactionBody,
  transactionId,
  transactionVersion,
} from "#protocol/ledger/transaction.ts";
import { limits, type NetworkParameters } from "#protocol/parameters.ts";
import type { ValueSource } from "#protocol/programs/proof-queue.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { formatAmount, sumNano } from "./amount.ts";
import { selectCoins } from "./coin-selection.ts";

/** A coin the wallet may spend. */
export interface SpendableCoin {
  readonly txId: Uint8Array;
  readonly index: number;
  readonly amountNano: bigint;
}

/** What planning depends on. */
export interface PlanContext {
  readonly parameters: NetworkParameters;
  readonly networkId: Uint8Array;
  /** Height of the head. */
  readonly height: number;
  /** Our own key hash: inputs and change. */
  readonly keyHash: Uint8Array;
  /** 64 random bits. */
  readonly nonce: bigint;
}

/** What is to be paid to whom. */
export interface PaymentOrder {
  readonly recipientKeyHash: Uint8Array;
  readonly amountNano: bigint;
  readonly memo: string;
  /** Fee the user insists on; null: the least. */
  readonly feeNano: bigint | null;
  /** Use the stamped free lane instead of a fee. */
  readonly free: boolean;
}

/** An output of ours that is no coin. */
export interface SpendableThing {
  readonly outPoint: OutPoint;
  readonly output: Output;
}

/** A transaction that only lacks its signatures (and stamp). */
export interface Plan {
  readonly body: TransactionBody;
  /** What it consumes first, and which is no coin. */
  readonly takes: readonly SpendableThing[];
  readonly coins: readonly SpendableCoin[];
  readonly changeNano: bigint;
  readonly free: boolean;
  readonly id: Uint8Array;
}

/** A plan stays valid for this many blocks; then the coins are free again for certain. */
export const expiryBlocks = 1_000;

/** Change below this is not worth the bytes it costs every node; it goes to the fee. */
const dustNano = 10_000n;

/** Rounds of the fee's fixpoint: each adds an input or widens a number, so it ends long before. */
const feeRounds = 2 * limits.inputs;

const placeholder = { publicKey: new Uint8Array(33), signature: new Uint8Array(64) };

/** The least fee of a body under our key: a signature has one size, so the size is the final one to the byte. */
function leastFeeNano(body: TransactionBody, parameters: NetworkParameters): bigint {
  const witnesses = body.inputs.map(() => ({ preimage: null, signatures: [placeholder] }));
  const transaction: Transaction = { ...body, stamp: null, witnesses };
  const sizeBytes = encodeTransaction(transaction).length;
  return minimumFeeNano(gasOf(transaction, sizeBytes, parameters), parameters);
}

function bodyOf(
  context: PlanContext,
  { command, lastHeight }: Pick<Spending, "command" | "lastHeight">,
  parts: Pick<TransactionBody, "inputs" | "outputs" | "feeNano">,
): TransactionBody {
  return {
    version: transactionVersion,
    network: context.networkId,
    reads: [],
    command,
    expiry: Math.min(context.height + expiryBlocks, lastHeight ?? Number.MAX_SAFE_INTEGER),
    nonce: context.nonce,
    commitment: commitCommand(command),
    ...parts,
  };
}

/** A coin under a key. */
export function coinOutput(keyHash: Uint8Array, amount: bigint): Output {
  return { kind: outputKind.coin, amount, lock: { type: "key", keyHash }, data: new Uint8Array() };
}

function memoBytes(memo: string): Result<Uint8Array> {
  const bytes = utf8ToBytes(memo);
  return bytes.length <= limits.memoBytes
    ? accepted(bytes)
    : rejected("invalid-argument", `The memo has ${bytes.length} bytes; at most ${limits.memoBytes} fit.`);
}

/** What is to become of coins: outputs and locked amounts that they must cover, and what the user said about the fee. */
export interface Spending {
  readonly command: Command;
  /** Consumed before any coin; nothing if absent. */
  readonly takes?: readonly SpendableThing[];
  /** Outputs besides the change. */
  readonly outputs: readonly Output[];
  /** What outputs and system programs take, in nano-AETH; below zero: what a program gives back. */
  readonly amountNano: bigint;
  readonly feeNano: bigint | null;
  readonly free: boolean;
  /** Consume a coin even if nothing is to be paid: its signature shows who asks. */
  readonly needsCoin?: boolean;
  /** After this height the rule would refuse it. */
  readonly lastHeight?: number;
  /** Values of system programs, as far as the node told them. */
  readonly values?: ValueSource;
}

/** A spending drawn from certain coins. */
interface Draft {
  readonly body: TransactionBody;
  readonly coins: readonly SpendableCoin[];
  readonly changeNano: bigint;
  readonly leastNano: bigint;
}

/** Draws a spending that offers `feeNano`; change that would be dust goes to the fee, but a free one has no fee. */
function draft(order: Spending, coins: readonly SpendableCoin[], feeNano: bigint, context: PlanContext): Draft {
  const inNano = sumNano(coins);
  const overNano = inNano - order.amountNano - feeNano;
  const changeNano = order.free || overNano > dustNano ? overNano : 0n;
  const outputs = [...order.outputs];
  if (changeNano > 0n) outputs.push(coinOutput(context.keyHash, changeNano));
  const takes = (order.takes ?? []).map(({ outPoint }) => outPoint);
  const inputs = [...takes, ...coins.map(({ txId, index }) => ({ txId, index }))];
  const body = bodyOf(context, order, { inputs, outputs, feeNano: inNano - order.amountNano - changeNano });
  return { body, coins, changeNano, leastNano: order.free ? 0n : leastFeeNano(body, context.parameters) };
}

/** Gives back to the change what a draft offers above the least fee, where that is possible. */
function trimmed(order: Spending, first: Draft, context: PlanContext): Draft {
  if (order.free || order.feeNano !== null || first.changeNano === 0n) return first;
  const leaner = draft(order, first.coins, first.leastNano, context);
  return leaner.body.feeNano >= leaner.leastNano ? leaner : first;
}

/** Plans a payment from `coins`. Refuses with the reason and the numbers. */
export function planPayment(order: PaymentOrder, coins: readonly SpendableCoin[], context: PlanContext): Result<Plan> {
  const memo = memoBytes(order.memo);
  if (!memo.ok) return memo;
  const { amountNano, feeNano, free } = order;
  const outputs = [coinOutput(order.recipientKeyHash, amountNano)];
  return planSpending(
    { command: { type: "coin.pay", memo: memo.value }, outputs, amountNano, feeNano, free },
    coins,
    context,
  );
}

/** Plans a public note and nothing else: a coin of ours is consumed and comes back, but for the fee. */
export function planNote(note: string, coins: readonly SpendableCoin[], context: PlanContext): Result<Plan> {
  const memo = memoBytes(note);
  if (!memo.ok) return memo;
  const command: Command = { type: "coin.pay", memo: memo.value };
  const order = { command, outputs: [], amountNano: 0n, feeNano: null, free: false, needsCoin: true };
  return planSpending(order, coins, context);
}

/** Plans to have a program proved: what its segments pay is locked with the job. */
export function planProofJob(
  command: Extract<Command, { type: "proof.post" }>,
  coins: readonly SpendableCoin[],
  context: PlanContext,
): Result<Plan> {
  const amountNano = command.segmentFeeNano * BigInt(command.segments);
  return planSpending({ command, outputs: [], amountNano, feeNano: null, free: false }, coins, context);
}

/** Plans what a command costs and makes: draws coins for it and finds its least fee. */
export function planSpending(order: Spending, coins: readonly SpendableCoin[], context: PlanContext): Result<Plan> {
  let feeNano = order.free ? 0n : (order.feeNano ?? 0n);
  const most = limits.inputs - (order.takes?.length ?? 0);
  for (let round = 0; round < feeRounds; round++) {
    const neededNano = order.amountNano + feeNano;
    const targetNano = neededNano < 1n && order.needsCoin === true ? 1n : neededNano;
    const selected = selectCoins(coins, targetNano, order.free ? 0n : dustNano, most);
    if (!selected.ok) return selected;
    const drawn = draft(order, selected.value, feeNano, context);
    if (drawn.body.feeNano >= drawn.leastNano) {
      const { body, changeNano } = trimmed(order, drawn, context);
      return finishPlan(order, body, selected.value, changeNano, context);
    }
    if (order.feeNano !== null) return feeTooLow(order, coins, context);
    feeNano = drawn.leastNano;
  }
  return rejected("insufficient-funds", "Your coins do not cover the amount and its fee.");
}

/** Names the fee that would do: not the least for what was drawn, but what the same order without a wish would pay. */
function feeTooLow(order: Spending, coins: readonly SpendableCoin[], context: PlanContext): Result<Plan> {
  const cheapest = planSpending({ ...order, feeNano: null }, coins, context);
  if (!cheapest.ok) return cheapest;
  const leastNano = cheapest.value.body.feeNano;
  const message = `That fee is too low; this payment needs at least ${formatAmount(leastNano)} AETH.`;
  return rejected("fee-too-low", message, { leastNano });
}

/** Plans a request for coins in the free lane; needs no coins. */
export function planRequest(amountNano: bigint, memo: string, context: PlanContext): Result<Plan> {
  const bytes = memoBytes(memo);
  if (!bytes.ok) return bytes;
  const command: Command = { type: "coin.request", amountNano, keyHash: context.keyHash, memo: bytes.value };
  return planSpending({ command, outputs: [], amountNano: 0n, feeNano: null, free: true }, [], context);
}

/** The dry run: the chain's own rule over the planned transaction. */
function finishPlan(
  { takes = [], free, values }: Spending,
  body: TransactionBody,
  coins: readonly SpendableCoin[],
  changeNano: bigint,
  context: PlanContext,
): Result<Plan> {
  const spent = coins.map((coin) => ({
    outPoint: { txId: coin.txId, index: coin.index },
    output: coinOutput(context.keyHash, coin.amountNano),
  }));
  const inputs = [...takes, ...spent].map((input) => ({ ...input, height: context.height }));
  const transaction: Transaction = { ...body, stamp: null, witnesses: [] };
  const id = transactionId(body);
  const effect = applyRule({
    transaction,
    transactionId: id,
    parameters: context.parameters,
    inputs,
    reads: [],
    // The wallet holds no state: what depends on it (room in a queue) is found out when the pool is asked.
    values: values ?? { get: () => undefined },
    height: context.height + 1,
  });
  return effect.ok ? accepted({ body, takes, coins, changeNano, free, id }) : effect;
}

/** Whoever holds the key: signs an id, makes stamps. */
export interface Signer {
  readonly publicKey: Uint8Array;
  /** `plan` is what has this id. */
  sign(id: Uint8Array, plan: Plan): Promise<Result<Uint8Array>>;
  stamp(id: Uint8Array): Promise<Result<Uint8Array>>;
}

/** Turns a plan into a transaction ready to send. */
export async function signPlan(plan: Plan, signer: Signer): Promise<Result<Transaction>> {
  const { body, id, free } = plan;
  let stamp: Uint8Array | null = null;
  if (free) {
    const made = await signer.stamp(id);
    if (!made.ok) return made;
    stamp = made.value;
  }
  if (body.inputs.length === 0) return accepted({ ...body, stamp, witnesses: [] });
  // All inputs are under our one key and sign the same id: one signature serves them all.
  const signature = await signer.sign(id, plan);
  if (!signature.ok) return signature;
  const witness = { preimage: null, signatures: [{ publicKey: signer.publicKey, signature: signature.value }] };
  return accepted({ ...body, stamp, witnesses: body.inputs.map(() => witness) });
}
