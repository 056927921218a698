/**
 * How a long block's body spreads among real node cores on a simulated network: what its producer uploads, what the busiest of
 * the others does, and how long it takes until everybody has it.
 * @module
 */
import { encodeContents } from "#protocol/ledger/block.ts";
import { longBlock } from "./big-blocks.ts";
import { credulousVerifier } from "./emulated-proofs.ts";
import { type SimulatedNode, Simulation } from "./simulator.ts";

/** What is seen of one block. */
export interface ShredSpread {
  readonly nodes: number;
  readonly bodyBytes: number;
  /** Bytes sent, by node, in bodies; the producer's first. */
  readonly uploads: readonly number[];
  /** Virtual time until all had applied it; null if some had not in a minute. */
  readonly tookMs: number | null;
  readonly bans: number;
}

const ports = { segmentVerifier: credulousVerifier };
const settleMs = 3_000;
const longestMs = 60_000;
const headHeight = ({ node }: SimulatedNode): number => node.running.chain.head.height;

/** Lets a block with a body of that length, or a payment longer, spread among nodes that all know each other. */
export async function measureSpread(nodes: number, bytes: number, seed: number): Promise<ShredSpread> {
  const { first, long } = longBlock(bytes);
  const simulation = new Simulation(seed);
  for (let i = 0; i < nodes; i++) {
    const { node } = await simulation.add({ ports });
    const added = await node.running.chain.addBlock(first.block, node.networkClock.nowMs());
    if (!added.ok) throw new Error(added.message);
  }
  await simulation.run(settleMs);
  const sent = (): number[] => simulation.nodes.map(({ network }) => network.traffic().sentBytes);
  const before = sent();
  const { node: producer } = simulation.nodes[0] as SimulatedNode;
  const own = await producer.running.chain.addBlock(long.block, producer.networkClock.nowMs());
  if (!own.ok) throw new Error(own.message);
  const startMs = simulation.clock.nowMs();
  await producer.running.gossip.blocks.announce(long.block);
  const all = await simulation.run(longestMs, () => simulation.nodes.every((node) => headHeight(node) === long.height));
  const bodyBytes = encodeContents(long.block).length;
  return {
    nodes,
    bodyBytes,
    uploads: sent().map((after, i) => (after - (before[i] as number)) / bodyBytes),
    tookMs: all ? simulation.clock.nowMs() - startMs : null,
    bans: simulation.nodes.flatMap(({ network }) => network.bans).length,
  };
}

/** Plays it and prints what was seen; false if a block did not reach everybody, or its producer bore more than three bodies. */
export async function tellSpread(nodes: number, seed: number, json: boolean): Promise<boolean> {
  const seen = await measureSpread(nodes, 850_000, seed);
  const [producer = 0, ...others] = seen.uploads;
  const busiest = Math.max(0, ...others);
  const inBodies = (uploads: number): string => `${uploads.toFixed(2)} × the body`;
  const words = [
    `A body of ${seen.bodyBytes} bytes among ${nodes} nodes, seed ${seed}:`,
    seen.tookMs === null ? "not everybody had it after a minute" : `everybody had it after ${seen.tookMs} ms`,
    `its producer uploaded ${inBodies(producer)} (whole to each: ${nodes - 1}), the busiest other ${inBodies(busiest)}`,
  ];
  process.stdout.write(json ? `${JSON.stringify(seen)}\n` : `${words.join("\n  ")}\n`);
  return seen.tookMs !== null && seen.bans === 0 && producer < 3;
}
