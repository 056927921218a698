/**
 * The shape all rules share: a command and its context in, an effect or a refusal out. The shell's dry run and the chain
 * call the same function with the same context, so they cannot disagree.
 * @module
 */
import type { BlsCheck } from "../../crypto/bls-check.ts";
import type { SignatureCheck } from "../../crypto/signature.ts";
import type { NetworkParameters } from "../../parameters.ts";
import type { ValueSource, ValueWrite } from "../../programs/proof-queue.ts";
import type { Result } from "../../result.ts";
import type { StoredOutput } from "../state.ts";
import type { Output, Transaction } from "../transaction.ts";

/** Everything a rule may look at. */
export interface RuleContext {
  readonly transaction: Transaction;
  readonly transactionId: Uint8Array;
  readonly parameters: NetworkParameters;
  /** The outputs that the inputs consume, in order. */
  readonly inputs: readonly StoredOutput[];
  readonly reads: readonly StoredOutput[];
  /** Values that system programs keep in the state. */
  readonly values: ValueSource;
  /** Height of the block it is for. */
  readonly height: number;
}

/** What a command does beyond consuming inputs and creating outputs. */
export interface Effect {
  /** Coins that leave circulation besides the fee, in nano-AETH. */
  readonly burntNano: bigint;
  /** Coins that a system program holds from now on, in nano-AETH; below zero: that it gives back. */
  readonly lockedNano: bigint;
  /** Values of system programs that change. */
  readonly writes: readonly ValueWrite[];
  /** So many of the first inputs are no coins, and the rule has looked at them; all others must be coins. */
  readonly takes: number;
  /** The first outputs must be these, which are no coins; all others must be coins. */
  readonly makes: readonly Output[];
  /** BLS signatures that must be good; they are verified with the transaction's own. */
  readonly voteChecks: readonly BlsCheck[];
  /** ECDSA signatures in the command, likewise. */
  readonly signatureChecks: readonly SignatureCheck[];
}

/** A rule of one command type. */
export type Rule<Command> = (command: Command, context: RuleContext) => Result<Effect>;

/** The effect of a command that only moves what its inputs hold. */
export const noEffect: Effect = {
  burntNano: 0n,
  lockedNano: 0n,
  writes: [],
  takes: 0,
  makes: [],
  voteChecks: [],
  signatureChecks: [],
};
