import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { multiaddr } from "@multiformats/multiaddr";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type GossipVerdict, type NetworkHandlers, type PeerInfo, protocols } from "#node/ports.ts";
import { limits } from "#protocol/parameters.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { networkLimits } from "../libp2p/limits.ts";
import { addressOf, createSeedNetwork, newNetworkKey, type SeedNetwork } from "./seed-network.ts";

interface Member {
  readonly seed: SeedNetwork;
  readonly server: Server;
  readonly connected: PeerInfo[];
  readonly gossip: Uint8Array[];
  verdict: GossipVerdict;
  answer: NetworkHandlers["onRequest"];
}

// Node 20 can be dialled over WebSockets but has none to dial with; seeds never dial, this test does.
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? WebSocket });

const members: Member[] = [];
afterEach(async () => {
  for (const { seed, server } of members.splice(0)) {
    await seed.network.stop();
    server.closeAllConnections();
    server.close();
  }
});

/** A real libp2p node behind a real HTTP port, as the seed runs it. */
async function member(): Promise<Member> {
  const seed = await createSeedNetwork({
    networkName: "test",
    privateKey: await newNetworkKey(),
    peersNamed: 8,
    log: () => undefined,
  });
  const server = createServer();
  server.on("upgrade", seed.upgrade);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const one: Member = {
    seed,
    server,
    connected: [],
    gossip: [],
    verdict: "accept",
    answer: (_peer, _protocol, request) => Promise.resolve(accepted(request)),
  };
  members.push(one);
  await seed.network.start({
    onGossip: (_peer, _topic, message) => {
      one.gossip.push(message);
      return Promise.resolve(one.verdict);
    },
    onRequest: (...args) => one.answer(...args),
    onPeerConnected: (peer) => one.connected.push(peer),
    onPeerDisconnected: (id) =>
      one.connected.splice(0, one.connected.length, ...one.connected.filter((peer) => peer.id !== id)),
  });
  return one;
}

async function holds(condition: () => boolean): Promise<void> {
  await expect.poll(condition, { timeout: 10_000, interval: 20 }).toBe(true);
}

/** Lets `from` dial `to` through its one port, and waits until both have verified each other. */
async function connect(from: Member, to: Member): Promise<void> {
  const { port } = to.server.address() as AddressInfo;
  const address = addressOf(`127.0.0.1:${port}`, false, to.seed.network.selfId()) as string;
  await from.seed.network.libp2p.dial(multiaddr(address));
  await holds(() => from.connected.some((peer) => peer.id === to.seed.network.selfId()));
  await holds(() => to.connected.some((peer) => peer.id === from.seed.network.selfId()));
}

const ask = { timeoutMs: 3_000, maximumResponseBytes: 100_000 };
const request = (from: Member, to: Member, body: Uint8Array, bounds = ask) =>
  from.seed.network.request(to.seed.network.selfId(), protocols.sync, body, bounds);

describe("libp2p behind the network port", () => {
  it("counts a peer after an echo, carries requests, refusals and big answers, and keeps the bounds", async () => {
    const [a, b] = [await member(), await member()];
    await connect(a, b);
    expect(a.connected[0]).toMatchObject({ transport: "websocket", direct: true });
    expect(a.seed.network.peers()[0]?.latencyMs).toBeGreaterThan(0);
    expect(await request(a, b, new Uint8Array([1, 2]))).toEqual(accepted(new Uint8Array([1, 2])));
    b.answer = () => Promise.resolve(rejected("not-found", "Nothing there."));
    expect(await request(a, b, new Uint8Array(1))).toMatchObject({
      ok: false,
      code: "not-found",
      message: "Nothing there.",
    });
    const big = new Uint8Array(90_000).fill(7);
    b.answer = () => Promise.resolve(accepted(big));
    expect(await request(a, b, new Uint8Array(1))).toEqual(accepted(big));
    expect(await request(a, b, new Uint8Array(1), { ...ask, maximumResponseBytes: 10_000 })).toMatchObject({
      ok: false,
    });
    expect(await request(a, b, new Uint8Array(networkLimits.requestBytes + 1))).toMatchObject({ ok: false });
    b.answer = () => new Promise(() => undefined);
    expect(await request(a, b, new Uint8Array(1), { ...ask, timeoutMs: 200 })).toMatchObject({
      ok: false,
      code: "timeout",
    });
  });

  it("slows a peer down that asks too much", async () => {
    const [a, b] = [await member(), await member()];
    await connect(a, b);
    const codes = new Set<string>();
    for (let i = 0; i < networkLimits.requestBurst * 3 && !codes.has("rate-limited"); i += 8) {
      const answers = await Promise.all(Array.from({ length: 8 }, () => request(a, b, new Uint8Array(1))));
      for (const answer of answers) codes.add(answer.ok ? "ok" : answer.code);
    }
    expect(codes).toContain("rate-limited");
  });

  it("passes on only what the middle accepts, and refuses what libp2p would swallow", async () => {
    const [a, b, c] = [await member(), await member(), await member()];
    await connect(a, b);
    await connect(b, c);
    const sent = new Uint8Array([9, 9, 9]);
    await expect
      .poll(
        async () => {
          await a.seed.network.publish(
            "block",
            Uint8Array.of(...sent, a.gossip.length, c.gossip.length, Date.now() & 255),
          );
          return c.gossip.length > 0;
        },
        { timeout: 15_000, interval: 200 },
      )
      .toBe(true);
    b.verdict = "ignore";
    const heldBack = new Uint8Array([1, 2, 3, 4]);
    await a.seed.network.publish("block", heldBack);
    await holds(() => b.gossip.some((message) => message.length === 4 && message[0] === 1));
    // A later accepted message that arrives shows that the earlier one had its time.
    b.verdict = "accept";
    await a.seed.network.publish("block", new Uint8Array([5, 6, 7, 8, 9]));
    await holds(() => c.gossip.some((message) => message.length === 5));
    expect(c.gossip.some((message) => message.length === 4 && message[0] === 1)).toBe(false);
    await expect(a.seed.network.publish("block", new Uint8Array(limits.gossipBytes + 1))).rejects.toThrow("bytes");
  });

  it("parts from a banned peer and does not let it back in", async () => {
    const [a, b] = [await member(), await member()];
    await connect(a, b);
    a.seed.network.ban(b.seed.network.selfId(), 60_000, "test");
    await holds(() => a.connected.length === 0 && b.connected.length === 0);
    const { port } = a.server.address() as AddressInfo;
    const address = multiaddr(addressOf(`127.0.0.1:${port}`, false, a.seed.network.selfId()) as string);
    await b.seed.network.libp2p.dial(address).catch(() => undefined);
    expect(a.connected).toEqual([]);
    expect(a.seed.network.peers()).toEqual([]);
  });

  it.each([
    ["127.0.0.1:8080", false, "/ip4/127.0.0.1/tcp/8080/ws/p2p/x"],
    ["example.org", true, "/dns/example.org/tcp/443/tls/ws/p2p/x"],
    ["[::1]:9", false, "/ip6/::1/tcp/9/ws/p2p/x"],
    ["localhost", false, "/dns/localhost/tcp/80/ws/p2p/x"],
    ["a b", false, null],
    ["x/../../y", false, null],
    ["", false, null],
  ])("derives its address from the page's host: %j", (host, secure, address) => {
    expect(addressOf(host, secure, "x")).toBe(address);
  });
});
