/**
 * Where a transaction stands: what every answer about one says.
 * @module
 */

/** Where a transaction is. */
export type TransactionStanding =
  | { readonly state: "pending"; readonly sinceMs: number }
  | {
      readonly state: "included";
      readonly blockHash: Uint8Array;
      readonly height: number;
      readonly index: number;
      readonly confirmations: number;
      /** Whether its block can never be undone. */
      readonly final: boolean;
    }
  /** Was known here and lost out: why. */
  | { readonly state: "dropped"; readonly code: string; readonly message: string };
