/**
 * What an interface hears and sets of daily budgets: what the wallet signs away on this device, and what programs compute.
 * Days are of UTC.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** What the wallet has signed away. */
export interface SpendingView {
  /** Most of a day, in nano-AETH; null: no budget. */
  readonly limitNano: bigint | null;
  readonly todayNano: bigint;
}

/** Requests to the vault about it. */
export interface BudgetVaultRequests {
  /** What was signed away today, and the budget. */
  spendingBudget(): Promise<Result<SpendingView>>;
  /**
   * Sets the budget; null: none. More than before, or none, takes the vault's passphrase (else `wrong-passphrase`), and so
   * does setting a damaged one anew; less takes null.
   */
  setSpendingBudget(limitNano: bigint | null, passphrase: string | null): Promise<Result<SpendingView>>;
  /**
   * Signs a transaction's body, in its canonical bytes, with the signing key: 64 bytes. `inputsNano` is what its inputs are
   * worth. What does not come back counts against the budget, durably, before the signature leaves. Refused with
   * `space-changed` if the chosen space's key is not `signer`.
   */
  signTransaction(body: Uint8Array, inputsNano: bigint, signer?: Uint8Array): Promise<Result<Uint8Array>>;
}

/** A program's day. */
export interface ProgramBudgetView {
  /** SHA-256 of the program, hexadecimal. */
  readonly digest: string;
  /** By which it was run, or its budget was set, last. */
  readonly name: string;
  /** Units of fuel a day; null: as all programs have. */
  readonly limit: number | null;
  /** Used today, or held by runs that have not ended. */
  readonly used: number;
}

/** The budgets of programs. */
export interface ProgramBudgetsView {
  /** Units of fuel a day that each program has which has no budget of its own; null: no budget. */
  readonly each: number | null;
  readonly programs: readonly ProgramBudgetView[];
}

/** Fuel that a run holds. */
export interface FuelHold {
  readonly digest: string;
  /** What the run may use: what was asked, or what was left. */
  readonly fuel: number;
  /** Number of the day it counts for. */
  readonly day: number;
}

/** Where budgets of programs are kept: on this device, for all tabs of the profile. */
export interface ProgramBudgets {
  view(): Promise<Result<ProgramBudgetsView>>;
  /** Takes fuel before a run, durably; a run that never ends has used it. `atLeast`: less than this is no use. */
  hold(digest: string, name: string, fuel: number, atLeast: number): Promise<Result<FuelHold>>;
  /** Gives back what a run has not used. */
  settle(hold: FuelHold, fuelUsed: number): Promise<Result<null>>;
  /** Sets what each program has; null: no budget. */
  setEach(limit: number | null): Promise<Result<ProgramBudgetsView>>;
  /** Sets what one program has; null: as all. */
  setProgram(digest: string, name: string, limit: number | null): Promise<Result<ProgramBudgetsView>>;
}
