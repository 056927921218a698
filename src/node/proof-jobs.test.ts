/** What becomes of posted jobs in a node: in gossip, in the pool, on disk. */
import { describe, expect, it } from "vitest";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { queuedJobs, readProofQueue, segmentPriceNano } from "#protocol/programs/proof-queue.ts";
import { bodyOf, coin, jobPost, signed, testParameters } from "#testing/ledger-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

const feeNano = 200_000n;

/** A node that earns, until it has something. */
async function earning(): Promise<{ simulation: Simulation; owner: SimulatedNode; peer: SimulatedNode }> {
  const simulation = new Simulation(11);
  const owner = await simulation.add({ produce: true });
  const peer = await simulation.add();
  await simulation.run(600_000, () => owner.node.running.chain.coins.coinsOf(owner.key.keyHash).length > 0);
  return { simulation, owner, peer };
}

describe("a posted job in gossip", () => {
  it("that promises more than any coin holds is refused and breaks nothing", async () => {
    const { simulation, owner, peer } = await earning();
    const [held] = owner.node.running.chain.coins.coinsOf(owner.key.keyHash);
    if (held === undefined) throw new Error("nothing was earned");
    await simulation.run(60_000, () => simulation.agree());
    const absurd = jobPost(owner.key, held.outPoint, held.output.amount, {
      segments: 2,
      segmentFeeNano: 2n ** 64n - 1n,
    });
    peer.network.inject("transaction", encodeGossip({ type: "transaction", bytes: absurd.bytes }));
    await simulation.run(5_000);
    expect(owner.node.running.pool.pool.size).toBe(0);
    expect(owner.node.scores.points("node-1", simulation.clock.nowMs())).toBeGreaterThan(0);
  });

  it("for which there is no place any more is not held against who passed it on", async () => {
    const { simulation, owner, peer } = await earning();
    const { chain, pool, production } = owner.node.running;
    const coins = () => chain.coins.coinsOf(owner.key.keyHash);
    await simulation.run(3_600_000, () => coins().length >= 5);
    const held = coins().slice(0, 4);
    const segmentPay = segmentPriceNano(queuedJobs - 1, testParameters);
    const parts = Array.from({ length: queuedJobs }, () => coin(segmentPay + feeNano, owner.key.lock));
    const spareNano =
      held.reduce((sum, { output }) => sum + output.amount, 0n) - BigInt(queuedJobs) * (segmentPay + feeNano);
    const inputs = held.map(({ outPoint }) => outPoint);
    const split = signed(bodyOf({ inputs, outputs: parts, feeNano: spareNano }), owner.key);
    expect((await pool.add(split, null)).ok).toBe(true);
    await simulation.run(600_000, () => coins().length > queuedJobs && pool.pool.size === 0);
    production.stop();
    await simulation.run(60_000, () => simulation.agree());
    const [late, ...posts] = [...coins()]
      .sort((a, b) => Number(b.output.amount - a.output.amount))
      .slice(0, queuedJobs + 1)
      .map(({ outPoint, output }) => jobPost(owner.key, outPoint, output.amount, { segmentFeeNano: segmentPay }));
    for (const job of posts) expect(await pool.add(job, null)).toMatchObject({ ok: true });
    const { height } = chain.head;
    production.start();
    await simulation.run(600_000, () => chain.head.height > height);
    production.stop();
    await simulation.run(5_000);
    expect(readProofQueue(chain.state)).toHaveLength(queuedJobs);
    if (late === undefined) throw new Error("no coin is left");
    peer.network.inject("transaction", encodeGossip({ type: "transaction", bytes: late.bytes }));
    await simulation.run(5_000);
    expect(pool.pool.has(late.id)).toBe(false);
    expect(owner.node.scores.points("node-1", simulation.clock.nowMs())).toBe(0);
  });
});

describe("a job of several segments", () => {
  it("is proved block by block where nothing else waits", async () => {
    const { simulation, owner } = await earning();
    const { chain, pool } = owner.node.running;
    const [held] = chain.coins.coinsOf(owner.key.keyHash);
    if (held === undefined) throw new Error("nothing was earned");
    const segmentFeeNano = segmentPriceNano(0, testParameters);
    const job = jobPost(owner.key, held.outPoint, held.output.amount, { segments: 3, segmentFeeNano });
    expect(await pool.add(job, null)).toMatchObject({ ok: true });
    await simulation.run(600_000, () => readProofQueue(chain.state).length === 1);
    const postedMs = simulation.clock.nowMs();
    await simulation.run(600_000, () => readProofQueue(chain.state).length === 0);
    expect(readProofQueue(chain.state)).toEqual([]);
    expect(simulation.clock.nowMs() - postedMs).toBeLessThan(testParameters.development?.idleBlockMs ?? 0);
  });
});
