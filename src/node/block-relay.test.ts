import { describe, expect, it } from "vitest";
import { type Block, decodeBlock } from "#protocol/ledger/block.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

const delayMs = 100;
/** Far below the interval at which peers compare notes: what comes by then came by itself. */
const soonMs = 2_000;

const heightOf = ({ node }: SimulatedNode): number => node.running.chain.head.height;

/** Nodes in a row, each connected to the next; the first has made some blocks that no gossip has told of. */
async function row(nodes: number, blocks: number) {
  const simulation = new Simulation(3, { leastDelayMs: delayMs, mostDelayMs: delayMs, loss: 0, duplication: 0 });
  const placeOf = (id: string): number => Number(id.slice("node-".length));
  simulation.web.mayLink = (a, b) => Math.abs(placeOf(a) - placeOf(b)) === 1;
  for (let i = 0; i < nodes; i++) await simulation.add({ produce: i === 0 });
  const [first, ...others] = simulation.nodes as [SimulatedNode, ...SimulatedNode[]];
  simulation.web.mayGossip = () => false;
  await simulation.run(600_000, () => heightOf(first) >= blocks);
  first.node.running.production.stop();
  const { index, reader } = first.node.running.chain;
  const blockAt = async (height: number): Promise<Block> => {
    const bytes = await reader.body(index.at(height)?.hash as Uint8Array);
    const block = decodeBlock(bytes as Uint8Array);
    if (!block.ok) throw new Error(block.message);
    return block.value;
  };
  return { simulation, first, others, blockAt };
}

describe("a new block", () => {
  it("goes whole from node to node, one way through each link", async () => {
    const { simulation, first, others } = await row(4, 1);
    await simulation.run(20_000, () => others.every((node) => heightOf(node) === heightOf(first)));
    simulation.web.mayGossip = () => true;
    first.node.running.production.start();
    const height = heightOf(first) + 1;
    await simulation.run(600_000, () => heightOf(first) >= height);
    for (const node of others) {
      expect(heightOf(node)).toBeLessThan(height);
      await simulation.run(delayMs);
      expect(heightOf(node)).toBe(height);
    }
  });

  it("that is told of by its header is passed on by those alone who can serve it", async () => {
    const { simulation, first, others, blockAt } = await row(4, 1);
    simulation.web.mayGossip = () => true;
    const before = simulation.clock.nowMs();
    expect(others.map(heightOf)).toEqual([0, 0, 0]);
    first.network.inject("block", encodeGossip({ type: "header", header: (await blockAt(1)).header }));
    expect(await simulation.run(soonMs, () => others.every((node) => heightOf(node) === 1))).toBe(true);
    // Header, question and answer through each link.
    expect(simulation.clock.nowMs() - before).toBe(3 * 3 * delayMs);
  });

  it("that comes before its parent is not lost, nor is the parent", async () => {
    const { simulation, first, others, blockAt } = await row(2, 2);
    simulation.web.mayGossip = () => true;
    const [other] = others as [SimulatedNode];
    expect(heightOf(other)).toBeLessThan(2);
    first.network.inject("block", encodeGossip({ type: "block", block: await blockAt(2) }));
    expect(await simulation.run(soonMs, () => heightOf(other) === 2)).toBe(true);
  });

  it("with another body than its header names is refused, and costs who sent it", async () => {
    const { simulation, first, others, blockAt } = await row(2, 1);
    simulation.web.mayGossip = () => true;
    const [other] = others as [SimulatedNode];
    const block = await blockAt(1);
    const work = { proof: Uint8Array.of(9), sample: new Uint8Array(1) };
    first.network.inject("block", encodeGossip({ type: "block", block: { ...block, work } }));
    await simulation.run(delayMs);
    expect(other.network.bans).toEqual(["node-0"]);
    expect(heightOf(other)).toBe(0);
  });
});
