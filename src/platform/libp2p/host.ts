/**
 * The network port over a libp2p node, the same for tab and seed: verified peers, gossip with validation, requests over
 * streams, bans. A peer counts only after an echo over the very connection: @libp2p/webrtc reports some whose ICE failed.
 * @module
 */
import type { Connection, PeerId } from "@libp2p/interface";
import {
  type Log,
  type Network,
  type NetworkHandlers,
  type PeerInfo,
  type Protocol,
  protocols,
  type RequestLimits,
  type Topic,
} from "#node/ports.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { noTraffic, type Traffic } from "#sdk/resources.ts";
import { Bans } from "./bans.ts";
import { echo } from "./echo.ts";
import { type AetherLibp2p, GossipLink } from "./gossip-link.ts";
import { IpfsLink } from "./ipfs-link.ts";
import { type NetworkLimits, networkLimits } from "./limits.ts";
import { ask, RequestServer } from "./requests.ts";
import { TimerDrift } from "./timer-drift.ts";
import { Timers } from "./timers.ts";
import { trafficOf } from "./traffic.ts";
import { type VerifiedConnection, VerifiedPeers } from "./verified-peers.ts";

/** What a host needs to know. */
export interface HostOptions {
  readonly networkName: string;
  readonly log: Log;
  /** Limits to change, for tests. */
  readonly limits?: Partial<NetworkLimits>;
  /** Whether a peer is a seed. */
  isSeed(peerId: string): boolean;
  /** Called when a peer becomes usable, before the node hears of it. */
  onVerified?(peerId: string): void;
  /** Called when this thread was frozen for a while and runs again. */
  onWake?(): void;
  /** Lets what else waits for this thread have its turn, between two steps of the start. */
  giveTurn?(): Promise<void>;
}

/** That a peer cannot be connected. */
export const unreached = rejected("disconnected", "That peer cannot be reached from here.");

/** Libp2p behind the network port. */
export class Libp2pHost implements Network {
  readonly libp2p: AetherLibp2p;
  readonly limits: NetworkLimits;
  readonly ipfs: IpfsLink;
  private readonly options: HostOptions;
  private readonly gossip: GossipLink;
  private readonly verified = new VerifiedPeers();
  private readonly bans: Bans;
  private readonly drift: TimerDrift;
  private readonly timers = new Timers();
  private readonly ended = new AbortController();
  private handlers: NetworkHandlers | null = null;

  constructor(libp2p: AetherLibp2p, options: HostOptions) {
    this.libp2p = libp2p;
    this.options = options;
    this.limits = { ...networkLimits, ...options.limits };
    this.gossip = new GossipLink(libp2p, options.networkName, this.limits);
    this.bans = new Bans(this.limits.bannedPeers, () => Date.now());
    this.ipfs = new IpfsLink({
      libp2p,
      limits: this.limits,
      ban: (...args) => this.ban(...args),
      onForeign: (peerId) => this.disown(peerId),
      handlers: () => this.handlers,
    });
    this.drift = new TimerDrift(this.limits.frozenMs, () => this.wake());
  }

  selfId(): string {
    return this.libp2p.peerId.toString();
  }

  /** Whether the network has been stopped. */
  get stopped(): boolean {
    return this.ended.signal.aborted;
  }

  async start(handlers: NetworkHandlers): Promise<void> {
    this.handlers = handlers;
    const { libp2p, limits } = this;
    libp2p.addEventListener("connection:open", ({ detail }) => void this.onOpen(detail));
    libp2p.addEventListener("connection:close", ({ detail }) => this.onClose(detail));
    const answer: ConstructorParameters<typeof RequestServer>[1] = (...request) =>
      this.handlers?.onRequest(...request) ?? Promise.resolve(rejected("disconnected", "This node is stopping."));
    const server = new RequestServer(limits, answer, this.ended.signal, this.options.log);
    for (const protocol of Object.values(protocols)) {
      await libp2p.handle(protocol, (stream, connection) => server.serve(protocol, stream, connection), {
        // Beyond its places a peer is refused in words up to here, and by a reset from here on.
        maxInboundStreams: 2 * limits.streamsPerPeer,
        maxOutboundStreams: limits.streamsPerPeer,
        runOnLimitedConnection: true,
      });
      await this.options.giveTurn?.();
    }
    await this.ipfs.serve();
    this.gossip.validateWith(async (...message) => (await this.handlers?.onGossip(...message)) ?? "ignore");
    await libp2p.start();
    this.gossip.subscribe();
    this.drift.start();
    this.every(limits.echoEveryMs, () => this.echoAll());
  }

  async stop(): Promise<void> {
    this.ended.abort();
    this.timers.stop();
    this.drift.stop();
    this.handlers = null;
    await this.stopLibp2p();
  }

  /** libp2p waits for each WebRTC connection's word that it has ended; one that was being made never says so. */
  private async stopLibp2p(): Promise<void> {
    let giveUp: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      giveUp = setTimeout(() => {
        const message = "Some connections did not end in time and were left behind.";
        this.options.log({ level: "warning", source: "network", message });
        resolve();
      }, this.limits.stopTimeoutMs);
    });
    await Promise.race([this.libp2p.stop(), late]);
    clearTimeout(giveUp);
  }

  peers(): readonly PeerInfo[] {
    return this.verified.infos(this.options.isSeed);
  }

  publish(topic: Topic, message: Uint8Array): Promise<number> {
    return this.gossip.publish(topic, message);
  }

  /** A host by itself knows no way to peers that are not here. */
  reach(peerId: string): Promise<Result<null>> {
    return Promise.resolve(this.verified.has(peerId) ? accepted(null) : unreached);
  }

  request(peerId: string, protocol: Protocol, request: Uint8Array, limits: RequestLimits): Promise<Result<Uint8Array>> {
    const best = this.verified.best(peerId);
    if (best === undefined) return Promise.resolve(rejected("disconnected", "The peer is not connected."));
    const bounds = { ...limits, requestBytes: this.limits.requestBytes };
    return ask(best.connection, protocol, request, bounds, this.ended.signal);
  }

  ban(peerId: string, durationMs: number, reason: string): void {
    this.log("info", `banned for ${durationMs} ms: ${reason}`, peerId);
    this.bans.add(peerId, durationMs);
    for (const connection of this.libp2p.getConnections()) {
      if (connection.remotePeer.toString() === peerId) void connection.close().catch(() => undefined);
    }
  }

  timerDriftMs(): number {
    return this.drift.driftMs();
  }

  traffic(): Traffic {
    return trafficOf(this.libp2p)?.view() ?? noTraffic;
  }

  /** Whether a peer is banned now. */
  isBanned(peerId: string): boolean {
    return this.bans.has(peerId);
  }

  /** Whether a peer is usable over a connection without a relay. */
  isDirect(peerId: string): boolean {
    return this.verified.isDirect(peerId);
  }

  /** The verified connection without a relay to a peer. */
  directConnection(peerId: string): Connection | undefined {
    return this.isDirect(peerId) ? this.verified.best(peerId)?.connection : undefined;
  }

  /** Whether a peer has begun to reach us through a relay: a direct connection of its making should follow. */
  isReachedBy(peerId: string): boolean {
    return this.libp2p
      .getConnections()
      .some(
        (one) =>
          one.remotePeer.toString() === peerId &&
          one.direction === "inbound" &&
          one.limits !== undefined &&
          Date.now() - one.timeline.open < this.limits.glareDelayMs,
      );
  }

  /** Notes how late a peer says its timers are. */
  noteDrift(peerId: string, driftMs: number): void {
    this.verified.noteDrift(peerId, driftMs);
  }

  /** Repeats an action until the network stops. */
  every(periodMs: number, action: () => void): void {
    this.timers.every(periodMs, action);
  }

  /** Acts once after a delay, unless the network stops first. */
  after(delayMs: number, action: () => void): void {
    this.timers.after(delayMs, action);
  }

  private log(level: "debug" | "info", message: string, peerId: string): void {
    this.options.log({ level, source: "network", message, context: { peerId } });
  }

  private async onOpen(connection: Connection): Promise<void> {
    const id = connection.remotePeer.toString();
    if (this.isBanned(id)) return connection.abort(new Error("banned"));
    if (this.ipfs.has(id)) return;
    if (connection.limits === undefined) return this.verify(connection);
    this.after(this.limits.relayedGraceMs, () => {
      if (connection.status === "open" && !this.isDirect(id)) void this.verify(connection);
    });
  }

  private async verify(connection: Connection): Promise<void> {
    const latencyMs = await echo(connection, this.limits.echoTimeoutMs, this.ended.signal);
    const id = connection.remotePeer.toString();
    // Nodes of IPFS are no peers, with an echo or without.
    if (this.ipfs.has(id)) return;
    if (latencyMs === null) {
      this.log("debug", "no echo: connection dropped", id);
      return connection.abort(new Error("no echo over this connection"));
    }
    if (connection.status !== "open" || this.stopped) return;
    const isNew = this.verified.add(connection, latencyMs, Date.now());
    if (connection.limits === undefined) {
      this.dropRelayed(connection.remotePeer);
      this.after(this.limits.surplusCloseMs, () => this.dropSurplus(id));
    }
    if (!isNew) return;
    this.options.onVerified?.(id);
    const peer = this.verified.info(id, this.options.isSeed);
    if (peer !== undefined) this.handlers?.onPeerConnected(peer);
  }

  /** The relay forwards little and not for long; once a direct connection stands its place is free for others. */
  private dropRelayed(peerId: PeerId): void {
    this.after(this.limits.relayedCloseMs, () => {
      if (!this.isDirect(peerId.toString())) return;
      for (const connection of this.libp2p.getConnections(peerId)) {
        if (connection.limits !== undefined) void connection.close().catch(() => undefined);
      }
    });
  }

  /** Two connections to one peer cost both sides twice and carry no more; which one goes, both sides agree on. */
  private dropSurplus(peerId: string): void {
    for (const connection of this.verified.surplus(peerId, this.selfId())) {
      void connection.close().catch(() => undefined);
    }
  }

  private onClose(connection: Connection): void {
    // libp2p may tell of the connection before it tells gossip of the stream that went with it: one look is not enough.
    for (const delayMs of this.limits.mendDelaysMs) {
      this.after(delayMs, () => {
        if (this.gossip.isSilentTo(connection.remotePeer)) void this.gossip.mend(connection.remotePeer);
      });
    }
    if (this.verified.remove(connection)) this.handlers?.onPeerDisconnected(connection.remotePeer.toString());
  }

  /** What was taken for a peer is a node of IPFS. */
  private disown(peerId: string): void {
    for (const { connection } of this.verified.all())
      if (connection.remotePeer.toString() === peerId && this.verified.remove(connection))
        this.handlers?.onPeerDisconnected(peerId);
  }

  private echoAll(): void {
    for (const one of this.verified.all()) void this.echoAgain(one);
  }

  private async echoAgain(one: VerifiedConnection): Promise<void> {
    const latencyMs = await echo(one.connection, this.limits.echoTimeoutMs, this.ended.signal);
    one.missedEchoes = latencyMs === null ? one.missedEchoes + 1 : 0;
    if (latencyMs !== null) one.latencyMs = latencyMs;
    else if (one.missedEchoes >= this.limits.missedEchoes && one.connection.status === "open") {
      one.connection.abort(new Error("the peer stopped answering"));
    }
  }

  /** After a freeze: connections may have died unnoticed, and the world has gone on. */
  private wake(): void {
    this.log("debug", `awake again after ${this.drift.driftMs()} ms`, this.selfId());
    this.echoAll();
    this.options.onWake?.();
  }
}
