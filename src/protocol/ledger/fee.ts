/**
 * Gas, fees, subsidy and how a block's revenue is split. Integer arithmetic; what rounding leaves goes to the proposer.
 * @module
 */
import type { NetworkParameters } from "../parameters.ts";
import type { Transaction } from "./transaction.ts";

/** Number of signatures a transaction carries. */
export function signatureCount(transaction: Transaction): number {
  return transaction.witnesses.reduce((sum, witness) => sum + witness.signatures.length, 0);
}

/** Gas of the command's own rule: a program that is to be proved is run by every node, votes are checked by pairings. */
function ruleGas({ command }: Pick<Transaction, "command">, { gas }: NetworkParameters): number {
  if (command.type === "proof.post") return gas.perSegment * command.segments;
  if (command.type === "stake.bond") return gas.perVoteSignature;
  return command.type === "stake.slash" ? 2 * gas.perVoteSignature : 0;
}

/** Gas of a transaction of that many encoded bytes. */
export function gasOf(transaction: Transaction, sizeBytes: number, parameters: NetworkParameters): number {
  const { perTransaction, perByte, perSignature } = parameters.gas;
  return (
    perTransaction + perByte * sizeBytes + perSignature * signatureCount(transaction) + ruleGas(transaction, parameters)
  );
}

/** Least fee for some gas, in nano-AETH. */
export function minimumFeeNano(gas: number, parameters: NetworkParameters): bigint {
  return BigInt(gas) * parameters.gasPriceNano;
}

/** The half of a fee that nobody gets; the odd unit is paid out. */
export function burntNano(feeNano: bigint): bigint {
  return feeNano / 2n;
}

/** Newly minted coins of the block at `height`, in nano-AETH: falls by a fixed share each year, down to a floor. */
export function subsidyNano(height: number, parameters: NetworkParameters): bigint {
  if (height === 0) return 0n;
  const { initialNano, floorNano, decayPercent, yearBlocks } = parameters.subsidy;
  const years = Math.floor((height - 1) / yearBlocks);
  let subsidy = initialNano;
  for (let year = 0; year < years && subsidy > floorNano; year++)
    subsidy = (subsidy * BigInt(100 - decayPercent)) / 100n;
  return subsidy > floorNano ? subsidy : floorNano;
}

/** Who gets what of subsidy and unburnt fees. What voters do not earn goes to the treasury. */
export function splitRevenue(
  revenueNano: bigint,
  parameters: NetworkParameters,
): { readonly proposerNano: bigint; readonly votersNano: bigint; readonly treasuryNano: bigint } {
  const { votersPercent, treasuryPercent } = parameters.revenue;
  const treasuryNano = (revenueNano * BigInt(treasuryPercent)) / 100n;
  const votersNano = (revenueNano * BigInt(votersPercent + treasuryPercent)) / 100n - treasuryNano;
  return { proposerNano: revenueNano - treasuryNano - votersNano, votersNano, treasuryNano };
}
