/**
 * A tab's network: finds the seed at the page's origin, lets it (or any peer) introduce other tabs, and talks to those
 * directly over WebRTC. Losing the seed loses nobody; it is dialled again until it is back.
 * @module
 */
import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { noise } from "@libp2p/noise";
import { webRTC } from "@libp2p/webrtc";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import type { Log, Network, NetworkHandlers } from "#node/ports.ts";
import type { AetherLibp2p } from "../libp2p/gossip-link.ts";
import { Libp2pHost } from "../libp2p/host.ts";
import { networkLimits } from "../libp2p/limits.ts";
import { askExchange, serveExchange } from "../libp2p/peer-exchange.ts";
import { sharedServices } from "../libp2p/services.ts";
import { repairInitChannels } from "./webrtc-init-channel.ts";

/** What the seed's `/bootstrap.json` says. */
export interface Bootstrap {
  readonly network: string;
  readonly peerId: string;
  readonly addresses: readonly string[];
  readonly peers: readonly string[];
}

/** Settings of a tab's network. */
export interface TabNetworkOptions {
  readonly bootstrap: Bootstrap;
  readonly iceServers: readonly RTCIceServer[];
  readonly log: Log;
}

interface Listening {
  readonly components: { readonly transportManager: { listen(addresses: unknown[]): Promise<void> } };
}

class TabNetwork implements Network {
  private readonly host: Libp2pHost;
  private readonly seedAddress: string | null;
  private readonly seedId: string;
  private readonly firstPeers: readonly string[];
  private readonly log: Log;
  private readonly dialling = new Set<string>();
  private reconnecting = false;

  constructor(libp2p: AetherLibp2p, options: TabNetworkOptions) {
    this.seedId = options.bootstrap.peerId;
    this.seedAddress = options.bootstrap.addresses[0] ?? null;
    this.firstPeers = options.bootstrap.peers;
    this.log = options.log;
    this.host = new Libp2pHost(libp2p, {
      networkName: options.bootstrap.network,
      log: options.log,
      isSeed: (id) => id === this.seedId,
      onVerified: (id) => void this.exchange(id),
    });
  }

  /** For the connection gater. */
  isBanned(peerId: string): boolean {
    return this.host.isBanned(peerId);
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    const { libp2p } = this.host;
    await serveExchange(libp2p, () =>
      this.peers()
        .filter((peer) => peer.direct && !peer.seed)
        .map((peer) => peer.id),
    );
    await this.host.start({
      ...handlers,
      onPeerDisconnected: (id) => {
        handlers.onPeerDisconnected(id);
        if (id === this.seedId) void this.reconnect();
      },
    });
    // A newcomer dials those it is told of; they wait, so the two do not dial each other at once.
    for (const id of shuffled(this.firstPeers)) void this.dial(id, this.seedId);
    // Another tab that joined in the same moment is on nobody's list yet.
    for (const delayMs of networkLimits.earlyExchangesMs) this.host.after(delayMs, () => this.exchangeWithAll());
    this.host.every(networkLimits.exchangeEveryMs, () => {
      this.exchangeWithAll();
      if (!this.host.peers().some((peer) => peer.id === this.seedId)) void this.reconnect();
    });
  }

  stop(): Promise<void> {
    return this.host.stop();
  }

  selfId(): string {
    return this.host.selfId();
  }

  peers() {
    return this.host.peers();
  }

  publish(...args: Parameters<Network["publish"]>) {
    return this.host.publish(...args);
  }

  request(...args: Parameters<Network["request"]>) {
    return this.host.request(...args);
  }

  ban(...args: Parameters<Network["ban"]>): void {
    this.host.ban(...args);
  }

  private exchangeWithAll(): void {
    const direct = this.peers().filter((peer) => peer.direct);
    if (direct.length <= networkLimits.wantedPeers) for (const peer of direct) void this.exchange(peer.id);
  }

  /** Dials a tab through whoever can introduce us; tries again when the first try is lost to a race. */
  private async dial(id: string, introducer: string): Promise<void> {
    const { libp2p } = this.host;
    const direct = this.peers().filter((peer) => peer.direct && !peer.seed).length;
    const known = id === this.selfId() || id === this.seedId || this.host.isDirect(id) || this.host.isBanned(id);
    if (known || this.dialling.has(id) || direct >= networkLimits.wantedPeers) return;
    this.dialling.add(id);
    const relay = introducer === this.seedId && this.seedAddress !== null ? this.seedAddress : `/p2p/${introducer}`;
    try {
      for (let tries = 0; tries < networkLimits.dialTries && !this.host.isDirect(id) && !this.host.stopped; tries++) {
        const signal = AbortSignal.timeout(networkLimits.dialTimeoutMs);
        const failure = await libp2p.dial(multiaddr(`${relay}/p2p-circuit/webrtc/p2p/${id}`), { signal }).then(
          () => null,
          (error: unknown) => String(error),
        );
        if (failure === null) return;
        this.log({ level: "debug", source: "network", message: `dial failed: ${failure}`, context: { peerId: id } });
      }
    } finally {
      this.dialling.delete(id);
    }
  }

  /** Asks a peer whom else it knows. */
  private async exchange(id: string): Promise<void> {
    const connection = this.host.libp2p
      .getConnections()
      .find((one) => one.remotePeer.toString() === id && one.limits === undefined);
    if (connection === undefined) return;
    for (const other of await askExchange(connection)) this.discover(other, id);
  }

  /** On discovery the lower id dials at once and the higher waits: both dialling at once (glare) loses both dials. */
  private discover(id: string, toldBy: string): void {
    const seedThere = this.peers().some((peer) => peer.id === this.seedId);
    const introducer = seedThere ? this.seedId : toldBy;
    const delayMs = this.selfId() < id ? 0 : networkLimits.glareDelayMs;
    this.host.after(delayMs, () => void this.dial(id, introducer));
  }

  /** Brings the seed back: libp2p itself never tries again. */
  private async reconnect(): Promise<void> {
    const address = this.seedAddress;
    if (this.reconnecting || address === null) return;
    this.reconnecting = true;
    let delayMs: number = networkLimits.reconnectFirstMs;
    const { libp2p } = this.host;
    while (!this.host.stopped && !this.host.peers().some((peer) => peer.id === this.seedId)) {
      try {
        await libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(networkLimits.dialTimeoutMs) });
        const { transportManager } = (libp2p as unknown as Listening).components;
        await transportManager.listen([multiaddr(`${address}/p2p-circuit`)]);
        break;
      } catch {
        await new Promise<void>((resolve) => this.host.after(delayMs, resolve));
        delayMs = Math.min(networkLimits.reconnectLongestMs, delayMs * 2);
      }
    }
    this.reconnecting = false;
  }
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}

/** Builds a tab's network. Window only: peer connections exist nowhere else. */
export async function createTabNetwork(options: TabNetworkOptions): Promise<Network> {
  repairInitChannels(RTCPeerConnection as unknown as Parameters<typeof repairInitChannels>[0]);
  const seedAddress = options.bootstrap.addresses[0];
  let network: TabNetwork | null = null;
  const banned = (peerId: { toString(): string }): boolean => network?.isBanned(peerId.toString()) ?? false;
  const libp2p = await createLibp2p({
    start: false,
    addresses: { listen: ["/webrtc", ...(seedAddress === undefined ? [] : [`${seedAddress}/p2p-circuit`])] },
    transports: [
      webSockets(),
      webRTC({ rtcConfiguration: { iceServers: [...options.iceServers] } }),
      circuitRelayTransport(),
    ],
    // A tab without a seed is still a node: listening through a relay that is away must not stop it.
    transportManager: { faultTolerance: 1 },
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // The browser default silently refuses plain WebSockets and private addresses, which is what a seed at home has.
    connectionGater: { denyDialMultiaddr: () => false, denyDialPeer: banned, denyInboundEncryptedConnection: banned },
    services: { ...sharedServices(), relay: circuitRelayServer({ reservations: { maxReservations: 32 } }) },
  });
  network = new TabNetwork(libp2p as unknown as AetherLibp2p, options);
  return network;
}
