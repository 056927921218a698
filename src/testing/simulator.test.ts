import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { payment, type TestKey } from "./ledger-fixtures.ts";
import { playDeepReorganisation } from "./simulation/deep-reorganisation.ts";
import { goodLinks, type SimulatedNode, Simulation } from "./simulator.ts";

const minutes = (count: number): number => count * 60_000;
const headOf = ({ node }: SimulatedNode) => node.running.chain.head;

/** Spends the first coin of a node's key. */
function spend(from: SimulatedNode, to: TestKey, nonce: bigint, feeNano = 10_000n): PreparedTransaction {
  const [coin] = from.node.running.chain.coins.coinsOf(from.key.keyHash);
  if (coin === undefined) throw new Error("no coin to spend");
  return payment(from.key, coin.outPoint, coin.output.amount, to.lock, feeNano, nonce);
}

async function world(seed: number, count: number, links = goodLinks): Promise<Simulation> {
  const simulation = new Simulation(seed, links);
  for (let i = 0; i < count; i++) await simulation.add({ produce: i === 0 });
  return simulation;
}

describe("simulator", () => {
  it.each([1, 2, 3])("seven nodes agree over lossy, slow, repeating links (seed %d)", async (seed) => {
    const simulation = await world(seed, 7, { leastDelayMs: 20, mostDelayMs: 900, loss: 0.2, duplication: 0.2 });
    const [producer, other] = simulation.nodes as [SimulatedNode, SimulatedNode];
    other.node.running.production.start();
    const coins = () => producer.node.running.chain.coins.coinsOf(producer.key.keyHash);
    for (let i = 0; i < 4; i++) {
      // Blocks are found by either of two: with few of them all may be the other's.
      await simulation.run(minutes(20), () => coins().length > 0);
      await producer.node.requests.sendTransaction(spend(producer, other.key, BigInt(i)).bytes);
      await simulation.run(minutes(2), () => producer.node.running.pool.pool.size === 0);
    }
    for (const { node } of simulation.nodes) node.running.production.stop();
    expect(await simulation.run(minutes(10), () => simulation.agree())).toBe(true);
    expect(headOf(producer).height).toBeGreaterThan(3);
    expect(simulation.web.lost).toBeGreaterThan(0);
  });

  it("gives the same trace for the same seed and another for another", async () => {
    const trace = async (seed: number): Promise<string> => {
      const simulation = await world(seed, 3, { ...goodLinks, loss: 0.1 });
      await simulation.run(minutes(6));
      return simulation.traceHash();
    };
    expect(await trace(5)).toBe(await trace(5));
    expect(await trace(5)).not.toBe(await trace(6));
  });

  it("both halves of a partition go on; after it heals the heavier chain wins everywhere", async () => {
    const simulation = await world(11, 6);
    const [a, , , d] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode];
    await simulation.run(minutes(2));
    simulation.web.partition(["node-0", "node-1", "node-2"], ["node-3", "node-4", "node-5"]);
    d.node.running.production.start();
    await simulation.run(minutes(6));
    expect(headOf(a).name).not.toBe(headOf(d).name);
    a.node.running.production.stop();
    await simulation.run(minutes(6), () => headOf(d).height > headOf(a).height + 1);
    d.node.running.production.stop();
    const winner = headOf(d).name;
    simulation.web.partition();
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
    expect(headOf(a).name).toBe(winner);
  });

  it("in a double-spend race exactly one wins and the loser is told which", async () => {
    const simulation = await world(21, 4);
    const [a, b, c, d] = simulation.nodes as [SimulatedNode, SimulatedNode, SimulatedNode, SimulatedNode];
    await simulation.run(minutes(3), () => headOf(a).height >= 2 && simulation.agree());
    a.node.running.production.stop();
    const first = spend(a, b.key, 1n);
    const second = spend(a, c.key, 2n);
    // Both at the same instant, at nodes that cannot have heard of the other.
    const [one, two] = await Promise.all([
      c.node.requests.sendTransaction(first.bytes),
      d.node.requests.sendTransaction(second.bytes),
    ]);
    expect([one.ok, two.ok]).toEqual([true, true]);
    a.node.running.production.start();
    await simulation.run(
      minutes(4),
      () => simulation.agree() && c.node.running.pool.pool.size + d.node.running.pool.pool.size === 0,
    );
    const standing = async (node: SimulatedNode, id: Uint8Array) => {
      const found = await node.node.requests.transaction(id);
      return found.ok ? found.value.standing : found;
    };
    const outcomes = [await standing(c, first.id), await standing(d, second.id)];
    const states = outcomes.map((outcome) => ("state" in outcome ? outcome.state : outcome.code));
    expect([...states].sort()).toEqual(["dropped", "included"]);
    const loser = outcomes.find((outcome) => "state" in outcome && outcome.state === "dropped");
    const winner = states[0] === "included" ? first : second;
    expect(loser).toMatchObject({ message: expect.stringContaining(toHex(winner.id)) });
  });

  it("a peer that sends garbage is banned and harms nobody", async () => {
    const simulation = await world(31, 4);
    const villain = simulation.nodes[3] as SimulatedNode;
    await simulation.run(minutes(1));
    for (let i = 0; i < 8; i++) {
      villain.network.inject(i % 2 === 0 ? "block" : "transaction", simulation.random.bytes(200));
      await simulation.run(1_000);
    }
    const honest = simulation.nodes.slice(0, 3);
    for (const { network } of honest) expect(network.bans).toContain("node-3");
    await simulation.run(minutes(4), () => simulation.agree(honest));
    expect(simulation.agree(honest)).toBe(true);
    for (const { network } of honest) expect(network.bans.filter((id) => id !== "node-3")).toEqual([]);
  });

  it("a late joiner catches up with a long chain", async () => {
    const simulation = await world(41, 2);
    await simulation.run(minutes(150));
    const [a] = simulation.nodes as [SimulatedNode];
    expect(headOf(a).height).toBeGreaterThan(100);
    const late = await simulation.add();
    expect(await simulation.run(minutes(1), () => headOf(late).name === headOf(a).name)).toBe(true);
  });

  it("a reorganisation of 100 unfinalised blocks equals a replay of the winning branch from scratch", async () => {
    const played = await playDeepReorganisation(51, 100);
    expect(played).toMatchObject({ violations: [], finalisedHeight: 0 });
    expect(played.reorganised).toBeGreaterThanOrEqual(100);
    expect(played.payments).toBeGreaterThan(1);
  });

  it.each([true, false])("resumes after a crash at every write, last commit on disk: %s", async (written) => {
    let crashes = 0;
    for (let atCommit = 0; atCommit < 14; atCommit++) {
      const simulation = await world(61 + atCommit, 2);
      const [a, b] = simulation.nodes as [SimulatedNode, SimulatedNode];
      await simulation.run(minutes(2), () => headOf(b).height >= 1);
      b.disk.crash = { atCommit: b.disk.commits + atCommit, written };
      let acknowledged = headOf(b).height;
      b.node.subscribe((event) => {
        if (event.type === "head" && !b.disk.crashed) acknowledged = event.height;
      });
      for (let i = 0; i < 3 && !b.disk.crashed; i++) {
        const before = headOf(a).height;
        void b.node.requests.sendTransaction(spend(a, b.key, BigInt(i)).bytes);
        await simulation.run(minutes(2), () => b.disk.crashed || (headOf(a).height > before && simulation.agree()));
      }
      if (!b.disk.crashed) continue;
      crashes++;
      await simulation.restart(b);
      expect(headOf(b).height).toBeGreaterThanOrEqual(acknowledged);
      expect(b.node.notices).toEqual([]);
      simulation.checkInvariants();
      expect(await simulation.run(minutes(3), () => simulation.agree())).toBe(true);
    }
    expect(crashes).toBeGreaterThan(4);
  });

  it("rebuilds a damaged database from what verifies and fetches the rest", async () => {
    const simulation = await world(81, 2);
    const [, b] = simulation.nodes as [SimulatedNode, SimulatedNode];
    await simulation.run(minutes(20));
    b.node.running.production.stop();
    const [entry] = await b.disk.range("state", { limit: 1 });
    await b.disk.commit([{ table: "state", key: entry?.[0] ?? new Uint8Array(), value: Uint8Array.of(1, 2, 3) }]);
    const middle = await b.disk.range("canonical", { from: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 5]), limit: 1 });
    await b.disk.commit([{ table: "bodies", key: middle[0]?.[1] ?? new Uint8Array(), value: Uint8Array.of(9) }]);
    await simulation.restart(b);
    expect(b.node.notices.join()).toContain("damaged");
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
  });

  it("stops acknowledging when the disk is full, loses nothing, and says so", async () => {
    const simulation = await world(91, 2);
    const [a, b] = simulation.nodes as [SimulatedNode, SimulatedNode];
    await simulation.run(minutes(3));
    const before = headOf(b).height;
    b.disk.full = true;
    await simulation.run(minutes(3));
    expect(headOf(b).height).toBe(before);
    expect(b.node.notices.join()).toContain("full");
    expect((await b.node.requests.sendTransaction(spend(a, b.key, 1n).bytes)).ok).toBe(false);
    b.disk.full = false;
    await simulation.restart(b);
    expect(headOf(b).height).toBe(before);
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
  });
});
