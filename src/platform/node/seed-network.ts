/**
 * The seed's network: WebSockets taken over from the HTTP server's one port, a relay that introduces tabs to each other,
 * and the answer of `/bootstrap.json`.
 * @module
 */
import "./promise-with-resolvers.ts";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type CircuitRelayService, circuitRelayServer } from "@libp2p/circuit-relay-v2";
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from "@libp2p/crypto/keys";
import { noise } from "@libp2p/noise";
import { webSockets } from "@libp2p/websockets";
import { createLibp2p } from "libp2p";
import type { Log } from "#node/ports.ts";
import type { Bootstrap } from "../libp2p/bootstrap.ts";
import type { AetherLibp2p } from "../libp2p/gossip-link.ts";
import { Libp2pHost } from "../libp2p/host.ts";
import { serveExchange } from "../libp2p/peer-exchange.ts";
import { SeedLinks } from "../libp2p/seed-links.ts";
import { sharedServices } from "../libp2p/services.ts";
import { streamMuxer } from "../libp2p/stream-muxer.ts";
import { countTraffic } from "../libp2p/traffic.ts";
import { meetSeeds } from "./other-seeds.ts";
import { udpAddressOf, udpListening } from "./seed-udp.ts";

/** Places for tabs, far above what one process can serve. */
const seats = { reservations: 1_000, connections: 2_000, pending: 200, perSecond: 200 } as const;

/** The seed's network with its extras. */
export interface SeedNetwork {
  readonly network: Libp2pHost;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  bootstrap(host: string, secure: boolean): Bootstrap;
}

interface UpgradeListener {
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** The multiaddress under which a page that used this `Host` header reaches us; null for a host that makes no sense. */
export function addressOf(host: string, secure: boolean, peerId: string): string | null {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]{1,253})(?::(\d{1,5}))?$/.exec(host);
  if (match === null) return null;
  const name = (match[1] as string).replace(/^\[|\]$/g, "");
  const port = match[2] ?? (secure ? "443" : "80");
  const kind = /^[\d.]+$/.test(name) ? "ip4" : name.includes(":") ? "ip6" : "dns";
  return `/${kind}/${name}/tcp/${port}${secure ? "/tls" : ""}/ws/p2p/${peerId}`;
}

/** A new private key for a seed, as bytes to be kept. */
export async function newNetworkKey(): Promise<Uint8Array> {
  return privateKeyToProtobuf(await generateKeyPair("Ed25519"));
}

/** How a seed's network is to be. */
export interface SeedNetworkOptions {
  readonly networkName: string;
  readonly privateKey: Uint8Array;
  readonly peersNamed: number;
  /** Where tabs reach us over UDP too; null: nowhere. */
  readonly udp: { readonly host: string; readonly port: number } | null;
  /** Pages of other seeds to stay connected with. */
  readonly otherSeeds: readonly string[];
  /** Addresses of nodes of IPFS to stay connected with; they are asked for blocks. */
  readonly ipfsNodes: readonly string[];
  readonly log: Log;
}

/** Libp2p as a seed has it; `isBanned` keeps peers out. */
async function createSeedLibp2p(options: SeedNetworkOptions, isBanned: (peerId: string) => boolean) {
  const udp = await udpListening(options);
  return createLibp2p({
    start: false,
    privateKey: privateKeyFromProtobuf(options.privateKey),
    // The internal listener is never reached from outside: the HTTP server hands it the sockets of its own port.
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0/ws", ...udp.addresses] },
    transports: [webSockets(), ...udp.transports],
    // A seed that cannot listen on UDP still serves everybody over its one port.
    transportManager: { faultTolerance: 1 },
    connectionEncrypters: [noise()],
    streamMuxers: [streamMuxer()],
    connectionManager: {
      maxConnections: seats.connections,
      maxIncomingPendingConnections: seats.pending,
      inboundConnectionThreshold: seats.perSecond,
    },
    connectionGater: { denyInboundEncryptedConnection: (peerId) => isBanned(peerId.toString()) },
    metrics: countTraffic,
    services: {
      ...sharedServices(),
      relay: circuitRelayServer({ reservations: { maxReservations: seats.reservations } }),
    },
  });
}

/** What takes WebSockets over from the HTTP server. */
function upgradeListener(libp2p: object): UpgradeListener | undefined {
  const { components } = libp2p as { components: { transportManager: { getListeners(): unknown[] } } };
  return components.transportManager
    .getListeners()
    .find((one): one is UpgradeListener => one !== null && typeof one === "object" && "onUpgrade" in one);
}

/** Connects nodes of IPFS, and again whenever one has gone. */
function keepIpfsNodes(host: Libp2pHost, addresses: readonly string[], log: Log): void {
  if (addresses.length === 0) return;
  const connect = async (address: string): Promise<void> => {
    const connected = await host.ipfs.connect(address);
    if (!connected.ok) log({ level: "debug", source: "network", message: `${address}: ${connected.message}` });
  };
  const connectAll = (): void => {
    for (const address of addresses) void connect(address);
  };
  host.libp2p.addEventListener("start", connectAll, { once: true });
  host.every(host.limits.exchangeEveryMs, connectAll);
}

/** Builds the seed's network; `start` of its network port brings it up. */
export async function createSeedNetwork(options: SeedNetworkOptions): Promise<SeedNetwork> {
  const libp2p = await createSeedLibp2p(options, (id) => host.isBanned(id));
  const host: Libp2pHost = new Libp2pHost(libp2p as unknown as AetherLibp2p, {
    networkName: options.networkName,
    log: options.log,
    isSeed: (id) => links.has(id),
  });
  const links = new SeedLinks(host, []);
  const meet = (): void => void meetSeeds(options.otherSeeds, options.networkName, links, options.log);
  if (options.otherSeeds.length > 0) {
    libp2p.addEventListener("start", meet, { once: true });
    host.every(host.limits.exchangeEveryMs, meet);
  }
  keepIpfsNodes(host, options.ipfsNodes, options.log);
  const peerId = libp2p.peerId.toString();
  /** Tabs that hold a place on our relay and answered an echo: those can be dialled. */
  const reachable = (): readonly string[] => {
    const relay = libp2p.services.relay as CircuitRelayService;
    const verified = new Set(host.peers().map((peer) => peer.id));
    return [...relay.reservations.keys()].map((peer) => peer.toString()).filter((peer) => verified.has(peer));
  };
  await serveExchange(libp2p, () => ({
    peers: reachable(),
    seeds: links.connected(),
    timerDriftMs: host.timerDriftMs(),
  }));
  return {
    network: host,
    upgrade: (request, socket, head) => {
      const taker = upgradeListener(libp2p);
      if (taker === undefined) socket.destroy();
      else taker.onUpgrade(request, socket, head);
    },
    bootstrap: (requestHost, secure) => {
      const listening = libp2p.getMultiaddrs().map((one) => one.toString());
      const addresses = [addressOf(requestHost, secure, peerId), udpAddressOf(requestHost, listening)];
      const peers = reachable().slice(-options.peersNamed);
      return {
        network: options.networkName,
        peerId,
        addresses: addresses.filter((one) => one !== null),
        peers,
        seeds: links.connected(),
      };
    },
  };
}
