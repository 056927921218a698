import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { OutPoint } from "#protocol/ledger/transaction.ts";
import { payment } from "#testing/ledger-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

const minutes = (count: number): number => count * 60_000;
const heightOf = ({ node }: SimulatedNode) => node.running.chain.head.height;
const poolOf = ({ node }: SimulatedNode) => node.running.pool.pool;

/** `count` nodes; the first has coins and has stopped making blocks. */
async function world(seed: number, count: number): Promise<{ simulation: Simulation; nodes: SimulatedNode[] }> {
  const simulation = new Simulation(seed);
  for (let i = 0; i < count; i++) await simulation.add({ produce: i === 0 });
  const [a] = simulation.nodes as [SimulatedNode];
  await simulation.run(minutes(9), () => heightOf(a) >= 4 && simulation.agree());
  a.node.running.production.stop();
  return { simulation, nodes: simulation.nodes };
}

/** A payment of a node's coin number `coin` to itself, and one more on top whose id sorts first if `swapped`. */
function pair(from: SimulatedNode, coin: number, swapped: boolean): [PreparedTransaction, PreparedTransaction] {
  const found = from.node.running.chain.coins.coinsOf(from.key.keyHash)[coin];
  if (found === undefined) throw new Error("no coin to spend");
  for (let nonce = 1n; ; nonce++) {
    const parent = payment(from.key, found.outPoint, found.output.amount, from.key.lock, 10_000n, nonce);
    const onTop: OutPoint = { txId: parent.id, index: 0 };
    const child = payment(from.key, onTop, found.output.amount - 10_000n, from.key.lock, 10_000n, nonce);
    if (toHex(child.id) < toHex(parent.id) === swapped) return [parent, child];
  }
}

const send = async (to: SimulatedNode, { bytes }: PreparedTransaction): Promise<void> => {
  const sent = await to.node.requests.sendTransaction(bytes);
  if (!sent.ok) throw new Error(sent.message);
};

describe("after a restart", () => {
  it.each([true, false])(
    "own transactions that build on each other are both back, child stored first: %s",
    async (swapped) => {
      const { simulation, nodes } = await world(1, 1);
      const [a] = nodes as [SimulatedNode];
      const both = pair(a, 0, swapped);
      for (const one of both) await send(a, one);
      await simulation.restart(a);
      for (const { id } of both) expect(poolOf(a).has(id)).toBe(true);
    },
  );

  it("what our own transaction builds on is back too, although a peer had brought it", async () => {
    const { simulation, nodes } = await world(2, 2);
    const [a, b] = nodes as [SimulatedNode, SimulatedNode];
    const [parent, child] = pair(a, 0, false);
    await send(a, parent);
    await simulation.run(minutes(1), () => poolOf(b).has(parent.id));
    await send(b, child);
    await a.network.stop();
    await simulation.restart(b);
    for (const { id } of [parent, child]) expect(poolOf(b).has(id)).toBe(true);
  });

  it("a transaction that a peer brought and we then sent ourselves is back", async () => {
    const { simulation, nodes } = await world(3, 2);
    const [a, b] = nodes as [SimulatedNode, SimulatedNode];
    const [parent] = pair(a, 0, false);
    await send(a, parent);
    await simulation.run(minutes(1), () => poolOf(b).has(parent.id));
    await send(b, parent);
    await a.network.stop();
    await simulation.restart(b);
    expect(poolOf(b).has(parent.id)).toBe(true);
  });

  it("what was mined or replaced meanwhile leaves no record", async () => {
    const { simulation, nodes } = await world(4, 1);
    const [a] = nodes as [SimulatedNode];
    const [first] = pair(a, 0, false);
    await send(a, first);
    const [coin] = a.node.running.chain.coins.coinsOf(a.key.keyHash);
    if (coin === undefined) throw new Error("no coin");
    const better = payment(a.key, coin.outPoint, coin.output.amount, a.key.lock, 90_000n, 9n);
    await send(a, better);
    a.node.running.production.start();
    const height = heightOf(a);
    await simulation.run(minutes(2), () => heightOf(a) > height);
    a.node.running.production.stop();
    await simulation.run(1_000);
    expect(await a.disk.range("pool", { limit: 10 })).toEqual([]);
    expect(poolOf(a).obituary(first.id)).toMatchObject({ context: { winner: toHex(better.id) } });
  });
});

describe("a reorganisation", () => {
  it("brings undone transactions back, says so, keeps them durable, and explains who won a lost race", async () => {
    const { simulation, nodes } = await world(5, 2);
    const [a, b] = nodes as [SimulatedNode, SimulatedNode];
    simulation.web.partition(["node-0"], ["node-1"]);
    const [kept] = pair(a, 0, false);
    const [loser, child] = pair(a, 1, false);
    const [, rival] = [
      loser,
      payment(a.key, loser.transaction.inputs[0] as OutPoint, 2_800_000_000n, b.key.lock, 10_000n, 77n),
    ];
    for (const one of [kept, loser, child]) await send(a, one);
    await send(b, rival);
    const standings = new Map<string, string[]>();
    a.node.subscribe((event) => {
      if (event.type !== "transaction") return;
      const name = toHex(event.id);
      standings.set(name, [...(standings.get(name) ?? []), event.standing.state]);
    });
    const fork = heightOf(a);
    a.node.running.production.start();
    await simulation.run(minutes(2), () => heightOf(a) > fork);
    a.node.running.production.stop();
    b.node.running.production.start();
    await simulation.run(minutes(9), () => heightOf(b) > heightOf(a) + 1);
    b.node.running.production.stop();
    simulation.web.partition();
    expect(await simulation.run(minutes(2), () => simulation.agree())).toBe(true);
    expect(standings.get(toHex(kept.id))).toEqual(["included", "pending"]);
    expect(standings.get(toHex(loser.id))).toEqual(["included", "dropped"]);
    expect(poolOf(a).obituary(loser.id)?.message).toContain(toHex(rival.id));
    expect(poolOf(a).obituary(child.id)?.message).toContain(toHex(loser.id));
    await b.network.stop();
    await simulation.restart(a);
    expect(poolOf(a).has(kept.id)).toBe(true);
  });
});
