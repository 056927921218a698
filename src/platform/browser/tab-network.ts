/**
 * A tab's network: finds the seed at the page's origin, lets it (or any peer) introduce other tabs, and talks to those
 * directly over WebRTC. Losing the seed loses nobody; it is dialled again until it is back.
 * @module
 */
import { circuitRelayServer, circuitRelayTransport } from "@libp2p/circuit-relay-v2";
import { noise } from "@libp2p/noise";
import { webRTC } from "@libp2p/webrtc";
import { webSockets } from "@libp2p/websockets";
import { createLibp2p } from "libp2p";
import type { Log, Network, NetworkHandlers } from "#node/ports.ts";
import type { Bootstrap } from "../libp2p/bootstrap.ts";
import type { AetherLibp2p } from "../libp2p/gossip-link.ts";
import { Libp2pHost } from "../libp2p/host.ts";
import { Introductions } from "../libp2p/introductions.ts";
import { networkLimits } from "../libp2p/limits.ts";
import { SeedLinks } from "../libp2p/seed-links.ts";
import { sharedServices } from "../libp2p/services.ts";
import { streamMuxer } from "../libp2p/stream-muxer.ts";
import { countTraffic } from "../libp2p/traffic.ts";
import { encryptingInTurns, startingInTurns } from "./network-turns.ts";
import { silentLog } from "./silent-log.ts";
import { newTabKey, tabNoiseCrypto } from "./tab-keys.ts";
import { breathe } from "./turns.ts";
import { repairInitChannels } from "./webrtc-init-channel.ts";

/** Settings of a tab's network. */
export interface TabNetworkOptions {
  readonly bootstrap: Bootstrap;
  readonly iceServers: readonly RTCIceServer[];
  readonly log: Log;
  /** A seed named others; they are worth remembering. */
  onSeeds(addresses: readonly string[]): void;
}

interface WithComponents {
  readonly components: { readonly transportManager: { add(transport: unknown): void } };
}

class TabNetwork implements Network {
  private readonly host: Libp2pHost;
  private readonly seeds: SeedLinks;
  private readonly introductions: Introductions;
  private readonly firstPeers: readonly string[];
  private addingUdp: Promise<void> | null = null;

  constructor(libp2p: AetherLibp2p, { bootstrap, log, onSeeds }: TabNetworkOptions) {
    this.firstPeers = bootstrap.peers;
    this.host = new Libp2pHost(libp2p, {
      networkName: bootstrap.network,
      log,
      isSeed: (id) => this.seeds.has(id),
      onVerified: (id) => void this.introductions.exchange(id),
      onWake: () => this.lookAround(),
      giveTurn: breathe,
    });
    this.seeds = new SeedLinks(this.host, [...bootstrap.addresses, ...bootstrap.seeds], () => this.addUdp());
    this.host.ipfs.prepareDial = async (address) => {
      if (address.includes("/webrtc-direct")) await this.addUdp();
    };
    this.introductions = new Introductions({
      host: this.host,
      seeds: this.seeds,
      addressOf: (id, relay) => `${relay}/p2p-circuit/webrtc/p2p/${id}`,
      onSeeds: (addresses) => {
        this.seeds.rejoinAll();
        onSeeds(addresses);
      },
      log: (message, peerId) => log({ level: "debug", source: "network", message, context: { peerId } }),
    });
  }

  get ipfs() {
    return this.host.ipfs;
  }

  /** For the connection gater. */
  isBanned(peerId: string): boolean {
    return this.host.isBanned(peerId);
  }

  /** For the connection gater. */
  mayDial(address: string): boolean {
    return this.seeds.allows(address) || this.host.ipfs.allows(address);
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    await this.introductions.serve();
    await breathe();
    await this.host.start({
      ...handlers,
      onPeerDisconnected: (id) => {
        handlers.onPeerDisconnected(id);
        void this.seeds.rejoin(id);
      },
    });
    this.seeds.rejoinAll();
    this.introductions.begin(this.firstPeers);
    this.host.every(this.host.limits.exchangeEveryMs, () => this.seeds.rejoinAll());
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

  async reach(peerId: string) {
    const { host } = this;
    const deadlineMs = Date.now() + host.limits.reachTimeoutMs;
    const here = await host.reach(peerId);
    if (here.ok || host.isBanned(peerId)) return here;
    await this.introductions.reach(peerId);
    // A connection counts once it has carried an echo; the other side may also have been dialling us.
    for (;;) {
      const reached = await host.reach(peerId);
      if (reached.ok || host.stopped || Date.now() >= deadlineMs) return reached;
      await new Promise<void>((resolve) => host.after(host.limits.reachLookMs, resolve));
    }
  }

  request(...args: Parameters<Network["request"]>) {
    return this.host.request(...args);
  }

  ban(...args: Parameters<Network["ban"]>): void {
    this.host.ban(...args);
  }

  timerDriftMs(): number {
    return this.host.timerDriftMs();
  }

  traffic() {
    return this.host.traffic();
  }

  /** WebSockets did not get through: another way to the seed, which few need, is loaded only now. */
  private addUdp(): Promise<void> {
    this.addingUdp ??= this.bringUdp().catch((error: unknown) => {
      this.addingUdp = null;
      throw error;
    });
    return this.addingUdp;
  }

  private async bringUdp(): Promise<void> {
    const { createWebRtcDirect } = await import("./webrtc-direct.ts");
    const { components } = this.host.libp2p as unknown as WithComponents;
    components.transportManager.add(createWebRtcDirect(components));
  }

  private lookAround(): void {
    this.seeds.rejoinAll();
    this.introductions.exchangeWithAll();
  }
}

/** Builds a tab's network. Window only: peer connections exist nowhere else. */
export async function createTabNetwork(options: TabNetworkOptions): Promise<Network> {
  repairInitChannels(RTCPeerConnection as unknown as Parameters<typeof repairInitChannels>[0]);
  const seedAddress = options.bootstrap.addresses[0];
  let network: TabNetwork | null = null;
  const banned = (peerId: { toString(): string }): boolean => network?.isBanned(peerId.toString()) ?? false;
  const privateKey = await newTabKey(crypto.subtle);
  await breathe();
  const libp2p = await createLibp2p({
    start: false,
    ...(privateKey === undefined ? {} : { privateKey }),
    addresses: { listen: ["/webrtc", ...(seedAddress === undefined ? [] : [`${seedAddress}/p2p-circuit`])] },
    transports: [
      webSockets(),
      webRTC({ rtcConfiguration: { iceServers: [...options.iceServers] } }),
      circuitRelayTransport(),
    ],
    // A tab without a seed is still a node: listening through a relay that is away must not stop it.
    transportManager: { faultTolerance: 1 },
    connectionEncrypters: [encryptingInTurns(noise({ crypto: tabNoiseCrypto }))],
    streamMuxers: [streamMuxer()],
    // In place of the browser default, which silently refuses plain WebSockets and private addresses, as a seed at home has.
    connectionGater: {
      denyDialMultiaddr: (address) => !(network?.mayDial(address.toString()) ?? false),
      denyDialPeer: banned,
      denyInboundEncryptedConnection: banned,
    },
    metrics: countTraffic,
    logger: silentLog,
    services: {
      ...sharedServices(),
      relay: circuitRelayServer({ reservations: { maxReservations: networkLimits.tabReservations } }),
      turns: startingInTurns,
    },
  });
  await breathe();
  network = new TabNetwork(libp2p as unknown as AetherLibp2p, options);
  return network;
}
