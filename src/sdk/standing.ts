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
  /** Was known here and lost out: why; or with the code {@link maybeMined}. */
  | { readonly state: "dropped"; readonly code: string; readonly message: string };

/** What a transaction spends was taken in blocks that this device has not seen: by another one, or by itself. */
export const maybeMined = "maybe-mined";

/** Says why a transaction is gone, after words that call it lost, unless it may have been mined. */
export function whyGone(lost: string, { code, message }: { readonly code: string; readonly message: string }): string {
  return code === maybeMined ? message : `${lost}${message}`;
}
