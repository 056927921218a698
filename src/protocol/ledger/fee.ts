/**
 * Gas, fees, subsidy and how a block's revenue is split. Integer arithmetic; what rounding leaves goes to the proposer's part,
 * and to the treasury where the proposer does not get all of that.
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
  if (command.type === "did.rotate") return 2 * gas.perSignature;
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

/** What a proposer's part of a block depends on. */
export interface Earner {
  /** Its stake that votes, in nano-AETH; 0 if it has bonded nothing. */
  readonly stakeNano: bigint;
  /** How many of the recent blocks are its own. */
  readonly ownBlocks: number;
}

/** Of a proposer's part, what this one gets. */
function earnedNano(partNano: bigint, { stakeNano, ownBlocks }: Earner, parameters: NetworkParameters): bigint {
  const { unbondedPercent, fullSharePercent } = parameters.revenue;
  const unbondedNano = (partNano * BigInt(unbondedPercent)) / 100n;
  if (stakeNano === 0n) return unbondedNano;
  const fullBlocks = Math.floor((parameters.recentBlocks * fullSharePercent) / 100);
  if (ownBlocks <= fullBlocks) return partNano;
  return unbondedNano + ((partNano - unbondedNano) * BigInt(fullBlocks)) / BigInt(ownBlocks);
}

/** Who gets what of subsidy and unburnt fees. What proposer and voters do not earn goes to the treasury. */
export function splitRevenue(
  revenueNano: bigint,
  proposer: Earner,
  parameters: NetworkParameters,
): { readonly proposerNano: bigint; readonly votersNano: bigint; readonly treasuryNano: bigint } {
  const { votersPercent, treasuryPercent } = parameters.revenue;
  const treasuryNano = (revenueNano * BigInt(treasuryPercent)) / 100n;
  const votersNano = (revenueNano * BigInt(votersPercent + treasuryPercent)) / 100n - treasuryNano;
  const proposerNano = earnedNano(revenueNano - treasuryNano - votersNano, proposer, parameters);
  return { proposerNano, votersNano, treasuryNano: revenueNano - proposerNano - votersNano };
}
