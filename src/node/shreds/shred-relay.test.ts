import { describe, expect, it } from "vitest";
import { headerHash } from "#protocol/consensus/header.ts";
import { mayHaveWork } from "#protocol/consensus/validate-header.ts";
import { encodeContents } from "#protocol/ledger/block.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { decodeShredRequest, encodeShredRequest, type ShredRequest, shredAnswers } from "#protocol/messages/shreds.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { type Shred, shredBody, shredsOver } from "#protocol/shreds/shreds.ts";
import { longBlock } from "#testing/big-blocks.ts";
import type { MadeBlock } from "#testing/block-maker.ts";
import { credulousVerifier } from "#testing/emulated-proofs.ts";
import { measureSpread } from "#testing/shred-spread.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import type { VirtualNetwork } from "#testing/virtual-network.ts";
import { protocols } from "../ports.ts";
import { shredRelayLimits } from "./shred-relay.ts";

const made = longBlock(850_000);
const body = encodeContents(made.long.block);
const pieces = shredBody(body).shreds;
const needed = pieces.length / 2;
const bounds = { timeoutMs: 10_000, maximumResponseBytes: 1_000 };

/** Blocks made here carry no proofs. */
const ports = { segmentVerifier: credulousVerifier };

const heightOf = ({ node }: SimulatedNode): number => node.running.chain.head.height;
const sentBytes = ({ network }: SimulatedNode): number => network.traffic().sentBytes;

/** Nodes that know the block before the long one. */
async function world(
  nodes: number,
  seed = 1,
  linked: (a: number, b: number) => boolean = () => true,
): Promise<Simulation> {
  const simulation = new Simulation(seed);
  const placeOf = (id: string): number => Number(id.slice("node-".length));
  simulation.web.mayLink = (a, b) => linked(placeOf(a), placeOf(b));
  for (let i = 0; i < nodes; i++) {
    const { node } = await simulation.add({ ports });
    const added = await node.running.chain.addBlock(made.first.block, node.networkClock.nowMs());
    if (!added.ok) throw new Error(added.message);
  }
  // They have met and compared notes.
  await simulation.run(3_000);
  expect(simulation.nodes.map(heightOf)).toEqual(simulation.nodes.map(() => 1));
  return simulation;
}

/** The first node gets the long block and tells of it as its producer does. */
async function produce({ nodes }: Simulation): Promise<void> {
  const [{ node }] = nodes as [SimulatedNode];
  expect((await node.running.chain.addBlock(made.long.block, node.networkClock.nowMs())).ok).toBe(true);
  await node.running.gossip.blocks.announce(made.long.block);
}

/** A member without a node that has work behind what it says: it hands out what it is told to. */
async function producer(
  simulation: Simulation,
  { block }: MadeBlock,
  answer: (request: ShredRequest) => readonly Shred[] = () => [],
  name = "villain",
): Promise<{ network: VirtualNetwork; push(to: SimulatedNode, shred: Shred, place?: number): Promise<unknown> }> {
  const network = simulation.web.join(name);
  await network.start({
    onGossip: () => Promise.resolve("ignore"),
    onRequest: (_peer, protocol, bytes) => {
      const request = protocol === protocols.shred ? decodeShredRequest(bytes) : null;
      if (!request?.ok) return Promise.resolve(rejected("not-found", "Nothing."));
      return Promise.resolve(request.value.type === "push" ? accepted(Uint8Array.of(0xa0)) : given(request.value));
    },
    onPeerConnected: () => undefined,
    onPeerDisconnected: () => undefined,
  });
  const given = (request: ShredRequest) => accepted(shredAnswers.ask.encode(answer(request)));
  const push = (to: SimulatedNode, shred: Shred, place = 0): Promise<unknown> =>
    network.request(
      to.name,
      protocols.shred,
      encodeShredRequest({ type: "push", header: block.header, shred, place }),
      bounds,
    );
  return { network, push };
}

describe("a long body", () => {
  it("reaches everybody while its producer uploads it twice, and nobody bears the tree alone", async () => {
    const { uploads, tookMs, bans } = await measureSpread(16, 850_000, 1);
    expect(tookMs).toBeLessThan(2_000);
    expect(uploads[0]).toBeLessThan(2.2);
    expect(Math.max(...uploads)).toBeLessThan(3);
    expect(bans).toBe(0);
  });

  it("reaches everybody where nodes know different others", async () => {
    const simulation = await world(10, 2, (a, b) => [1, 2, 8, 9].includes(Math.abs(a - b)));
    const [first] = simulation.nodes as [SimulatedNode];
    const before = sentBytes(first);
    await produce(simulation);
    expect(await simulation.run(3_000, () => simulation.nodes.every((node) => heightOf(node) === 2))).toBe(true);
    expect((sentBytes(first) - before) / body.length).toBeLessThan(3);
  });

  it("whose shreds were quicker than its header is told of all the same", async () => {
    const simulation = await world(5, 1, (a, b) => Math.max(a, b) < 4 || Math.min(a, b) === 3);
    const [first, ...others] = simulation.nodes as [SimulatedNode, ...SimulatedNode[]];
    const remote = others.pop() as SimulatedNode;
    simulation.web.mayGossip = () => false;
    await produce(simulation);
    expect(await simulation.run(1_000, () => others.every((node) => heightOf(node) === 2))).toBe(true);
    expect(heightOf(remote)).toBe(1);
    simulation.web.mayGossip = () => true;
    first.network.inject("block", encodeGossip({ type: "header", header: made.long.block.header }));
    expect(await simulation.run(1_500, () => heightOf(remote) === 2)).toBe(true);
  });

  it("goes on to others from who has had enough of it", async () => {
    const simulation = await world(2);
    const [quick, other] = simulation.nodes as [SimulatedNode, SimulatedNode];
    const { push } = await producer(simulation, made.long);
    const leaf = 1_000;
    for (const shred of pieces.slice(0, needed)) {
      void push(quick, shred, leaf);
      await simulation.run(150);
    }
    expect([quick, other].map(heightOf)).toEqual([2, 1]);
    const before = other.network.traffic().receivedBytes;
    for (const shred of pieces.slice(needed)) {
      void push(quick, shred);
      await simulation.run(150);
    }
    // Two of three places are right below the first: two thirds of these shreds, give or take.
    expect((other.network.traffic().receivedBytes - before) / body.length).toBeGreaterThan(0.4);
  });

  it("is fetched as a whole where there are so few that shreds would cost more", async () => {
    const simulation = await world(shredRelayLimits.leastPeers);
    await produce(simulation);
    expect(await simulation.run(4_000, () => simulation.nodes.every((node) => heightOf(node) === 2))).toBe(true);
  });

  it("reaches everybody though 49 % of its shreds never appear", async () => {
    const simulation = await world(12);
    const withheld = new Set(pieces.filter(({ index }) => index % 2 === 1).map(({ index }) => index));
    withheld.delete(1);
    expect(withheld.size / pieces.length).toBeGreaterThan(0.47);
    const shown = pieces.filter(({ index }) => !withheld.has(index));
    const { network, push } = await producer(simulation, made.long, (request) =>
      request.type === "ask" ? shown.filter(({ index }) => request.indices.includes(index)) : [],
    );
    for (const [i, shred] of shown.entries()) void push(simulation.nodes[i % 12] as SimulatedNode, shred);
    network.inject("block", encodeGossip({ type: "header", header: made.long.block.header }));
    expect(await simulation.run(20_000, () => simulation.nodes.every((node) => heightOf(node) === 2))).toBe(true);
  });

  it("is taken by nobody while one shred too few is to be had, and by all once it is there", async () => {
    const simulation = await world(8);
    const shown = pieces.slice(0, needed - 1);
    const { network, push } = await producer(simulation, made.long, (request) =>
      request.type === "ask" ? shown.filter(({ index }) => request.indices.includes(index)) : [],
    );
    for (const shred of shown) {
      for (const node of simulation.nodes) void push(node, shred);
      await simulation.run(200);
    }
    network.inject("block", encodeGossip({ type: "header", header: made.long.block.header }));
    await simulation.run(60_000);
    expect(simulation.nodes.map(heightOf)).toEqual(simulation.nodes.map(() => 1));
    expect(simulation.nodes.flatMap((node) => node.network.bans)).toEqual([]);
    for (const node of simulation.nodes) void push(node, pieces[needed] as Shred);
    expect(await simulation.run(5_000, () => simulation.nodes.every((node) => heightOf(node) === 2))).toBe(true);
  });
});

describe("a shred that is no good", () => {
  it("costs who sends it, goes no further, and does not keep the good ones out", async () => {
    const simulation = await world(4);
    const { push } = await producer(simulation, made.long);
    const [victim, ...others] = simulation.nodes as [SimulatedNode, ...SimulatedNode[]];
    const bad = pieces.map((shred) => ({ ...shred, bytes: shred.bytes.map((byte) => byte ^ 1) }));
    for (const shred of bad.slice(0, 3)) {
      expect(victim.network.bans).toEqual([]);
      void push(victim, shred);
      await simulation.run(200);
    }
    expect(victim.network.bans).toEqual(["villain"]);
    expect(others.flatMap(({ network }) => network.bans)).toEqual([]);
    await produce(simulation);
    expect(await simulation.run(10_000, () => simulation.nodes.every((node) => heightOf(node) === 2))).toBe(true);
  });

  it("is not even looked at without work behind its header", async () => {
    const simulation = await world(2);
    const { header } = made.long.block;
    let { nonce } = header;
    do nonce++;
    while (mayHaveWork(headerHash({ ...header, nonce }), header.target));
    const light = { ...made.long, block: { ...made.long.block, header: { ...header, nonce } } };
    const { push } = await producer(simulation, light);
    const [victim] = simulation.nodes as [SimulatedNode];
    void push(victim, pieces[0] as Shred);
    await simulation.run(200);
    expect(victim.network.bans).toEqual(["villain"]);
  });

  it("under a header whose shreds are no code shows the block to be invalid, and costs nobody who passed it on", async () => {
    const spoilt = pieces.map(({ bytes, index }) => (index === 40 ? bytes.map((byte) => byte ^ 1) : bytes));
    const wrong = shredsOver(body.length, spoilt);
    const block = remade(wrong.root);
    const simulation = await world(6);
    const { network, push } = await producer(simulation, block, (request) =>
      request.type === "ask" ? wrong.shreds.filter(({ index }) => request.indices.includes(index)) : [],
    );
    for (const shred of wrong.shreds) void push(simulation.nodes[shred.index % 6] as SimulatedNode, shred);
    network.inject("block", encodeGossip({ type: "header", header: block.block.header }));
    await simulation.run(10_000);
    for (const { node } of simulation.nodes)
      expect(node.running.chain.index.get(block.hash)?.invalid?.code).toBe("badly-shredded");
    expect(simulation.nodes.flatMap((node) => node.network.bans)).toEqual([]);
    expect(simulation.nodes.map(heightOf)).toEqual(simulation.nodes.map(() => 1));
  });
});

/** The long block with another root of shreds, and the work for it. */
function remade(shreds: Uint8Array): MadeBlock {
  const prepared = made.long.block.transactions.map((transaction) => prepareTransaction(transaction));
  return made.maker.make(made.first, prepared, undefined, { shreds });
}

describe("what is kept of blocks in the making", () => {
  it("is a few blocks, the newest, and is told to who asks", async () => {
    const simulation = await world(1);
    const [node] = simulation.nodes as [SimulatedNode];
    const spoilt = Array.from({ length: shredRelayLimits.making + 1 }, (_, i) =>
      shredsOver(
        body.length,
        pieces.map(({ bytes, index }) => (index === i ? bytes.map((byte) => byte ^ 1) : bytes)),
      ),
    );
    const blocks = spoilt.map(({ root }) => remade(root));
    const askers: VirtualNetwork[] = [];
    for (const [i, block] of blocks.entries()) {
      const { network, push } = await producer(simulation, block, () => [], `villain-${i}`);
      void push(node, spoilt[i]?.shreds[9] as Shred);
      askers.push(network);
      await simulation.run(300);
    }
    const kept = blocks.map(({ hash }) => {
      const request = encodeShredRequest({ type: "ask", block: hash, indices: [8, 9] });
      return askers[0]?.request(node.name, protocols.shred, request, { ...bounds, maximumResponseBytes: 100_000 });
    });
    await simulation.run(1_000);
    const answers = await Promise.all(kept);
    const counts = answers.map((answer) => {
      const shreds = answer?.ok ? shredAnswers.ask.decode(answer.value) : null;
      return shreds?.ok ? shreds.value.map(({ index }) => index) : null;
    });
    expect(counts).toEqual([null, [9], [9], [9], [9]]);
  });
});
