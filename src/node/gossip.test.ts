/**
 * Fault 9 of design/network.md: a `/webrtc` link is DTLS between certificates that a relay carried, without Noise. So
 * nothing is believed for the link it came over; whoever sits on the link can only pass on what others have signed.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { headerHash } from "#protocol/consensus/header.ts";
import { mayHaveWork } from "#protocol/consensus/validate-header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { pureSignatureVerifier } from "#protocol/crypto/signature.ts";
import { decodeBlock } from "#protocol/ledger/block.ts";
import { type PreparedTransaction, prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { payment, type TestKey, testKey } from "#testing/ledger-fixtures.ts";
import { memoryWithdrawal } from "#testing/memory-fixtures.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";

afterEach(() => vi.restoreAllMocks());

const owner = testKey(1);

interface Scene {
  readonly simulation: Simulation;
  readonly victim: SimulatedNode;
  readonly thief: SimulatedNode;
  /** The victim's own payment, as it would sign it. */
  readonly honest: PreparedTransaction;
}

/** Two nodes; the first has a coin, the second sits on the link and changes what it likes. */
async function scene(): Promise<Scene> {
  const simulation = new Simulation(7);
  const victim = await simulation.add({ produce: true });
  const thief = await simulation.add();
  const coins = () => victim.node.running.chain.coins.coinsOf(victim.key.keyHash);
  await simulation.run(600_000, () => coins().length > 0);
  victim.node.running.production.stop();
  await simulation.run(60_000, () => simulation.agree());
  const [coin] = coins();
  if (coin === undefined) throw new Error("nothing was earned");
  const honest = payment(victim.key, coin.outPoint, coin.output.amount, owner.lock);
  return { simulation, victim, thief, honest };
}

/** The same payment to somebody else, under the signature of the original. */
function forged(original: PreparedTransaction, to: TestKey): PreparedTransaction {
  const { transaction } = original;
  const outputs = transaction.outputs.map((output) => ({ ...output, lock: to.lock }));
  return prepareTransaction({ ...transaction, outputs });
}

describe("a forged announcement over a link of its own", () => {
  it("of a payment is refused, and costs the sender", async () => {
    const { simulation, victim, thief, honest } = await scene();
    const bytes = forged(honest, thief.key).bytes;
    thief.network.inject("transaction", encodeGossip({ type: "transaction", bytes }));
    await simulation.run(5_000);
    expect(victim.node.running.pool.pool.size).toBe(0);
    expect(victim.node.scores.points("node-1", simulation.clock.nowMs())).toBeGreaterThan(0);
  });

  it("of a payment would be believed without the signature check", async () => {
    const { simulation, victim, thief, honest } = await scene();
    vi.spyOn(pureSignatureVerifier, "verifyBatch").mockImplementation((checks) =>
      Promise.resolve(checks.map(() => true)),
    );
    const bytes = forged(honest, thief.key).bytes;
    thief.network.inject("transaction", encodeGossip({ type: "transaction", bytes }));
    await simulation.run(5_000);
    expect(victim.node.running.pool.pool.size).toBe(1);
  });

  it("of a block is refused: any change undoes its work", async () => {
    const { simulation, victim, thief } = await scene();
    const { header } = victim.node.running.chain.head;
    const stolen = { ...header, proposer: { ...header.proposer, keyHash: thief.key.keyHash } };
    // The test network's work is so easy that one change in four would still meet it by chance.
    let changed = stolen;
    while (mayHaveWork(headerHash(changed), changed.target)) changed = { ...changed, nonce: changed.nonce + 1n };
    thief.network.inject("block", encodeGossip({ type: "header", header: changed }));
    await simulation.run(5_000);
    expect(victim.network.bans).toEqual(["node-1"]);
    expect(victim.node.running.chain.head.header.proposer.keyHash).toEqual(victim.key.keyHash);
  });

  it("while what only another state would take costs nobody anything: its sender may be blocks ahead", async () => {
    const { simulation, victim, thief } = await scene();
    const [coin] = victim.node.running.chain.coins.coinsOf(victim.key.keyHash);
    if (coin === undefined) throw new Error("nothing was earned");
    const purse = { outPoint: coin.outPoint, amountNano: coin.output.amount };
    const { bytes } = memoryWithdrawal(victim.key, purse, new Uint8Array(32).fill(7), 1n);
    expect(await victim.node.requests.sendTransaction(bytes)).toMatchObject({ code: "no-such-offer" });
    thief.network.inject("transaction", encodeGossip({ type: "transaction", bytes }));
    await simulation.run(5_000);
    expect(victim.node.scores.points("node-1", simulation.clock.nowMs())).toBe(0);
  });

  it("of a block that misses its target by less than some weight allows is not passed on; nobody is blamed for it", async () => {
    const { victim } = await scene();
    const { head, reader } = victim.node.running.chain;
    const newest = decodeBlock((await reader.body(head.hash)) as Uint8Array);
    if (!newest.ok) throw new Error(newest.message);
    const verdictWhere = (good: (hash: Uint8Array, target: Uint8Array) => boolean) => {
      let header = { ...head.header, parent: head.hash, height: head.height + 1, timeMs: head.header.timeMs + 1 };
      while (!good(headerHash(header), header.target)) header = { ...header, nonce: header.nonce + 1n };
      const block = { ...newest.value, header };
      return victim.node.running.gossip.receive("node-1", "block", encodeGossip({ type: "block", block }));
    };
    const light = (hash: Uint8Array, target: Uint8Array) => !meetsTarget(hash, target) && mayHaveWork(hash, target);
    expect(await verdictWhere(light)).toBe("ignore");
    expect(await verdictWhere(meetsTarget)).toBe("accept");
    expect(victim.network.bans).toEqual([]);
  });

  it("while the honest payment goes through over the same link", async () => {
    const { simulation, victim, thief, honest } = await scene();
    thief.network.inject("transaction", encodeGossip({ type: "transaction", bytes: honest.bytes }));
    await simulation.run(5_000);
    expect(victim.node.running.pool.pool.size).toBe(1);
    expect(victim.node.scores.points("node-1", simulation.clock.nowMs())).toBe(0);
  });
});
