import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { checkpointText, readCheckpoint } from "#protocol/consensus/checkpoint-text.ts";
import { decodeSyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker } from "../testing/block-maker.ts";
import { feed, openChain } from "../testing/chain-fixtures.ts";
import { type SimulatedNode, Simulation } from "../testing/simulator.ts";
import type { HeaderEntry } from "./header-index.ts";

const minutes = (count: number): number => count * 60_000;
const chainOf = ({ node }: SimulatedNode) => node.running.chain;

/** A world whose first node has made six blocks. */
async function world(): Promise<{ simulation: Simulation; first: SimulatedNode }> {
  const simulation = new Simulation(31);
  const first = await simulation.add({ produce: true });
  await simulation.run(minutes(10), () => chainOf(first).head.height >= 6);
  first.node.running.production.stop();
  return { simulation, first };
}

function blockOf(node: SimulatedNode, height: number) {
  const entry = chainOf(node).index.at(height);
  if (entry === undefined) throw new Error("no such block");
  return { height, hash: entry.hash };
}

describe("a checkpoint", () => {
  it("is read as it is written, and nothing else is one", () => {
    const block = { height: 12, hash: new Uint8Array(32).fill(0xab) };
    expect(readCheckpoint(checkpointText(block))).toEqual({ ok: true, value: block });
    for (const text of ["", "12", "12:ab", `0:${"ab".repeat(32)}`, `-1:${"ab".repeat(32)}`, `1e3:${"ab".repeat(32)}`])
      expect(readCheckpoint(text)).toMatchObject({ ok: false, code: "invalid-argument" });
  });

  it("of the network's history lets a newcomer in, and is final to it at once", async () => {
    const { simulation, first } = await world();
    const newcomer = await simulation.add({ checkpoint: blockOf(first, 3) });
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
    expect(chainOf(newcomer).finality.finalised.height).toBe(3);
  });

  it("of another history keeps a newcomer off this one, however heavy, and it is told", async () => {
    const { simulation } = await world();
    const newcomer = await simulation.add({ checkpoint: { height: 3, hash: new Uint8Array(32).fill(9) } });
    await simulation.run(minutes(3));
    expect(chainOf(newcomer).head.height).toBeLessThan(3);
    expect(newcomer.node.notices.join()).toMatch(/another history/);
    // Nobody is banned for it: who is wrong is not known.
    expect(newcomer.network.peers()).toHaveLength(1);
  });

  it("counts only on a device that knows nothing final itself", async () => {
    const simulation = new Simulation(32, undefined, 1);
    const voter = await simulation.add({ produce: true });
    const other = await simulation.add();
    await simulation.run(minutes(5), () => chainOf(other).finality.finalised.height >= 3);
    voter.node.running.production.stop();
    const before = chainOf(other).finality.finalised.height;
    Object.assign(other.storage, { checkpoint: { height: 1, hash: new Uint8Array(32).fill(9) } });
    await simulation.restart(other);
    expect(chainOf(other).finality.finalised.height).toBe(before);
  });
});

describe("a block that others say is final", () => {
  it("and that is older than the headers in memory is taken only if our chain holds it: it cannot be left any more", async () => {
    const maker = new BlockMaker();
    const blocks = maker.run(maker.genesis, 8);
    const chain = await openChain(new MemoryStore());
    await feed(chain, blocks);
    // As if the first five were five of thousands.
    (chain.index as unknown as { readonly recent: HeaderEntry[] }).recent.splice(0, 5);
    expect(chain.index.firstHeight).toBe(6);
    const { finalised } = chain.finality;
    expect(await chain.believe({ height: 2, hash: new Uint8Array(32).fill(9) })).toMatchObject({ code: "pruned" });
    expect(chain.finality.finalised).toBe(finalised);
    const held = { height: 2, hash: blocks[1]?.hash as Uint8Array };
    expect(await chain.believe(held)).toEqual({ ok: true, value: null });
    expect([chain.finality.finalised, chain.head.height]).toEqual([held, 8]);
    expect(await chain.believe({ ...held, height: 7 })).toMatchObject({ code: "below-finalised" });
  });
});

describe("what a device stands on", () => {
  const standing = ({ node }: SimulatedNode) => node.running.footing.standing;

  it("is its own knowledge, else a link, else what its build has pinned; and is remembered", async () => {
    const { simulation, first } = await world();
    const [low, high] = [blockOf(first, 2), blockOf(first, 4)];
    const linked = await simulation.add({ checkpoint: low, pinned: high });
    expect(standing(linked)).toEqual({ source: "link", block: low, groups: 0 });
    const pinned = await simulation.add({ pinned: high });
    expect(standing(pinned)).toEqual({ source: "pinned", block: high, groups: 0 });
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
    expect(chainOf(pinned).finality.finalised).toEqual(high);
    // Closed before anything else became final, and opened without the link.
    Object.assign(linked.storage, { checkpoint: null, pinned: null });
    await simulation.restart(linked);
    expect(standing(linked)).toEqual({ source: "link", block: low, groups: 0 });
    expect(chainOf(linked).finality.finalised).toEqual(low);
    expect(await linked.node.requests.finality()).toMatchObject({ value: { checkpoint: { source: "link" } } });
    expect(await linked.node.requests.doctor()).toMatchObject({
      value: expect.arrayContaining([
        {
          name: "checkpoint",
          level: "good",
          detail: `block 2 (${toHex(low.hash).slice(0, 12)}), from a link or flag`,
          advice: "",
        },
      ]),
    });
  });

  /** Voters on addresses of their own, and a newcomer. */
  async function voters(seed: number, count: number) {
    const simulation = new Simulation(seed, undefined, count);
    for (let i = 0; i < count; i++) await simulation.add({ produce: i === 0 });
    const [first] = simulation.nodes as [SimulatedNode];
    await simulation.run(minutes(10), () => chainOf(first).finality.finalised.height >= 4);
    return { simulation, first };
  }

  it("is a block that three independent peers hold for final, though they are at different ones", async () => {
    const { simulation, first } = await voters(33, 3);
    // One of them has heard nothing for a while.
    const third = simulation.nodes[2] as SimulatedNode;
    simulation.web.partition(["node-0", "node-1"], ["node-2", "node-3"]);
    await simulation.run(minutes(2), () => chainOf(first).head.height > chainOf(third).finality.finalised.height + 1);
    simulation.web.partition();
    const late = await simulation.add();
    expect(await simulation.run(minutes(1), () => standing(late).source === "peers")).toBe(true);
    expect(standing(late).groups).toBe(3);
    const { block } = standing(late);
    expect(block?.hash).toEqual(chainOf(first).index.at(block?.height ?? 0)?.hash);
    await simulation.restart(late);
    expect(standing(late).block).toEqual(block);
  });

  it.each([
    ["two peers", 2, false],
    ["four peers at one address", 4, true],
  ])("is nothing while only %s agree", async (_name, count, sameAddress) => {
    const { simulation } = await voters(34, count);
    if (sameAddress) {
      for (const { network } of simulation.nodes)
        Object.assign(network, { address: `/ip4/10.1.0.${network.selfId().length}/tcp/1` });
    }
    const late = await simulation.add();
    await simulation.run(minutes(3));
    expect(chainOf(late).finality.finalised.height).toBeGreaterThan(3);
    expect(standing(late)).toEqual({ source: "none", block: null, groups: 0 });
    const told = await late.node.requests.doctor();
    expect(told.ok && told.value.find(({ name }) => name === "checkpoint")?.detail).toMatch(
      /^none: this device believes whom it met first; .* Compare `finality` with somebody you trust/,
    );
  });

  it("is agreed on though a minority names many newer blocks that nobody has", async () => {
    const { simulation, first } = await voters(37, 3);
    for (let i = 0; i < 4; i++) {
      const liar = simulation.web.join(`liar-${i}`);
      Object.assign(liar, { address: `/ip4/10.${i % 2}.0.1/tcp/1` });
      const target = { epoch: 2_001 + 2 * i, hash: new Uint8Array(32).fill(i) };
      const link = { source: { ...target, epoch: target.epoch - 1 }, target };
      const finalised = { link, signers: Uint8Array.of(1), signature: new Uint8Array(96) };
      await liar.start({
        onGossip: async () => "ignore" as const,
        onRequest: async (_peerId, _protocol, request) => {
          const asked = decodeSyncRequest(request);
          return asked.ok && asked.value.type === "finality"
            ? { ok: true, value: syncAnswers.finality.encode({ justified: null, finalised }) }
            : first.node.running.answers.answer(request);
        },
        onPeerConnected: () => undefined,
        onPeerDisconnected: () => undefined,
      });
    }
    const late = await simulation.add();
    expect(await simulation.run(minutes(3), () => standing(late).source === "peers")).toBe(true);
    expect(standing(late).groups).toBe(3);
    const { block } = standing(late);
    expect(block?.hash).toEqual(chainOf(first).index.at(block?.height ?? 0)?.hash);
  });

  it("is told where independent peers hold another history than the one it met first", async () => {
    const { simulation } = await voters(35, 3);
    // Another network in all but name: the same genesis, and votes of the same voters for other blocks.
    const other = await voters(36, 3);
    const [, ...elsewhere] = other.simulation.nodes as [SimulatedNode, ...SimulatedNode[]];
    expect(elsewhere).toHaveLength(2);
    const late = await simulation.add();
    await simulation.run(minutes(2), () => chainOf(late).finality.finalised.height > 3);
    const mark = chainOf(late).finality.finalised;
    late.node.running.footing.standing = { source: "none", block: null, groups: 0 };
    for (const { network } of simulation.nodes.slice(0, 3)) await network.stop();
    const [source] = other.simulation.nodes as [SimulatedNode];
    const liars = ["x", "y", "z"].map((name) => simulation.web.join(name));
    for (const liar of liars) {
      await liar.start({
        onGossip: async () => "ignore" as const,
        onRequest: async (_peerId, _protocol, request) => source.node.running.answers.answer(request),
        onPeerConnected: () => undefined,
        onPeerDisconnected: () => undefined,
      });
    }
    await simulation.run(minutes(3), () => late.node.notices.some((notice) => /independent/.test(notice)));
    expect(late.node.notices.join()).toMatch(
      /3 independent peers hold another block for final at height \d+ than this device/,
    );
    expect(chainOf(late).finality.finalised).toEqual(mark);
  });
});
