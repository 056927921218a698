import { afterEach, describe, expect, it } from "vitest";
import { protocols } from "#node/ports.ts";
import {
  connect,
  directAddress,
  endMembers,
  holds,
  type Member,
  networkName,
  startSeedMember,
  startTabMember,
} from "#testing/libp2p-members.ts";
import { GossipLink } from "./gossip-link.ts";

afterEach(endMembers);

const bounds = { timeoutMs: 5_000, maximumResponseBytes: 1_000 };

/** Time in which what is sent now must be there: on a busy machine too, and well before the status round at 5 s. */
const atOnceMs = 3_000;

/** Peers that a member knows to listen. */
const subscribers = ({ network }: Member): number =>
  network.libp2p.services.pubsub.getSubscribers(`/aether/${networkName}/transaction`).length;

/** Whether a message published now reaches the other at once. */
async function hears(from: Member, to: Member, message: Uint8Array): Promise<boolean> {
  await from.network.publish("transaction", message);
  return holds(() => to.gossip.some((one) => one.toString() === message.toString()), atOnceMs).then(
    () => true,
    () => false,
  );
}

/** Two hosts that met over a relay and went on directly, as tabs do; then the relay dies. */
async function meetAndLoseRelay(gossip: { runOnLimitedConnection?: boolean }): Promise<readonly [Member, Member]> {
  const seed = await startSeedMember();
  const a = await startTabMember({ relay: seed.address, gossip });
  const b = await startTabMember({ relay: seed.address, gossip });
  await holds(() => a.network.libp2p.getMultiaddrs().some((one) => one.toString().includes("/p2p-circuit")));
  const pubsub = b.network.libp2p.services.pubsub;
  await b.network.libp2p.dial(
    a.network.libp2p.getMultiaddrs().filter((one) => one.toString().includes("/p2p-circuit")),
  );
  if (gossip.runOnLimitedConnection) {
    await holds(() => pubsub.getPeers().some((peer) => peer.toString() === a.network.selfId()));
  }
  await connect(b, a, directAddress(a));
  await holds(() => b.network.libp2p.getConnections(a.network.libp2p.peerId).every((one) => one.limits === undefined));
  await holds(() => [a, b].every((one) => one.network.peers().filter((peer) => peer.direct).length === 2));
  // The mesh has settled when both are in it; then the relay goes.
  await holds(() => [a, b].every((one) => subscribers(one) === 2));
  await seed.stop();
  await holds(() => [a, b].every((one) => one.network.peers().length === 1));
  return [a, b];
}

describe("gossip between peers that met over a relay", () => {
  it("goes on at once when the relay is lost", async () => {
    const [a, b] = await meetAndLoseRelay({});
    expect(await hears(a, b, new Uint8Array([1, 1, 1]))).toBe(true);
    expect(await hears(b, a, new Uint8Array([2, 2, 2]))).toBe(true);
  });

  it("is silent without our handling: on the relayed connection, and never mended", async () => {
    const mend = GossipLink.prototype.mend;
    GossipLink.prototype.mend = () => Promise.resolve();
    try {
      const [a, b] = await meetAndLoseRelay({ runOnLimitedConnection: true });
      expect(await hears(a, b, new Uint8Array([1, 1, 1]))).toBe(false);
    } finally {
      GossipLink.prototype.mend = mend;
    }
  });
});

describe("gossip between peers with two connections", () => {
  it("goes on over the second when the first closes", async () => {
    const [a, b] = [await startTabMember(), await startTabMember()];
    await connect(a, b, directAddress(b));
    await holds(() => [a, b].every((one) => subscribers(one) === 1));
    expect(await hears(a, b, new Uint8Array([1]))).toBe(true);
    const [first] = a.network.libp2p.getConnections();
    await connect(b, a, directAddress(a));
    await holds(() => [a, b].every((one) => one.network.libp2p.getConnections().length === 2));
    await first?.close();
    await holds(() => b.network.libp2p.getConnections().length === 1);
    let heard = false;
    for (let tries = 0; tries < 3 && !heard; tries++) heard = await hears(a, b, new Uint8Array([2, tries]));
    expect(heard).toBe(true);
  });
});

describe("gossip without restraint", () => {
  it.each([
    ["too much from one peer is dropped unread", { gossipBurst: 10, gossipPerSecond: 0.001 }, 10],
    ["what cannot be judged as fast as it comes is dropped, not piled up", { unjudged: 4 }, 4],
  ])("%s", async (_what, limits, expected) => {
    const [a, b] = [await startTabMember(), await startTabMember({ host: { limits } })];
    await connect(a, b, directAddress(b));
    await holds(() => [a, b].every((one) => subscribers(one) === 1));
    let release = (): void => undefined;
    if ("unjudged" in limits) {
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      b.judging = held;
    }
    for (let i = 0; i < 40; i++) await a.network.publish("transaction", new Uint8Array([1, i]));
    // Messages keep their order: when a stream opened later has been answered, all of these have been looked at.
    await holds(() => b.gossip.length === expected);
    expect(await a.network.request(b.network.selfId(), protocols.sync, new Uint8Array(1), bounds)).toMatchObject({
      ok: true,
    });
    expect(b.gossip).toHaveLength(expected);
    release();
    if ("unjudged" in limits) expect(await hears(a, b, new Uint8Array([2, 2]))).toBe(true);
  });
});
