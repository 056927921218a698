/**
 * What makes a transaction valid, cheap checks first and in the same order on every node. The pool and `apply` both
 * call this; signatures are returned, not verified, so that they can be batched and remembered.
 * @module
 */
import { equalBytes, toHex } from "../codec/bytes.ts";
import { encode } from "../codec/schema.ts";
import type { BlsCheck } from "../crypto/bls-check.ts";
import type { SignatureCheck } from "../crypto/signature.ts";
import { limits, type NetworkParameters } from "../parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";
import { commitCommand } from "./command.ts";
import { gasOf, minimumFeeNano } from "./fee.ts";
import { lapsesAfter } from "./lapse.ts";
import { openLock, openUntil, validateLock } from "./locks.ts";
import type { PreparedTransaction } from "./prepared.ts";
import { applyRule } from "./rules/index.ts";
import type { Effect } from "./rules/rule.ts";
import { stampStrengthBits } from "./stamp.ts";
import type { StoredOutput } from "./state.ts";
import { rememberedKey } from "./state-key.ts";
import { successions } from "./succession.ts";
import { isRemembered, type OutPoint, outputKind, outputSchema, transactionVersion } from "./transaction.ts";

const largestAmount = (1n << 64n) - 1n;

const knownKinds: ReadonlySet<number> = new Set(Object.values(outputKind));

/** Where a transaction's inputs are looked up: the state, or the state with the pool or the rest of the block on top. */
export interface OutputSource {
  output(outPoint: OutPoint): StoredOutput | undefined;
  /** The value under a key of the state, if there is one. */
  get(key: Uint8Array): Uint8Array | undefined;
}

/** What validity depends on besides the transaction. */
export interface ValidationContext {
  readonly parameters: NetworkParameters;
  readonly networkId: Uint8Array;
  /** Height of the block it is to be in. */
  readonly height: number;
  /** Least zero bits of a stamp: the network's for blocks, more for a crowded pool. */
  readonly stampBits: number;
  readonly source: OutputSource;
}

/** A valid transaction, but for its signatures. */
export interface ValidatedTransaction {
  readonly inputs: readonly StoredOutput[];
  readonly gas: number;
  /** What the command does beyond its inputs and outputs. */
  readonly effect: Effect;
  /** Height of the last block it can be in: its expiry, or earlier where what it takes lapses or its lock closes. */
  readonly lastHeight: number;
  readonly signatureChecks: readonly SignatureCheck[];
  /** BLS signatures that the command's rule asks for. */
  readonly voteChecks: readonly BlsCheck[];
}

/** A name for an outpoint, usable as a map key. */
export function outPointName(outPoint: OutPoint): string {
  return `${toHex(outPoint.txId)}:${outPoint.index}`;
}

function checkForm({ transaction }: PreparedTransaction, context: ValidationContext): Rejected | null {
  if (transaction.version !== transactionVersion) {
    return rejected("unknown-version", `Transaction version ${transaction.version} is not known here.`);
  }
  if (!equalBytes(transaction.network, context.networkId)) {
    return rejected("wrong-network", "The transaction is for another network.");
  }
  if (transaction.witnesses.length !== transaction.inputs.length) {
    return rejected("lock-not-satisfied", "There must be one witness for each input.");
  }
  const names = new Set<string>();
  for (const outPoint of [...transaction.inputs, ...transaction.reads]) {
    const name = outPointName(outPoint);
    if (names.has(name)) return rejected("duplicate-input", "An output is named twice.", { outPoint: name });
    names.add(name);
  }
  if (transaction.expiry < context.height) {
    return rejected(
      "expired",
      `It had to be mined by height ${transaction.expiry}; the next block is ${context.height}.`,
    );
  }
  const mostBlocks = isRemembered(transaction) ? limits.rememberedBlocks : limits.expiryBlocks;
  if (transaction.expiry > context.height + mostBlocks) {
    return rejected("expires-too-late", `It may expire at most ${mostBlocks} blocks ahead.`);
  }
  if (!equalBytes(transaction.commitment, commitCommand(transaction.command))) {
    return rejected("wrong-commitment", "The commitment is not that of the command.");
  }
  return null;
}

function checkOutputs({ transaction }: PreparedTransaction): Rejected | null {
  for (const output of transaction.outputs) {
    if (!knownKinds.has(output.kind)) return rejected("unknown-kind", `Output kind ${output.kind} is not known here.`);
    if (output.kind === outputKind.coin && output.amount === 0n)
      return rejected("rule-violated", "A coin must hold more than nothing.");
    const lock = validateLock(output.lock);
    if (!lock.ok) return lock;
  }
  return null;
}

function checkPrice(
  { transaction, id }: PreparedTransaction,
  gas: number,
  context: ValidationContext,
): Rejected | null {
  if (transaction.feeNano > 0n) {
    if (transaction.stamp !== null) return rejected("rule-violated", "A transaction that pays a fee carries no stamp.");
    const leastNano = minimumFeeNano(gas, context.parameters);
    if (transaction.feeNano >= leastNano) return null;
    return rejected("fee-too-low", `The fee is ${transaction.feeNano} nano-AETH; at least ${leastNano} is needed.`, {
      leastNano,
    });
  }
  if (transaction.stamp === null) return rejected("stamp-missing", "Without a fee a transaction needs a stamp.");
  const bits = stampStrengthBits(id, transaction.stamp);
  if (bits >= context.stampBits) return null;
  return rejected("stamp-too-weak", `The stamp has ${bits} zero bits; ${context.stampBits} are needed now.`, {
    bits,
    neededBits: context.stampBits,
  });
}

function resolve(outPoints: readonly OutPoint[], source: OutputSource): Result<readonly StoredOutput[]> {
  const found: StoredOutput[] = [];
  for (const outPoint of outPoints) {
    const stored = source.output(outPoint);
    if (stored === undefined) {
      const name = outPointName(outPoint);
      return rejected("missing-output", `The output ${name} does not exist or is already spent.`, { outPoint: name });
    }
    found.push(stored);
  }
  return accepted(found);
}

/** What is no coin is neither made nor taken but as the command's rule says: so it is conserved like coins are. */
function checkThings(
  { transaction }: PreparedTransaction,
  inputs: readonly StoredOutput[],
  { takes, makes }: Effect,
): Rejected | null {
  const { outputs, command } = transaction;
  if (inputs.some(({ output }, i) => i >= takes && output.kind !== outputKind.coin)) {
    return rejected("rule-violated", `A ${command.type} cannot consume that: what is no coin has commands of its own.`);
  }
  const made = makes.every((thing, i) => {
    const output = outputs[i];
    return output !== undefined && equalBytes(encode(outputSchema, output), encode(outputSchema, thing));
  });
  if (!made) return rejected("rule-violated", `The outputs do not begin with what ${command.type} makes.`);
  if (outputs.some(({ kind }, i) => i >= makes.length && kind !== outputKind.coin)) {
    return rejected("rule-violated", `A ${command.type} cannot make that: what is no coin has commands of its own.`);
  }
  return null;
}

function checkBalance(
  { transaction }: PreparedTransaction,
  inputs: readonly StoredOutput[],
  { burntNano, lockedNano }: Effect,
): Rejected | null {
  let inNano = 0n;
  for (const { output } of inputs) inNano += output.amount;
  let outNano = transaction.feeNano + burntNano + lockedNano;
  for (const output of transaction.outputs) outNano += output.amount;
  if (inNano === outNano && outNano <= largestAmount) return null;
  return rejected("not-balanced", `The inputs hold ${inNano} nano-AETH, outputs and fee are ${outNano}.`, {
    inNano,
    outNano,
  });
}

/** Checks everything but signatures. Never throws on a foreign transaction. */
export function validateTransaction(
  prepared: PreparedTransaction,
  context: ValidationContext,
): Result<ValidatedTransaction> {
  const { transaction, bytes, id } = prepared;
  if (bytes.length > limits.transactionBytes) return rejected("too-large", "The transaction is too large.");
  const gas = gasOf(transaction, bytes.length, context.parameters);
  const refusal = checkForm(prepared, context) ?? checkOutputs(prepared) ?? checkPrice(prepared, gas, context);
  if (refusal !== null) return refusal;
  if (isRemembered(transaction) && context.source.get(rememberedKey(id, transaction.expiry)) !== undefined) {
    return rejected("already-included", "This transaction is already in the chain.");
  }
  const inputs = resolve(transaction.inputs, context.source);
  if (!inputs.ok) return inputs;
  const reads = resolve(transaction.reads, context.source);
  if (!reads.ok) return reads;
  const signatureChecks: SignatureCheck[] = [];
  const successor = successions(context.source);
  let lastHeight = transaction.expiry;
  for (const [i, stored] of inputs.value.entries()) {
    const witness = transaction.witnesses[i];
    if (witness === undefined) return rejected("lock-not-satisfied", "There must be one witness for each input.");
    const opened = openLock(stored.output.lock, witness, { digest: id, height: context.height, successor });
    if (!opened.ok) return opened;
    signatureChecks.push(...opened.value);
    lastHeight = Math.min(
      lastHeight,
      openUntil(stored.output.lock, context.height),
      lapsesAfter(stored.output) ?? lastHeight,
    );
  }
  const effect = applyRule({
    transaction,
    transactionId: id,
    parameters: context.parameters,
    inputs: inputs.value,
    reads: reads.value,
    values: context.source,
    height: context.height,
  });
  if (!effect.ok) return effect;
  const unkept =
    checkThings(prepared, inputs.value, effect.value) ?? checkBalance(prepared, inputs.value, effect.value);
  const { voteChecks } = effect.value;
  signatureChecks.push(...effect.value.signatureChecks);
  return (
    unkept ?? accepted({ inputs: inputs.value, gas, effect: effect.value, lastHeight, signatureChecks, voteChecks })
  );
}
