/**
 * What is asked of a world in which two nodes hold different blocks for final: more than a third of the stake must have
 * voted on both sides, and every chain must come to show it by slashing at least that third.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import type { World, WorldNode } from "./world.ts";

/** The guilty must be slashed on every chain so long after the last fault: nodes compare what is final once a minute. */
const evidenceMs = 180_000;

/** While nobody sends anything, blocks come once a minute: somebody goes on asking for coins. */
const requestEveryMs = 3_000;

/** What came of a conflict. */
export interface Evidence {
  /** Stake that was slashed on the chain where least was, as a share of all that there was at the beginning. */
  readonly leastShare: number;
  /** From the last fault until every chain had slashed a third. */
  readonly tookMs: number;
}

/** Stake that is slashed on a node's chain, as a share of what the network began with. */
function slashedShare({ rules }: World, { node }: WorldNode): number {
  const stakes = new Map(rules.parameters.genesis.voters.map(({ key, stakeNano }) => [toHex(key), stakeNano]));
  const total = [...stakes.values()].reduce((sum, stakeNano) => sum + stakeNano, 0n);
  const slashedNano = readVoters(node.running.chain.state)
    .filter(({ slashed }) => slashed === 1)
    .reduce((sum, { key }) => sum + (stakes.get(toHex(key)) ?? 0n), 0n);
  return Number(slashedNano) / Number(total);
}

/** Waits until every node's chain has slashed a third of the stake; a violation if one has not in time. */
export async function holdAccountable(world: World, request: () => void): Promise<Evidence> {
  const { clock, nodes } = world;
  const healedMs = clock.nowMs();
  const leastShare = (): number => Math.min(...nodes.filter(({ up }) => up).map((node) => slashedShare(world, node)));
  const goOn = (): void => {
    if (clock.nowMs() - healedMs > evidenceMs) return;
    request();
    clock.schedule(requestEveryMs, goOn);
  };
  goOn();
  if (!(await clock.run(healedMs + evidenceMs, () => leastShare() >= 1 / 3))) {
    const shares = nodes.map((node) => `${node.name} ${(100 * slashedShare(world, node)).toFixed(1)} %`);
    world.violate(
      `nodes hold different blocks for final, and ${evidenceMs / 1_000} s later less than a third of the stake is slashed: ${shares.join(", ")}`,
    );
  }
  return { leastShare: leastShare(), tookMs: clock.nowMs() - healedMs };
}
