import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { encodeSyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import type { Result } from "#protocol/result.ts";
import { corrupt } from "../testing/false-answers.ts";
import { requestOf, testKey } from "../testing/ledger-fixtures.ts";
import { goodLinks, type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { VirtualDisk } from "../testing/virtual-disk.ts";
import { progressKey, sideKey } from "./chain-records.ts";

const minutes = (count: number): number => count * 60_000;
const headOf = ({ node }: SimulatedNode) => node.running.chain.head;
const retention = { bodies: 12, undo: 12 };
const snapshots = {
  everyBlocks: 5,
  confirmations: 3,
  offered: 2,
  partEntries: 4,
  worthBlocks: 10,
  unvouchedWorthBlocks: 10,
};

/** A network whose nodes have all forgotten their early bodies. */
async function prunedWorld(seed: number, count: number, links = goodLinks): Promise<Simulation> {
  const simulation = new Simulation(seed, links);
  for (let i = 0; i < count; i++) await simulation.add({ produce: i === 0, retention, snapshots });
  const [a] = simulation.nodes as [SimulatedNode];
  for (let i = 0; i < 8; i++) await a.node.requests.sendTransaction(requestOf(testKey(i), BigInt(i)).bytes);
  await simulation.run(minutes(45), () => headOf(a).height >= 40);
  expect(a.node.running.chain.reader.kept.bodiesFrom).toBeGreaterThan(20);
  await simulation.run(minutes(2), () => simulation.agree());
  return simulation;
}

/** A part with one value changed. */
function spoiled(answer: Result<Uint8Array>): Result<Uint8Array> {
  const part = answer.ok ? syncAnswers["snapshot-part"].decode(answer.value) : answer;
  if (!part.ok) return part;
  const [first, ...rest] = part.value;
  const entries = first === undefined ? rest : [{ key: first.key, value: Uint8Array.of(66) }, ...rest];
  return { ok: true, value: syncAnswers["snapshot-part"].encode(entries) };
}

describe("a pruned node", () => {
  it("says what is gone, in the shell's answers and on the wire", async () => {
    const simulation = await prunedWorld(101, 2);
    const [a] = simulation.nodes as [SimulatedNode];
    const { reader } = a.node.running.chain;
    const { bodiesFrom } = reader.kept;
    const gone = await a.node.requests.block(bodiesFrom - 1);
    expect(gone).toMatchObject({ ok: false, code: "pruned", context: { bodiesFrom } });
    expect(gone.ok ? "" : gone.message).toContain(`Block ${bodiesFrom - 1} is known by its header only`);
    expect(await a.node.requests.block(bodiesFrom)).toMatchObject({ ok: true });
    expect(await a.node.requests.blocks({ before: 10, limit: 5 })).toMatchObject({ ok: false, code: "pruned" });
    const listed = await a.node.requests.blocks({ limit: 50 });
    expect(listed.ok && listed.value.length).toBe(headOf(a).height - bodiesFrom + 1);
    const hash = (await reader.at(3))?.hash ?? new Uint8Array();
    const asked = encodeSyncRequest({ type: "bodies", hashes: [hash] });
    expect(await a.node.running.answers.answer(asked)).toMatchObject({ ok: false, code: "pruned" });
  });
});

describe("snapshot synchronisation", () => {
  it("brings a newcomer in whose peers have all forgotten the early bodies", async () => {
    const simulation = await prunedWorld(111, 2);
    const [a] = simulation.nodes as [SimulatedNode];
    const late = await simulation.add({ retention, snapshots });
    expect(await simulation.run(minutes(3), () => headOf(late).name === headOf(a).name)).toBe(true);
    expect(late.node.running.chain.reader.kept.bodiesFrom).toBeGreaterThan(20);
    expect(await late.disk.get("meta", sideKey)).toEqual(Uint8Array.of(1));
    expect(await late.disk.get("meta", progressKey)).toBeUndefined();
    // What it took over it can give away: headers from genesis, and the next snapshot.
    const height = headOf(a).height;
    await simulation.run(minutes(20), () => headOf(late).height >= height + 12 && simulation.agree());
    await a.network.stop();
    const later = await simulation.add({ retention, snapshots });
    expect(await simulation.run(minutes(4), () => headOf(later).name === headOf(late).name)).toBe(true);
    expect(later.node.running.chain.state.root()).toEqual(a.node.running.chain.state.root());
    await simulation.restart(late);
    expect([late.node.notices, headOf(late).height]).toEqual([[], headOf(later).height]);
  });

  it("is for who forgets blocks: who keeps all of them waits for a peer that has them, whoever answers first", async () => {
    const simulation = new Simulation(121);
    const archive = await simulation.add({ produce: true, snapshots });
    const pruned = await simulation.add({ retention, snapshots });
    await simulation.run(minutes(45), () => headOf(archive).height >= 40);
    await simulation.run(minutes(1), () => simulation.agree());
    const { hash, height } = headOf(pruned);
    simulation.web.partition(["node-0"], ["node-1", "node-2"]);
    const late = await simulation.add({ snapshots });
    expect(await simulation.run(minutes(2), () => late.node.notices.length > 0)).toBe(true);
    expect(late.node.notices.join()).toContain("No peer has block 1 any more");
    expect([headOf(late).height, late.node.notices.length]).toEqual([0, 1]);
    simulation.web.partition();
    expect(await simulation.run(minutes(2), () => headOf(late).name === headOf(archive).name)).toBe(true);
    expect(late.node.running.chain.reader.kept).toEqual({ bodiesFrom: 1, undoFrom: 1 });
    // Whoever runs it may name a block to go on from.
    simulation.web.partition(["node-0", "node-2"], ["node-1", "node-3"]);
    const told = await simulation.add({ snapshots, checkpoint: { hash, height } });
    expect(await simulation.run(minutes(2), () => headOf(told).name === headOf(pruned).name)).toBe(true);
    expect([told.node.running.chain.reader.kept.undoFrom > 20, told.node.notices]).toEqual([true, []]);
  });

  it.each([true, false])("goes on after a crash at any write, last commit on disk: %s", async (written) => {
    const simulation = await prunedWorld(131, 2);
    const [a] = simulation.nodes as [SimulatedNode];
    a.node.running.production.stop();
    let crashes = 0;
    for (let atCommit = 0; atCommit < 24; atCommit++) {
      const disk = new VirtualDisk();
      const late = await simulation.add({ retention, snapshots, disk });
      disk.crash = { atCommit: disk.commits + atCommit, written };
      await simulation.run(minutes(1), () => disk.crashed || headOf(late).name === headOf(a).name);
      if (!disk.crashed) continue;
      crashes++;
      await simulation.restart(late);
      expect(late.node.notices).toEqual([]);
      expect(await simulation.run(minutes(2), () => headOf(late).name === headOf(a).name)).toBe(true);
      await late.network.stop();
      late.node.running.production.stop();
      simulation.nodes.pop();
    }
    expect(crashes).toBeGreaterThan(16);
  });

  it("scores a peer that sends wrong leaves or a wrong plan and gets them from another", async () => {
    for (const wrong of ["snapshot-part", "snapshot-plan"] as const) {
      const simulation = await prunedWorld(141, 3);
      const [a, b, villain] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode];
      let lies = 0;
      corrupt(villain, (request, answer) => {
        if (request.type !== wrong) return answer;
        lies++;
        if (wrong === "snapshot-part") return spoiled(answer);
        return { ok: true, value: syncAnswers["snapshot-plan"].encode([new Uint8Array(32).fill(7)]) };
      });
      // The newcomer meets the villain first.
      simulation.web.partition(["node-0", "node-1"], ["node-2", "node-3"]);
      const late = await simulation.add({ retention, snapshots });
      await simulation.run(minutes(1), () => lies > 0 && late.network.bans.length > 0);
      expect(late.network.bans).toContain("node-2");
      expect(headOf(late).height).toBe(0);
      simulation.web.partition();
      expect(await simulation.run(minutes(3), () => headOf(late).name === headOf(a).name)).toBe(true);
      expect(late.network.bans.filter((id) => id !== "node-2")).toEqual([]);
      expect(equalBytes(late.node.running.chain.state.root(), b.node.running.chain.state.root())).toBe(true);
    }
  });

  it("is not held up by a peer that claims to have everything and does not", async () => {
    const simulation = await prunedWorld(151, 3);
    const [a, , boaster] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode];
    corrupt(boaster, (request, answer) => {
      const status = request.type === "status" && answer.ok ? syncAnswers.status.decode(answer.value) : null;
      if (status === null || !status.ok) return answer;
      const told = { ...status.value, status: { ...status.value.status, bodiesFrom: 1 } };
      return { ok: true, value: syncAnswers.status.encode(told) };
    });
    const late = await simulation.add({ retention, snapshots });
    expect(await simulation.run(minutes(3), () => headOf(late).name === headOf(a).name)).toBe(true);
  });

  it("follows a heavier chain that forks below what it can undo, by that chain's snapshot", async () => {
    const simulation = new Simulation(161);
    await simulation.add({ produce: true, retention, snapshots });
    await simulation.add({ retention, snapshots });
    const [a, b] = simulation.nodes as [SimulatedNode, SimulatedNode];
    await simulation.run(minutes(6), () => headOf(a).height >= 5 && simulation.agree());
    simulation.web.partition(["node-0"], ["node-1"]);
    b.node.running.production.start();
    await simulation.run(minutes(60), () => headOf(b).height >= 30);
    b.node.running.production.stop();
    await simulation.run(minutes(30), () => headOf(a).height >= headOf(b).height + 10);
    a.node.running.production.stop();
    simulation.web.partition();
    expect(await simulation.run(minutes(3), () => simulation.agree())).toBe(true);
    expect(b.node.running.chain.state.root()).toEqual(a.node.running.chain.state.root());
    a.node.running.production.start();
    const height = headOf(a).height;
    await simulation.run(minutes(20), () => headOf(b).height >= height + 5 && simulation.agree());
    await simulation.restart(b);
    expect(b.node.notices).toEqual([]);
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
  });
});
