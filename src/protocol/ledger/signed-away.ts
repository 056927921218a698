/**
 * What a transaction gives away for good or for a while: all that does not come back under its signer's key.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import type { TransactionBody } from "./transaction.ts";

/**
 * In nano-AETH: what the inputs are worth less what comes back. What others are paid and the fee stand in what is signed,
 * so whatever is said of the inputs, no less than that counts.
 */
export function signedAwayNano(
  { outputs, feeNano }: Pick<TransactionBody, "outputs" | "feeNano">,
  inputsNano: bigint,
  keyHash: Uint8Array,
): bigint {
  let ownNano = 0n;
  let othersNano = feeNano;
  for (const { lock, amount } of outputs) {
    if (lock.type === "key" && equalBytes(lock.keyHash, keyHash)) ownNano += amount;
    else othersNano += amount;
  }
  const goneNano = inputsNano - ownNano;
  return goneNano > othersNano ? goneNano : othersNano;
}
