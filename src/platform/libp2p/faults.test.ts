/**
 * The faults of libp2p 3 in browsers that design/network.md names, each with a test that fails without what handles it.
 * Fault 1 is in browser/webrtc-init-channel.test.ts, 6 in e2e/network.e2e.ts, 7 in the contract suite and here, 9 in
 * node/gossip.test.ts.
 */
import type { Connection, Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, it } from "vitest";
import { limits as protocolLimits } from "#protocol/parameters.ts";
import {
  acquainted,
  connect,
  createTabHost,
  directAddress,
  endMembers,
  holds,
  type Member,
  networkName,
  startSeedMember,
  startTabMember,
} from "#testing/libp2p-members.ts";
import { Introductions } from "./introductions.ts";
import { askExchange, serveExchange } from "./peer-exchange.ts";
import { SeedLinks } from "./seed-links.ts";

afterEach(endMembers);

const pingProtocol = "/ipfs/ping/1.0.0";

/** Makes a member swallow echoes over some of its connections, as one whose ICE failed does. */
async function swallowEchoes(member: Member, over: (connection: Connection) => boolean): Promise<void> {
  const { libp2p } = member.network;
  await libp2p.unhandle(pingProtocol);
  await libp2p.handle(pingProtocol, async (stream: Stream, connection: Connection) => {
    for await (const part of stream) if (!over(connection)) stream.send(part);
  });
}

describe("fault 2, phantom connections", () => {
  it("are not peers, though libp2p counts them, and are dropped", async () => {
    const a = await startTabMember({ host: { limits: { echoTimeoutMs: 300 } } });
    const b = await startTabMember();
    await swallowEchoes(b, () => true);
    await a.network.libp2p.dial(multiaddr(directAddress(b)));
    // Without the echo, this is what would count.
    expect(a.network.libp2p.getPeers().map(String)).toEqual([b.network.selfId()]);
    await holds(() => a.network.libp2p.getConnections().length === 0);
    expect(a.connected).toEqual([]);
    expect(a.network.peers()).toEqual([]);
  });

  it("are told apart from a good connection to the same peer: an echo over another one proves nothing", async () => {
    const a = await startTabMember({ host: { limits: { echoTimeoutMs: 300 } } });
    const b = await startTabMember();
    await connect(a, b, directAddress(b));
    const [good] = b.network.libp2p.getConnections();
    await swallowEchoes(b, (connection) => connection !== good);
    const phantom = await a.network.libp2p.dial(multiaddr(directAddress(b)), { force: true });
    expect(phantom.status).toBe("open");
    await holds(() => phantom.status !== "open");
    expect(a.network.libp2p.getConnections()).toHaveLength(1);
    expect(a.network.peers()).toHaveLength(1);
  });
});

describe("fault 3, glare", () => {
  const noSeeds = (member: Member): SeedLinks => new SeedLinks(member.network, []);

  it.each([
    ["the lower id waits: one connection", 3_000, 60_000, 1],
    ["without the wait both dial: two connections", 0, 60_000, 2],
    ["if it happened all the same, one of the two is closed", 0, 300, 1],
  ])("%s", async (_what, glareDelayMs, surplusCloseMs, expected) => {
    const limits = { glareDelayMs, surplusCloseMs };
    const members = [await startTabMember({ host: { limits } }), await startTabMember({ host: { limits } })] as const;
    const [a, b] = members;
    const addresses = new Map(members.map((one) => [one.network.selfId(), directAddress(one)]));
    const [one, other] = members.map(
      (member) =>
        new Introductions({
          host: member.network,
          seeds: noSeeds(member),
          addressOf: (id) => addresses.get(id) as string,
          onSeeds: () => undefined,
          log: () => undefined,
        }),
    );
    let opened = 0;
    a.network.libp2p.addEventListener("connection:open", () => opened++);
    one?.discover(b.network.selfId(), "nobody");
    other?.discover(a.network.selfId(), "nobody");
    await holds(() => acquainted(a, b));
    if (glareDelayMs === 0) await holds(() => opened === 2);
    await holds(() => members.every(({ network }) => network.libp2p.getConnections().length === expected));
    expect(acquainted(a, b)).toBe(true);
    const [connection] = a.network.libp2p.getConnections();
    if (expected === 1) {
      // The higher id dialled.
      const dialler = connection?.direction === "outbound" ? a : b;
      const waiter = dialler === a ? b : a;
      expect(dialler.network.selfId() > waiter.network.selfId()).toBe(true);
    }
  });
});

describe("fault 4, a seed that comes back", () => {
  it.each([
    ["is joined again, and direct peers are kept meanwhile", true],
    ["would stay away without the back-off loop", false],
  ])("%s", async (_what, handled) => {
    const seed = await startSeedMember();
    const { identity, port } = seed;
    const a = await startTabMember({ relay: seed.address });
    const b = await startTabMember();
    await connect(a, seed, seed.address);
    await connect(a, b, directAddress(b));
    const links = new SeedLinks(a.network, handled ? [seed.address] : []);
    await seed.stop();
    await holds(() => a.network.peers().length === 1);
    links.rejoinAll();
    expect(acquainted(a, b)).toBe(true);
    const again = await startSeedMember({ identity, port });
    const joined = await holds(() => acquainted(a, again), 4_000).then(
      () => true,
      () => false,
    );
    expect(joined).toBe(handled);
    expect(acquainted(a, b)).toBe(true);
    // And its place on the relay is back, so that others can be introduced to it.
    if (handled) await holds(() => again.seed.bootstrap("x:1", false).peers.includes(a.network.selfId()));
  });
});

describe("fault 5, the relay's caps", () => {
  it.each([
    ["the relayed connection is closed once a direct one is verified", 200, 0],
    ["without that it would hold the relay's place", 60_000, 1],
  ])("%s", async (_what, relayedCloseMs, relayed) => {
    const seed = await startSeedMember();
    const a = await startTabMember({ relay: seed.address, host: { limits: { relayedCloseMs } } });
    const b = await startTabMember({ relay: seed.address, host: { limits: { relayedCloseMs } } });
    const throughRelay = () =>
      a.network.libp2p.getMultiaddrs().filter((one) => one.toString().includes("/p2p-circuit"));
    await holds(() => throughRelay().length > 0);
    await b.network.libp2p.dial(throughRelay());
    const limited = () => b.network.libp2p.getConnections(a.network.libp2p.peerId).filter((one) => one.limits);
    expect(limited()).toHaveLength(1);
    await connect(b, a, directAddress(a));
    await holds(() => limited().length === relayed);
    // A second echo round later it is as it was.
    expect(b.network.peers().find((peer) => peer.id === a.network.selfId())?.direct).toBe(true);
  });
});

describe("fault 7, messages that are too long", () => {
  it("never reach the node, and the next one does", async () => {
    const [a, b] = [await startTabMember(), await startTabMember()];
    await connect(a, b, directAddress(b));
    const { pubsub } = a.network.libp2p.services;
    await holds(() => pubsub.getSubscribers(`/aether/${networkName}/block`).length === 1);
    // Straight to libp2p, past our own check, as a foreign implementation might.
    await pubsub.publish(`/aether/${networkName}/block`, new Uint8Array(protocolLimits.gossipBytes + 1));
    const fits = new Uint8Array(protocolLimits.gossipBytes);
    await a.network.publish("block", fits);
    await holds(() => b.gossip.length > 0);
    expect(b.gossip.map(({ length }) => length)).toEqual([fits.length]);
  });
});

describe("fault 8, hidden tabs", () => {
  it("a node measures how late its timers are and tells who asks", async () => {
    const [a, b] = [await startTabMember(), await startTabMember()];
    await serveExchange(b.network.libp2p, () => ({ peers: [], seeds: [], timerDriftMs: 2_345 }));
    await connect(a, b, directAddress(b));
    expect(a.network.peers()[0]?.timerDriftMs).toBeNull();
    const connection = a.network.directConnection(b.network.selfId()) as Connection;
    const told = await askExchange(connection);
    a.network.noteDrift(b.network.selfId(), told?.timerDriftMs ?? -1);
    expect(a.network.peers()[0]?.timerDriftMs).toBe(2_345);
  });

  it("a frozen thread finds out by itself, and looks after its connections at once", async () => {
    let woken = 0;
    const host = await createTabHost({ host: { limits: { frozenMs: 300 }, onWake: () => woken++ } });
    await host.start({
      onGossip: () => Promise.resolve("ignore"),
      onRequest: () => Promise.reject(new Error("nobody asks")),
      onPeerConnected: () => undefined,
      onPeerDisconnected: () => undefined,
    });
    try {
      await holds(() => host.timerDriftMs() < 50);
      // The real thing: nothing runs in this thread for a while.
      const until = performance.now() + 1_700;
      while (performance.now() < until);
      expect(host.timerDriftMs()).toBeGreaterThan(300);
      await holds(() => woken === 1);
    } finally {
      await host.stop();
    }
  });
});

describe("fault 10, a listener that waits for ever for its connections to end", () => {
  it("is left behind when the host stops, aloud", async () => {
    const said: string[] = [];
    const log = ({ message }: { message: string }): void => void said.push(message);
    const member = await startTabMember({ host: { limits: { stopTimeoutMs: 50 }, log } });
    const { components } = member.network.libp2p as unknown as {
      components: { transportManager: { getListeners(): { close(): Promise<void> }[] } };
    };
    const [listener] = components.transportManager.getListeners() as [{ close(): Promise<void> }];
    const close = listener.close.bind(listener);
    // As WebRTC's does while a connection is being made; it frees its port all the same.
    listener.close = () => close().then(() => new Promise(() => undefined));
    await member.stop();
    expect(said).toEqual(["Some connections did not end in time and were left behind."]);
  });
});
