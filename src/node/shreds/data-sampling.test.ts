import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { encodeContents } from "#protocol/ledger/block.ts";
import { decodeShredRequest, shredAnswers } from "#protocol/messages/shreds.ts";
import { accepted } from "#protocol/result.ts";
import { type Shred, shredBody } from "#protocol/shreds/shreds.ts";
import { longBlock } from "#testing/big-blocks.ts";
import { credulousVerifier } from "#testing/emulated-proofs.ts";
import { corrupt } from "#testing/false-answers.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { headerEntry } from "../header-index.ts";
import { type NetworkHandlers, protocols } from "../ports.ts";
import { sampleBody, samplingLimits } from "./data-sampling.ts";

const ports = { segmentVerifier: credulousVerifier };
const retention = { bodies: 200, undo: 100 };
const snapshots = {
  everyBlocks: 5,
  confirmations: 3,
  offered: 1,
  partEntries: 64,
  worthBlocks: 4,
  unvouchedWorthBlocks: 4,
};
const made = longBlock(600_000);
const chain = [made.first, made.long, ...made.maker.run(made.long, 7)];
const pieces = shredBody(encodeContents(made.long.block)).shreds;

/** Lets a node give only certain shreds of the long block, and not its body. */
function withhold(node: SimulatedNode, given: (index: number) => boolean, spoil = (shred: Shred) => shred): () => void {
  let withholds = true;
  corrupt(node, (request, answer) =>
    withholds && request.type === "bodies" && request.hashes.some((hash) => equalBytes(hash, made.long.hash))
      ? { ok: false, code: "not-found", message: "Not now." }
      : answer,
  );
  const inner = node.network as unknown as { handlers: NetworkHandlers };
  const { handlers } = inner;
  inner.handlers = {
    ...handlers,
    onRequest: (peerId, protocol, bytes) => {
      const request = protocol === protocols.shred ? decodeShredRequest(bytes) : null;
      if (!withholds || !request?.ok || request.value.type !== "ask")
        return handlers.onRequest(peerId, protocol, bytes);
      const { indices } = request.value;
      const some = pieces.filter(({ index }) => indices.includes(index) && given(index)).map(spoil);
      return Promise.resolve(accepted(shredAnswers.ask.encode(some)));
    },
  };
  return () => {
    withholds = false;
  };
}

/** Nodes that have the whole chain, in which a long body lies three blocks below the state they offer. */
async function world(nodes: number): Promise<Simulation> {
  const simulation = new Simulation(11);
  for (let i = 0; i < nodes; i++) {
    const { node } = await simulation.add({ ports, snapshots });
    for (const { block } of chain) {
      const added = await node.running.chain.addBlock(block, node.networkClock.nowMs());
      if (!added.ok) throw new Error(added.message);
    }
  }
  return simulation;
}

/** A device that starts light, and what it tells its user. */
async function lateIn(simulation: Simulation): Promise<{ late: SimulatedNode; told: string[] }> {
  const late = await simulation.add({ ports, snapshots, retention });
  const told: string[] = [];
  late.node.subscribe((event) => event.type === "notice" && told.push(event.message));
  return { late, told };
}

const chainOf = ({ node }: SimulatedNode) => node.running.chain;

describe("a device that starts light", () => {
  it("takes a state over once it has seen that the long bodies below can be had", async () => {
    const simulation = await world(3);
    const { late, told } = await lateIn(simulation);
    expect(await simulation.run(60_000, () => chainOf(late).head.height === chain.length)).toBe(true);
    expect(told.join()).toContain("The state was taken over at block 5");
    expect(told.join()).not.toContain("withheld");
  });

  it("takes none over while more than half of the shreds is withheld, says so, and does once they are there", async () => {
    const simulation = await world(3);
    const releases = simulation.nodes.map((node) => withhold(node, (index) => index < pieces.length / 2 - 1));
    const { late, told } = await lateIn(simulation);
    await simulation.run(60_000);
    expect(chainOf(late).head.height).toBeLessThan(2);
    expect(told.join()).toContain("its data may be withheld");
    expect(late.network.bans).toEqual([]);
    for (const release of releases) release();
    expect(await simulation.run(60_000, () => chainOf(late).head.height === chain.length)).toBe(true);
  });
});

describe("samples", () => {
  const { header } = made.long.block;
  const entry = headerEntry(header, made.long.hash, { totalWork: 1n, beaconValue: new Uint8Array(), hasBody: false });

  async function sampled(simulation: Simulation): Promise<unknown> {
    const asker = simulation.web.join("asker");
    const offences: string[] = [];
    await asker.start({
      onGossip: () => Promise.resolve("ignore"),
      onRequest: () => Promise.resolve({ ok: false, code: "not-found", message: "Nothing." }),
      onPeerConnected: () => undefined,
      onPeerDisconnected: () => undefined,
    });
    let result: unknown = null;
    const parts = {
      network: asker,
      entropy: simulation.random,
      clock: simulation.clock,
      offend: (_: string, offence: string) => void offences.push(offence),
    };
    void sampleBody(parts, entry).then((seen) => {
      result = seen.ok ? seen.value : seen.code;
    });
    await simulation.run(120_000, () => result !== null);
    return { result, offences: [...new Set(offences)] };
  }

  it("are as many as they should be, and one peer that has everything is enough for each", async () => {
    const simulation = await world(3);
    for (const node of simulation.nodes.slice(1)) withhold(node, () => false);
    expect(await sampled(simulation)).toEqual({ result: samplingLimits.samples, offences: [] });
  });

  it("find what half of the shreds less one cannot make up for, whichever those are", async () => {
    for (const given of [(index: number) => index < pieces.length / 2 - 1, (index: number) => index % 2 === 0]) {
      const simulation = await world(2);
      for (const node of simulation.nodes) withhold(node, given);
      expect(await sampled(simulation)).toEqual({ result: "not-found", offences: [] });
    }
  });

  it("are checked against the header: other bytes count for nothing, and cost who gives them", async () => {
    const simulation = await world(1);
    for (const node of simulation.nodes)
      withhold(
        node,
        () => true,
        (shred) => ({ ...shred, bytes: shred.bytes.map((byte) => byte ^ 1) }),
      );
    expect(await sampled(simulation)).toEqual({ result: "not-found", offences: ["bad-shred"] });
  });
});
