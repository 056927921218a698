/**
 * What is asked of a world in which people vote once its faults have ended: finality soon, and one head; and what is told
 * of its finality in the end.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Scenario } from "./scenario.ts";
import type { World, WorldNode } from "./world.ts";

/** Something new must be final everywhere after so long. */
const recoveryMs = 30_000;

/** All nodes must have one head after so many blocks, and the time a block may take to reach the last. */
const agreementBlocks = 3;
const agreementMs = 120_000;
const spreadMs = 15_000;

/** While nobody sends anything, blocks come once a minute: somebody goes on asking for coins. */
const requestEveryMs = 3_000;

/** What is told of finality. */
export interface FinalityReport {
  readonly voters: number;
  readonly finalised: Readonly<Record<string, number>>;
  readonly justified: Readonly<Record<string, number>>;
  /** Voters whose stake was slashed on the first node's chain. */
  readonly slashed: number;
  /** From a block's arrival on a node until it was final there. */
  readonly latencyMs: { readonly count: number; readonly p50: number; readonly p95: number };
  readonly recoveryMs: number | null;
  readonly conflicts: number;
}

/** Waits until something new is final on every node, and then for one head; gives how long finality took. */
export async function recover(world: World, request: () => void): Promise<number | null> {
  const { clock, nodes, finality } = world;
  if (world.rules.parameters.genesis.voters.length === 0) return null;
  const healedMs = clock.nowMs();
  const goOn = (): void => {
    if (clock.nowMs() - healedMs > agreementMs) return;
    request();
    clock.schedule(requestEveryMs, goOn);
  };
  goOn();
  const heightOf = ({ up, node }: WorldNode): number => (up ? node.running.chain.head.height : 0);
  const finalBefore = Math.max(...nodes.map(({ name }) => finality.heightOf(name)));
  const heightBefore = Math.max(...nodes.map(heightOf));
  const isFinal = (): boolean => nodes.every(({ name }) => finality.heightOf(name) > finalBefore);
  if (!(await clock.run(healedMs + recoveryMs, isFinal))) {
    const heights = nodes.map((node) => `${node.name} ${finality.heightOf(node.name)}/${heightOf(node)}`);
    world.violate(
      `nothing new is final everywhere ${recoveryMs / 1_000} s after the last fault: ${heights.join(", ")}`,
    );
    await clock.run(healedMs + agreementMs, isFinal);
  }
  const tookMs = clock.nowMs() - healedMs;
  const agreed = heightBefore + agreementBlocks;
  await clock.run(healedMs + agreementMs, () => nodes.some((node) => heightOf(node) >= agreed));
  const blockAt = ({ node }: WorldNode): string | undefined => node.running.chain.index.at(agreed)?.name;
  const isOne = (): boolean => {
    const names = new Set(nodes.map(blockAt));
    return names.size === 1 && !names.has(undefined);
  };
  if (!(await clock.run(clock.nowMs() + spreadMs, isOne)))
    world.violate(`no one head ${agreementBlocks} blocks after the last fault`);
  return tookMs;
}

function percentile(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(part * ascending.length))] ?? 0;
}

/** What came of finality; notes what must not have. */
export function finalityReport(world: World, scenario: Scenario, recovery: number | null): FinalityReport | null {
  const { voters } = world.rules.parameters.genesis;
  if (voters.length === 0) return null;
  const chains = world.nodes.map(({ name, node }) => ({ name, chain: node.running.chain }));
  const slashed = readVoters((chains[0] as (typeof chains)[number]).chain.state).filter((voter) => voter.slashed === 1);
  const honest = new Set(voters.slice(0, scenario.voters).map(({ key }) => toHex(key)));
  for (const { key } of slashed)
    if (honest.has(toHex(key))) world.violate(`the honest voter ${toHex(key).slice(0, 8)} was slashed`);
  const latencies = world.finality.latenciesMs.toSorted((a, b) => a - b);
  return {
    voters: voters.length,
    finalised: Object.fromEntries(chains.map(({ name, chain }) => [name, chain.finality.finalised.height])),
    justified: Object.fromEntries(
      chains.map(({ name, chain }) => [name, heightOfEpoch(chain.finality.justified.epoch)]),
    ),
    slashed: slashed.length,
    latencyMs: { count: latencies.length, p50: percentile(latencies, 0.5), p95: percentile(latencies, 0.95) },
    recoveryMs: recovery,
    conflicts: world.finality.conflicts.length,
  };
}
