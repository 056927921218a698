/**
 * What is told of a world whose story is over; notes on the way what must not have been.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { heightOfEpoch } from "#protocol/consensus/votes.ts";
import { namespace } from "#protocol/ledger/state-key.ts";
import type { StateTree } from "#protocol/ledger/state-tree.ts";
import { readSuccession } from "#protocol/ledger/succession.ts";
import { readVoters } from "#protocol/programs/stake.ts";
import type { Evidence } from "./accountability.ts";
import type { Recovery } from "./recovery.ts";
import { byzantineVoters, type Scenario } from "./scenario.ts";
import type { Traffic } from "./traffic.ts";
import type { Violation, World, WorldNode } from "./world.ts";

/** A story that is over. */
export interface PlayedStory {
  readonly scenario: Scenario;
  readonly world: World;
  readonly traffic: Traffic;
  /** What came after the faults; null where nobody votes, or where nothing of it is promised. */
  readonly recovery: Recovery | null;
  /** What came of nodes that finalised different blocks; null if none did. */
  readonly evidence: Evidence | null;
}

/** What is told of finality. */
export interface FinalityReport {
  readonly voters: number;
  /** Of these, how many do not keep to the rules. */
  readonly byzantine: number;
  readonly finalised: Readonly<Record<string, number>>;
  readonly justified: Readonly<Record<string, number>>;
  /** Voters whose stake was slashed on the first node's chain. */
  readonly slashed: number;
  /** From a block's arrival on a node until it was final there. */
  readonly latencyMs: { readonly count: number; readonly p50: number; readonly p95: number };
  readonly recovery: Recovery | null;
  /** Heights at which two nodes hold different blocks for final. */
  readonly conflicts: number;
  readonly evidence: Evidence | null;
}

/** What came of a scenario with a seed. */
export interface Report {
  readonly scenario: string;
  readonly seed: number;
  readonly nodes: number;
  /** Equal for equal seeds, whatever machine it runs on. */
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly heights: Readonly<Record<string, number>>;
  readonly head: string;
  /** Blocks that were on somebody's chain and are not on the last one. */
  readonly forkedBlocks: number;
  readonly reorganisations: number;
  readonly deepestReorganisation: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly transactions: {
    readonly acknowledged: number;
    readonly included: number;
    readonly dropped: number;
    readonly waiting: number;
    readonly doubleSpends: number;
    /** Jobs posted, and segments of jobs proved on the last chain. */
    readonly jobs: number;
    readonly segmentsProved: number;
    /** Rotations on the last chain. */
    readonly rotations: number;
  };
  /** What became of messages. */
  readonly messages: Readonly<Record<string, number>>;
  /** Commands about memory, processes and storage deals on the last chain, by type. */
  readonly market: Readonly<Record<string, number>>;
  /** Null where nobody votes. */
  readonly finality: FinalityReport | null;
  readonly bansOfVillains: number;
  readonly violations: readonly Violation[];
}

/** The value below which a part of ascending numbers lies; 0 if there are none. */
export function percentile(ascending: readonly number[], part: number): number {
  return ascending[Math.min(ascending.length - 1, Math.floor(part * ascending.length))] ?? 0;
}

function finalityReport({ world, scenario, recovery, evidence }: PlayedStory): FinalityReport | null {
  const { voters } = world.rules.parameters.genesis;
  if (voters.length === 0) return null;
  const chains = world.nodes.map(({ name, node }) => ({ name, chain: node.running.chain }));
  const slashedOn = (state: Parameters<typeof readVoters>[0]) =>
    readVoters(state).filter(({ slashed }) => slashed === 1);
  const honest = new Set(voters.slice(0, scenario.voters).map(({ key }) => toHex(key)));
  const accused = new Set(chains.flatMap(({ chain }) => slashedOn(chain.state).map(({ key }) => toHex(key))));
  for (const key of accused) if (honest.has(key)) world.violate(`the honest voter ${key.slice(0, 8)} was slashed`);
  const latencies = world.finality.latenciesMs.toSorted((a, b) => a - b);
  const p95 = percentile(latencies, 0.95);
  if (scenario.finalWithinMs > 0 && (latencies.length === 0 || p95 > scenario.finalWithinMs))
    world.violate(`blocks were final ${p95} ms after their arrival, at 95 %`);
  const [first] = chains as [(typeof chains)[number]];
  return {
    voters: voters.length,
    byzantine: byzantineVoters(scenario),
    finalised: Object.fromEntries(chains.map(({ name, chain }) => [name, chain.finality.finalised.height])),
    justified: Object.fromEntries(
      chains.map(({ name, chain }) => [name, heightOfEpoch(chain.finality.justified.epoch)]),
    ),
    slashed: slashedOn(first.chain.state).length,
    latencyMs: { count: latencies.length, p50: percentile(latencies, 0.5), p95 },
    recovery,
    conflicts: new Set(world.finality.conflicts.map(({ height }) => height)).size,
    evidence,
  };
}

/** What is on a node's chain. */
interface OnChain {
  readonly included: ReadonlySet<string>;
  readonly segmentsProved: number;
  readonly lapsed: number;
}

/** Reads chains, each once however many nodes hold it. */
function chainReader({ oracle }: World): (node: WorldNode) => OnChain {
  const known = new Map<string, OnChain>();
  return ({ node }) => {
    const { head, index } = node.running.chain;
    const before = known.get(head.name);
    if (before !== undefined) return before;
    const included = new Set<string>();
    let segmentsProved = 0;
    let lapsed = 0;
    for (let height = 1; height <= head.height; height++) {
      const name = index.at(height)?.name ?? "";
      for (const id of oracle.transactionsOf(name)) included.add(id);
      if (oracle.provesJob(name)) segmentsProved++;
      lapsed += oracle.lapsesIn(name);
    }
    const read = { included, segmentsProved, lapsed };
    known.set(head.name, read);
    return read;
  };
}

/** What became of what users were told is taken in; nothing of it may be gone without a word. */
function fates(world: World, onChainOf: (node: WorldNode) => OnChain) {
  const counts = { acknowledged: 0, dropped: 0, waiting: 0 };
  for (const node of world.nodes) {
    const { included } = onChainOf(node);
    for (const [name, { id }] of node.acknowledged) {
      counts.acknowledged++;
      if (included.has(name)) continue;
      if (node.node.running.pool.pool.has(id)) counts.waiting++;
      else if ((node.dropped.get(name) ?? "") !== "") counts.dropped++;
      else world.violate(`${node.name} acknowledged the transaction ${name}, and it is gone without a word`);
    }
  }
  return counts;
}

function countByType(types: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const type of types.toSorted()) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

/** Successions that a state knows: each successor has a record, and each identity one more. */
function rotationsOf(state: StateTree): number {
  const firsts = new Set<string>();
  let records = 0;
  for (const [key] of state.entries(Uint8Array.of(namespace.succession))) {
    records += 1;
    const record = readSuccession(state, key.subarray(1));
    if (record?.type === "first") firsts.add(toHex(key));
  }
  return records - firsts.size;
}

function bansOf(world: World, villains: boolean): number {
  const bans = world.nodes.flatMap(({ network }) => network.bans);
  return bans.filter((id) => (id.startsWith("villain") || id.startsWith("twin")) === villains).length;
}

/** Tells of a story that is over. */
export function reportOf(story: PlayedStory, seed: number): Report {
  const { world, scenario, traffic } = story;
  const honestBans = bansOf(world, false);
  if (honestBans > 0) world.violate(`honest peers banned each other ${honestBans} times`);
  const [first] = world.nodes as [WorldNode];
  const { chain } = first.node.running;
  const onChainOf = chainReader(world);
  const { included, segmentsProved, lapsed } = onChainOf(first);
  const { doubleSpends, jobs } = traffic;
  const marketTypes = [...traffic.marketCommands].filter(([id]) => included.has(id)).map(([, type]) => type);
  const transactions = {
    ...fates(world, onChainOf),
    included: included.size,
    doubleSpends,
    jobs,
    segmentsProved,
    rotations: rotationsOf(chain.state),
  };
  const finality = finalityReport(story);
  return {
    scenario: scenario.name,
    seed,
    nodes: scenario.nodes,
    traceHash: world.traceHash(),
    virtualMs: world.elapsedMs,
    heights: Object.fromEntries(world.nodes.map(({ name, node }) => [name, node.running.chain.head.height])),
    head: chain.head.name,
    forkedBlocks: world.oracle.blocks - chain.head.height,
    reorganisations: world.reorganisations,
    deepestReorganisation: world.deepestReorganisation,
    faults: Object.fromEntries([...world.faults].sort(([a], [b]) => (a < b ? -1 : 1))),
    messages: world.web.counts,
    transactions,
    market: { ...countByType(marketTypes), lapsed },
    finality,
    bansOfVillains: bansOf(world, true),
    violations: world.violations,
  };
}
