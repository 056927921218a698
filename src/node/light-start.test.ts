/** A device that only verifies starts from a final state: who is believed for it, and that it is of use at once. */
import { describe, expect, it } from "vitest";
import { corrupt, joinForger } from "../testing/false-answers.ts";
import { payment, testKey } from "../testing/ledger-fixtures.ts";
import { type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { VirtualDisk } from "../testing/virtual-disk.ts";

const minutes = (count: number): number => count * 60_000;
const chainOf = ({ node }: SimulatedNode) => node.running.chain;
const retention = { bodies: 200, undo: 100 };
const snapshots = {
  everyBlocks: 5,
  confirmations: 3,
  offered: 2,
  partEntries: 4,
  worthBlocks: 10,
  unvouchedWorthBlocks: 10,
};
const light = { retention, snapshots };

function blockOf(node: SimulatedNode, height: number) {
  const entry = chainOf(node).index.at(height);
  if (entry === undefined) throw new Error("no such block");
  return { height, hash: entry.hash };
}

/** Three voters that keep everything, one of which makes blocks, and a chain that is a while old. */
async function world(seed: number, voters = 3): Promise<Simulation> {
  const simulation = new Simulation(seed, undefined, voters);
  for (let i = 0; i < 3; i++) await simulation.add({ produce: i === 0, snapshots });
  const [first] = simulation.nodes as [SimulatedNode];
  await simulation.run(minutes(60), () => chainOf(first).head.height >= 33);
  await simulation.run(minutes(2), () => simulation.agree());
  return simulation;
}

/** Lets no peer give blocks up to a height away until it is told. */
function withholdHistory(simulation: Simulation, below: number): () => void {
  let withheld = true;
  const early = new Set<string>();
  const [first] = simulation.nodes as [SimulatedNode];
  for (let height = 1; height <= below; height++) early.add(String(chainOf(first).index.at(height)?.hash));
  for (const node of simulation.nodes) {
    corrupt(node, (request, answer) =>
      withheld && request.type === "bodies" && request.hashes.some((hash) => early.has(String(hash)))
        ? { ok: false, code: "not-found", message: "Not now." }
        : answer,
    );
  }
  return () => {
    withheld = false;
  };
}

describe("a light start", () => {
  it.each([
    ["a checkpoint above the state", 33, "its hash vouches for everything below"],
    ["what three independent peers agree on", null, "its hash vouches for everything below"],
    ["the voters of a checkpoint below it", 27, "have signed that it is final"],
  ])("by %s: pays before history is there, which then fills in", async (_name, checkpointHeight, words) => {
    const simulation = await world(201);
    const [first] = simulation.nodes as [SimulatedNode];
    const told: string[] = [];
    const release = withholdHistory(simulation, 30);
    const checkpoint = checkpointHeight === null ? null : blockOf(first, checkpointHeight);
    const late = await simulation.add({ ...light, checkpoint });
    late.node.subscribe((event) => event.type === "notice" && told.push(event.message));
    expect(await simulation.run(minutes(2), () => chainOf(late).head.name === chainOf(first).head.name)).toBe(true);
    expect(told.join()).toContain("The state was taken over at block 30");
    expect(told.join()).toContain(words);
    expect(chainOf(late).reader.kept.bodiesFrom).toBe(31);
    // What the state says is final is final here too, at once.
    expect(chainOf(late).finality.finalised.height).toBeGreaterThanOrEqual(30);

    const coins = await late.node.requests.coins(first.key.keyHash);
    const [oldest] = coins.ok ? coins.value.coins : [];
    if (oldest === undefined) throw new Error("the producer has no coin");
    expect(oldest.height).toBeLessThan(30);
    const network = { parameters: simulation.parameters, networkId: late.node.networkId };
    const paid = payment(first.key, oldest, oldest.amountNano, testKey(5).lock, 10_000n, 1n, network);
    expect(await late.node.requests.sendTransaction(paid.bytes)).toMatchObject({ ok: true });
    let final = false;
    late.node.subscribe((event) => {
      final ||= event.type === "finality" && event.height >= 34;
    });
    expect(await simulation.run(minutes(3), () => final)).toBe(true);
    expect(await late.node.requests.transaction(paid.id)).toMatchObject({ value: { standing: { state: "included" } } });
    const balance = await late.node.requests.coins(testKey(5).keyHash);
    expect(balance.ok && balance.value.coins.map(({ amountNano }) => amountNano)).toEqual([
      oldest.amountNano - 10_000n,
    ]);

    expect(chainOf(late).reader.kept.bodiesFrom).toBe(31);
    expect(await late.node.requests.block(7)).toMatchObject({ ok: false, code: "pruned" });
    expect(await late.node.requests.doctor()).toMatchObject({
      value: expect.arrayContaining([
        expect.objectContaining({
          name: "history",
          detail: expect.stringContaining("older ones down to 1 are on their way"),
        }),
      ]),
    });
    release();
    expect(await simulation.run(minutes(2), () => chainOf(late).reader.kept.bodiesFrom === 1)).toBe(true);
    expect(await late.node.requests.block(7)).toMatchObject({ ok: true, value: { canonical: true, final: true } });
    expect(late.network.bans).toEqual([]);
    await simulation.restart(late);
    expect([late.node.notices, chainOf(late).reader.kept.bodiesFrom]).toEqual([[], 1]);
    // It gives away what it has: history, and states of its own.
    for (const node of simulation.nodes.slice(0, 3)) if (node !== first) await node.network.stop();
    const next = await simulation.add({ snapshots });
    simulation.web.mayLink = (a, b) => [a, b].sort().join() !== `${first.name},${next.name}`;
    expect(await simulation.run(minutes(3), () => chainOf(next).head.height >= 34)).toBe(true);
    expect(chainOf(next).reader.kept).toEqual({ bodiesFrom: 1, undoFrom: 1 });
  });

  it("checks no beacon below a checkpoint, whose hash vouches for them, and all above it", async () => {
    const simulation = await world(209);
    const [first] = simulation.nodes as [SimulatedNode];
    let checked = 0;
    const beaconVerifier = {
      verifyBatch: async (checks: readonly unknown[]) => {
        checked += checks.length;
        return checks.map(() => true);
      },
    };
    const late = await simulation.add({ ...light, checkpoint: blockOf(first, 30), ports: { beaconVerifier } });
    expect(await simulation.run(minutes(2), () => chainOf(late).head.name === chainOf(first).head.name)).toBe(true);
    expect(checked).toBe(chainOf(late).head.height - 30);
    expect(chainOf(late).head.beaconValue).toEqual(chainOf(first).head.beaconValue);
  });

  it("is for devices that only verify: who makes blocks or keeps everything executes all of them", async () => {
    const simulation = await world(203);
    const [first] = simulation.nodes as [SimulatedNode];
    const archive = await simulation.add({ snapshots });
    const producer = await simulation.add({ ...light, produce: true });
    expect(await simulation.run(minutes(3), () => simulation.agree([first, archive, producer]))).toBe(true);
    expect(chainOf(archive).reader.kept.undoFrom).toBe(1);
    expect(chainOf(producer).reader.kept.undoFrom).toBe(1);
  });

  it.each([true, false])("goes on after a crash at any write, last commit on disk: %s", async (written) => {
    const simulation = await world(205);
    const [first] = simulation.nodes as [SimulatedNode];
    first.node.running.production.stop();
    let crashes = 0;
    for (let atCommit = 0; atCommit < 40; atCommit++) {
      const disk = new VirtualDisk();
      const late = await simulation.add({ ...light, disk, checkpoint: blockOf(first, 28) });
      disk.crash = { atCommit: disk.commits + atCommit, written };
      const done = () =>
        chainOf(late).head.name === chainOf(first).head.name && chainOf(late).reader.kept.bodiesFrom === 1;
      await simulation.run(minutes(1), () => disk.crashed || done());
      if (disk.crashed) {
        crashes++;
        await simulation.restart(late);
        expect(late.node.notices).toEqual([]);
        expect(await simulation.run(minutes(2), done)).toBe(true);
      }
      await late.network.stop();
      simulation.nodes.pop();
    }
    expect(crashes).toBeGreaterThan(12);
  });
});

describe("a forger with work and voters of its own", () => {
  /** A newcomer that meets nobody else. */
  async function meet(forkHeight: number, checkpoint: number | null) {
    const simulation = await world(207);
    const [first] = simulation.nodes as [SimulatedNode];
    const { stateRoot } = await joinForger(simulation, "forger", chainOf(first), forkHeight, 20);
    simulation.web.mayLink = (a, b) => ![a, b].includes("forger") === ![a, b].includes("node-3");
    const late = await simulation.add({
      ...light,
      checkpoint: checkpoint === null ? null : blockOf(first, checkpoint),
    });
    const isTaken = (): boolean => String(chainOf(late).state.root()) === String(stateRoot);
    // Not the simulation's own run: its invariants are what a forger breaks.
    await simulation.clock.run(simulation.clock.nowMs() + minutes(1), isTaken);
    return { simulation, first, late, taken: isTaken() };
  }

  it("leads a newcomer astray that knows nothing: this is what a checkpoint is for", async () => {
    expect((await meet(29, null)).taken).toBe(true);
  });

  it.each([
    ["below its fork", 27],
    ["above its fork", 33],
  ])("gets nowhere with one that has a checkpoint %s, which then finds the honest chain", async (_name, checkpoint) => {
    const { simulation, first, late, taken } = await meet(29, checkpoint);
    expect(taken).toBe(false);
    expect(chainOf(late).head.height).toBe(0);
    simulation.web.mayLink = () => true;
    for (const { network } of simulation.nodes)
      for (const { network: other } of simulation.nodes) network.refresh(other);
    expect(await simulation.run(minutes(5), () => chainOf(late).head.name === chainOf(first).head.name)).toBe(true);
    expect(late.network.bans.filter((id) => id !== "forger")).toEqual([]);
  });

  it("gets nowhere either where a block becomes final while it is heard: its branch is judged again", async () => {
    const simulation = await world(208);
    const [first] = simulation.nodes as [SimulatedNode];
    const final = blockOf(first, 33);
    let late: SimulatedNode | undefined;
    let newest = "";
    const { stateRoot } = await joinForger(simulation, "forger", chainOf(first), 20, 10, async ({ type }, peerId) => {
      if (late === undefined || peerId !== "node-3") return;
      // Right after its headers: its branch has been looked at. Before it was only asked whether it has any.
      if (type === "snapshots" && newest === "headers") await chainOf(late).believe(final);
      newest = type;
    });
    simulation.web.mayLink = (a, b) => ![a, b].includes("forger") === ![a, b].includes("node-3");
    late = await simulation.add(light);
    const isTaken = (): boolean => late !== undefined && String(chainOf(late).state.root()) === String(stateRoot);
    await simulation.clock.run(simulation.clock.nowMs() + minutes(1), isTaken);
    expect(chainOf(late).finality.finalised).toEqual(final);
    expect(isTaken()).toBe(false);
  });
});
