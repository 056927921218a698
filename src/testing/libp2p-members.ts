/**
 * Real libp2p nodes in one process for tests: seeds behind real HTTP ports, and hosts set up as a tab's but with
 * WebSockets in place of WebRTC for the direct link. Loopback only; {@link endMembers} ends them all.
 * @module
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { gossipsub } from "@libp2p/gossipsub";
import { noise } from "@libp2p/noise";
import { webSockets } from "@libp2p/websockets";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { expect } from "vitest";
import type { GossipVerdict, Network, NetworkHandlers, PeerInfo } from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { AetherLibp2p } from "../platform/libp2p/gossip-link.ts";
import { type HostOptions, Libp2pHost } from "../platform/libp2p/host.ts";
import { networkLimits } from "../platform/libp2p/limits.ts";
import { gossipOptions, sharedServices } from "../platform/libp2p/services.ts";
import { streamMuxer } from "../platform/libp2p/stream-muxer.ts";
import { countTraffic } from "../platform/libp2p/traffic.ts";
import { addressOf, createSeedNetwork, newNetworkKey, type SeedNetwork } from "../platform/node/seed-network.ts";
import type { NetworkWorld } from "./network-contract.ts";
import "../platform/node/web-socket.ts";

/** The name of the network that members are on. */
export const networkName = "test";

/** What a member's node would have: handlers that note everything. */
export interface Member {
  readonly network: Libp2pHost;
  readonly connected: PeerInfo[];
  readonly gossip: Uint8Array[];
  verdict: GossipVerdict;
  /** Verdicts wait for this. */
  judging: Promise<void>;
  answer: NetworkHandlers["onRequest"];
  /** What it has for everybody, by SHA-256 in hex. */
  readonly open: Map<string, Uint8Array>;
  stop(): Promise<void>;
}

/** A member that is a seed. */
export interface SeedMember extends Member {
  readonly seed: SeedNetwork;
  readonly address: string;
  /** To start it again as the same seed. */
  readonly identity: Uint8Array;
  readonly port: number;
}

const running = new Set<Member>();

/** Ends every member that a test started. */
export async function endMembers(): Promise<void> {
  for (const member of [...running]) await member.stop();
}

async function begin(network: Libp2pHost, after: () => void): Promise<Member> {
  const member: Member = {
    network,
    connected: [],
    gossip: [],
    verdict: "accept",
    judging: Promise.resolve(),
    answer: (_peer, _protocol, request) => Promise.resolve(accepted(request)),
    open: new Map(),
    stop: async () => {
      running.delete(member);
      await network.stop();
      after();
    },
  };
  running.add(member);
  await network.start({
    onGossip: async (_peer, _topic, message) => {
      member.gossip.push(message);
      await member.judging;
      return member.verdict;
    },
    onRequest: (...args) => member.answer(...args),
    onPublicHave: (digests) => Promise.resolve(digests.map((one) => member.open.get(toHex(one))?.length ?? null)),
    onPublicWant: (digest) => {
      const block = member.open.get(toHex(digest));
      return Promise.resolve(block === undefined ? rejected("not-found", "It is not here.") : accepted(block));
    },
    onPeerConnected: (peer) => member.connected.push(peer),
    onPeerDisconnected: (id) =>
      member.connected.splice(0, member.connected.length, ...member.connected.filter((peer) => peer.id !== id)),
  });
  return member;
}

/** A seed behind a real HTTP port, as the seed program runs it. */
export async function startSeedMember(
  options: { identity?: Uint8Array; port?: number; otherSeeds?: readonly string[]; ipfsNodes?: readonly string[] } = {},
): Promise<SeedMember> {
  const identity = options.identity ?? (await newNetworkKey());
  const seed = await createSeedNetwork({
    networkName,
    privateKey: identity,
    peersNamed: 8,
    udp: null,
    otherSeeds: options.otherSeeds ?? [],
    ipfsNodes: options.ipfsNodes ?? [],
    log: () => undefined,
  });
  const server = createServer((request, response) => {
    response.end(JSON.stringify(seed.bootstrap(request.headers.host ?? "", false)));
  });
  server.on("upgrade", seed.upgrade);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const member = await begin(seed.network, () => {
    server.closeAllConnections();
    server.close();
  });
  const address = addressOf(`127.0.0.1:${port}`, false, seed.network.selfId()) as string;
  return Object.assign(member, { seed, address, identity, port });
}

/** How a tab-like member departs from the usual. */
export interface TabMemberOptions {
  /** The address of a seed that holds a place for it. */
  readonly relay?: string;
  /** Introduces others, as tabs do. */
  readonly introduces?: boolean;
  readonly gossip?: Parameters<typeof gossipsub>[0];
  readonly host?: Partial<HostOptions>;
}

/** A host as a tab has it, not started. */
export async function createTabHost(options: TabMemberOptions): Promise<Libp2pHost> {
  const relayed = options.relay === undefined ? [] : [`${options.relay}/p2p-circuit`];
  const libp2p = await createLibp2p({
    start: false,
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0/ws", ...relayed] },
    transports: [webSockets(), circuitRelayTransport()],
    connectionEncrypters: [noise()],
    streamMuxers: [streamMuxer()],
    connectionGater: {
      denyDialMultiaddr: () => false,
      denyInboundEncryptedConnection: (peerId) => host.isBanned(peerId.toString()),
    },
    metrics: countTraffic,
    services: {
      ...sharedServices(),
      pubsub: gossipsub({ ...gossipOptions, ...options.gossip }),
      ...(options.introduces ? { relay: circuitRelayServer() } : {}),
    },
  });
  const host: Libp2pHost = new Libp2pHost(libp2p as unknown as AetherLibp2p, {
    networkName,
    log: () => undefined,
    isSeed: (id) => options.relay?.endsWith(id) ?? false,
    ...options.host,
  });
  return host;
}

/** A started host as a tab has it. */
export async function startTabMember(options: TabMemberOptions = {}): Promise<Member> {
  return begin(await createTabHost(options), () => undefined);
}

/** The address under which a member is reached without a relay. */
export const directAddress = (member: Member): string => addressOfHost(member.network);

function addressOfHost(host: Libp2pHost): string {
  const address = host.libp2p.getMultiaddrs().find((one) => !one.toString().includes("/p2p-circuit"));
  if (address === undefined) throw new Error("the member listens nowhere");
  return address.toString();
}

/** Waits until a condition holds. */
export async function holds(condition: () => boolean, timeoutMs = 60_000): Promise<void> {
  await expect.poll(condition, { timeout: timeoutMs, interval: 20 }).toBe(true);
}

/** Whether each has verified the other. */
export function acquainted(a: Member, b: Member): boolean {
  const knows = (one: Member, other: Member): boolean =>
    one.network.peers().some((peer) => peer.id === other.network.selfId());
  return knows(a, b) && knows(b, a);
}

/** Lets `from` dial an address of `to`, and waits until both have verified each other. */
export async function connect(from: Member, to: Member, address: string): Promise<void> {
  await from.network.libp2p.dial(multiaddr(address), { force: true });
  await holds(() => acquainted(from, to));
}

/** Hosts that meet over WebSockets, for the contract suite; `wrap` puts an adapter before each. */
export function libp2pWorld(wrap: (network: Network) => Network = (network) => network): Promise<NetworkWorld> {
  const hosts = new Map<Network, Libp2pHost>();
  const hostOf = (network: Network): Libp2pHost => hosts.get(network) as Libp2pHost;
  return Promise.resolve({
    bounds: { requestBytes: networkLimits.requestBytes, openRequests: networkLimits.streamsPerPeer },
    join: async (handlers) => {
      const host = await createTabHost({});
      const network = wrap(host);
      hosts.set(network, host);
      await network.start(handlers);
      return network;
    },
    link: async (a, b) => {
      const [from, to] = [hostOf(a), hostOf(b)];
      const dialled = await from.libp2p.dial(multiaddr(addressOfHost(to)), { force: true }).catch(() => null);
      if (dialled === null || to.isBanned(from.selfId())) return;
      const knows = (one: Network, id: string): boolean => one.peers().some((peer) => peer.id === id);
      await holds(() => knows(a, to.selfId()) && knows(b, from.selfId())).catch(() => undefined);
    },
    until: (condition) => holds(condition),
    settle: (promise) => promise,
    end: async () => {
      for (const host of hosts.values()) await host.stop();
    },
  });
}
