import { describe, expect, it } from "vitest";
import { type Block, decodeBlock, encodeBlock } from "#protocol/ledger/block.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { BlockMaker, type MadeBlock } from "#testing/block-maker.ts";
import { feed, lateMs, openChain } from "#testing/chain-fixtures.ts";
import { testKey } from "#testing/ledger-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockRelay, relayLimits } from "./block-relay.ts";
import type { Sync } from "./sync.ts";

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

/** A relay on a chain of so many blocks; what it asks of its peer is answered with `served`. */
async function relayOn(blocks: number, served: readonly MadeBlock[] = []) {
  const maker = new BlockMaker();
  const chain = await openChain(new MemoryStore());
  const made: MadeBlock[] = [maker.genesis];
  for (let i = 0; i < blocks; i++) made.push(maker.make(made[i] as MadeBlock));
  await feed(chain, made.slice(1));
  const seen = { offences: [] as string[], compared: 0 };
  const sync = {
    withPeer: () => Promise.resolve(void seen.compared++),
    ask: () => Promise.resolve(accepted(served.map(({ block }) => encodeBlock(block)))),
  } as unknown as Sync;
  const relay = new BlockRelay({
    serving: { maySend: () => true, note: () => undefined, refusal: () => null },
    clock: new VirtualClock(lateMs),
    chain,
    sync,
    network: {
      publish: () => Promise.resolve(0),
      peers: () => [],
      selfId: () => "own",
      request: () => Promise.resolve(rejected("disconnected", "The peer is not connected.")),
    },
    voting: { noteHeader: () => undefined },
    networkTimeMs: () => lateMs,
    offend: (_, offence) => void seen.offences.push(offence),
    onFailure: (error) => {
      throw error;
    },
  });
  return { maker, made, chain, relay, seen };
}

describe("what is carried is bounded", () => {
  it("by work: a branch far behind the head, where blocks cost nothing, is carried by nobody", async () => {
    const depth = Number(relayLimits.behindBlocks);
    const { maker, made, relay, seen } = await relayOn(depth + 2);
    const sideBlock = (height: number): Block => maker.make(made[height - 1] as MadeBlock, [], testKey(2)).block;
    expect(relay.receiveBlock("peer", sideBlock(1))).toBe("ignore");
    expect(await relay.receiveHeader("peer", sideBlock(1).header)).toBe("ignore");
    expect(seen).toEqual({ offences: [], compared: 2 });
    expect(relay.receiveBlock("peer", sideBlock(2))).toBe("accept");
  });

  it("by finality: a branch that is closed is carried by nobody", async () => {
    const { maker, made, chain, relay } = await relayOn(2);
    const rival = maker.make(made[1] as MadeBlock, [], testKey(2)).block;
    await chain.believe({ height: 2, hash: chain.head.hash });
    expect(relay.receiveBlock("peer", rival)).toBe("ignore");
  });

  it("by memory: while the chain is busy no more whole blocks wait than there is room for", async () => {
    const { maker, made, chain, relay, seen } = await relayOn(1);
    let go = (): void => undefined;
    const busy = new Promise<void>((resolve) => {
      go = resolve;
    });
    void chain.exclusively(() => busy);
    const rivals = Array.from({ length: relayLimits.taking + 1 }, (_, i) =>
      maker.make(made[1] as MadeBlock, [], testKey(10 + i)),
    );
    const verdicts = rivals.map(({ block }) => relay.receiveBlock("peer", block));
    expect(verdicts.lastIndexOf("accept")).toBe(relayLimits.taking - 1);
    expect(verdicts.at(-1)).toBe("ignore");
    go();
    await chain.settled();
    expect(relay.receiveBlock("peer", (rivals.at(-1) as MadeBlock).block)).toBe("accept");
    expect(seen.offences).toEqual([]);
  });
});

describe("a block that shows only when it is applied that it is wrong", () => {
  it("costs nobody who serves it, for it may lie on a side branch there; nor is it passed on", async () => {
    const maker = new BlockMaker();
    const bad = maker.make(maker.genesis, [], testKey(2), { stateRoot: new Uint8Array(32).fill(7) });
    const { chain, relay, seen } = await relayOn(0, [bad]);
    expect(await relay.receiveHeader("peer", bad.block.header)).toBe("ignore");
    expect(chain.index.get(bad.hash)?.invalid?.code).toBe("wrong-state-root");
    expect(seen.offences).toEqual([]);
  });

  it("while another body than the header names costs who serves it", async () => {
    const maker = new BlockMaker();
    const good = maker.make(maker.genesis);
    const block = { ...good.block, work: { proof: Uint8Array.of(9), sample: new Uint8Array(1) } };
    const { relay, seen } = await relayOn(0, [{ ...good, block }]);
    expect(await relay.receiveHeader("peer", block.header)).toBe("ignore");
    expect(seen.offences).toEqual(["bad-block"]);
  });
});
