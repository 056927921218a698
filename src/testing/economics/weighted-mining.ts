/**
 * Miners whose contributions ease their search, under our difficulty rule: who finds how many blocks and is paid what, and
 * how interval and difficulty follow when weights change. Solving times are drawn from the chance that a hash is below the
 * weighted target.
 * @module
 */
import { leastWeight, weightedTarget, weightOf } from "#protocol/consensus/contribution.ts";
import type { RetargetPoint } from "#protocol/consensus/difficulty.ts";
import { targetOfWork, workOfTarget } from "#protocol/consensus/work.ts";
import { splitRevenue } from "#protocol/ledger/fee.ts";
import { main, nanoPerAeth } from "#protocol/parameters.ts";
import type { Random } from "../random.ts";
import { ourRule } from "./difficulty-step.ts";

/** One who searches. */
export interface Miner {
  /** Share of all hashes. */
  readonly power: number;
  /** In least stakes; bonded in the middle of the run. */
  readonly stakes: number;
}

/** What the chain was like once difficulty had settled after the stakes were bonded. */
export interface MiningOutcome {
  /** Mean interval as a share of the wanted one. */
  readonly interval: number;
  /** Share of the blocks, by miner: of the chain's work too, since every block counts its target. */
  readonly blocks: readonly number[];
  /** Of all that proposers could be paid, by miner. */
  readonly paid: readonly number[];
  /** Work of a target, as a multiple of what it was before. */
  readonly difficulty: number;
}

/** Hashes a millisecond; a thousand times what the easiest target takes. */
const hashesPerMs = (1_000 * Number(workOfTarget(main.initialTarget))) / main.blockIntervalMs;

/** Blocks before the stakes are bonded, and again until difficulty has settled. */
const settlingBlocks = 600;

const stakeNanoOf = ({ stakes }: Miner): bigint => BigInt(stakes) * main.finality.minimumStakeNano;

/** Of a proposer's whole part of a block, what a miner gets. */
function paidShare(miner: Miner, ownBlocks: number): number {
  const earner = { stakeNano: stakeNanoOf(miner), ownBlocks };
  const { proposerNano } = splitRevenue(nanoPerAeth, earner, main);
  return Number(proposerNano) / (Number(nanoPerAeth) * (main.revenue.proposerPercent / 100));
}

/** Blocks a millisecond that each miner finds at a target. */
function ratesAt(target: Uint8Array, miners: readonly Miner[], bonded: boolean): number[] {
  return miners.map((miner) => {
    const weight = bonded ? weightOf({ stakeNano: stakeNanoOf(miner), segments: 0 }, main) : leastWeight;
    return (miner.power * hashesPerMs) / Number(workOfTarget(weightedTarget(target, weight)));
  });
}

/** Who finds the next block. */
function finderAmong(rates: readonly number[], lot: number): number {
  let left = lot;
  for (const [miner, rate] of rates.entries()) {
    left -= rate;
    if (left < 0) return miner;
  }
  return rates.length - 1;
}

/** Plays until difficulty has settled on the stakes, and then so many blocks. */
export function mineWeighted(miners: readonly Miner[], blocks: number, random: Random): MiningOutcome {
  const first = targetOfWork(BigInt(Math.round(hashesPerMs * main.blockIntervalMs)));
  // A settled window to start from.
  const chain: RetargetPoint[] = Array.from({ length: 220 }, (_, i) => ({
    timeMs: (i + 1) * main.blockIntervalMs,
    target: first,
  }));
  const found = miners.map(() => 0);
  const paid = miners.map(() => 0);
  const recent: number[] = [];
  let nowMs = chain.length * main.blockIntervalMs;
  let measuredMs = 0;
  let difficulty = 0;
  for (let block = 0; block < 2 * settlingBlocks + blocks; block++) {
    const target = ourRule(chain.length, chain);
    const rates = ratesAt(target, miners, block >= settlingBlocks);
    const rate = rates.reduce((sum, one) => sum + one, 0);
    const tookMs = -Math.log(1 - random.fraction()) / rate;
    const finder = finderAmong(rates, random.fraction() * rate);
    nowMs += tookMs;
    chain.push({ timeMs: Math.round(nowMs), target });
    const ownBlocks = recent.filter((miner) => miner === finder).length;
    recent.push(finder);
    if (recent.length > main.recentBlocks) recent.shift();
    if (block < 2 * settlingBlocks) continue;
    measuredMs += tookMs / blocks;
    difficulty += Number(workOfTarget(target)) / Number(workOfTarget(first)) / blocks;
    found[finder] = (found[finder] ?? 0) + 1 / blocks;
    paid[finder] = (paid[finder] ?? 0) + paidShare(miners[finder] as Miner, ownBlocks) / blocks;
  }
  return { interval: measuredMs / main.blockIntervalMs, blocks: found, paid, difficulty };
}
