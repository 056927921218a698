/**
 * What a transaction gives away for good or for a while: all that does not come back under its signer's key.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import type { Command } from "./command.ts";
import type { TransactionBody } from "./transaction.ts";

/** What a command itself takes from the inputs beside its outputs: bonded, burnt, or kept for others. */
function takenNano(command: Command): bigint {
  switch (command.type) {
    case "stake.bond":
      return command.stakeNano;
    case "memory.offer":
      return command.burnNano;
    case "proof.post":
      return command.segmentFeeNano * BigInt(command.segments);
    default:
      return 0n;
  }
}

/**
 * In nano-AETH: what the inputs are worth less what comes back. What others are paid, what the command takes and the fee
 * stand in what is signed, so whatever is said of the inputs, no less than that counts.
 */
export function signedAwayNano(
  { outputs, command, feeNano }: Pick<TransactionBody, "outputs" | "command" | "feeNano">,
  inputsNano: bigint,
  keyHash: Uint8Array,
): bigint {
  let ownNano = 0n;
  let othersNano = feeNano + takenNano(command);
  for (const { lock, amount } of outputs) {
    if (lock.type === "key" && equalBytes(lock.keyHash, keyHash)) ownNano += amount;
    else othersNano += amount;
  }
  const goneNano = inputsNano - ownNano;
  return goneNano > othersNano ? goneNano : othersNano;
}
