/**
 * The network port over a libp2p node, the same for tab and seed: verified peers, gossip with validation, requests over
 * streams, bans. A peer counts only after an echo over the very connection: @libp2p/webrtc reports some whose ICE failed.
 * @module
 */
import type { Connection, PeerId, Stream } from "@libp2p/interface";
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
import { equalBytes } from "#protocol/codec/bytes.ts";
import { type Result, rejected } from "#protocol/result.ts";
import { type AetherLibp2p, GossipLink } from "./gossip-link.ts";
import { networkLimits } from "./limits.ts";
import { answerOverheadBytes, decodeAnswer, encodeAnswer, readFrame, writeFrame } from "./wire.ts";

/** What a host needs to know. */
export interface HostOptions {
  readonly networkName: string;
  readonly log: Log;
  /** Whether a peer is a seed. */
  isSeed(peerId: string): boolean;
  /** Called when a peer becomes usable, before the node hears of it. */
  onVerified?(peerId: string): void;
}

const pingProtocol = "/ipfs/ping/1.0.0";
const pingBytes = 32;

interface VerifiedConnection {
  readonly connection: Connection;
  latencyMs: number;
  readonly sinceMs: number;
}

/** Which kind of transport a connection's address names. */
export function transportOf(address: string): PeerInfo["transport"] {
  if (address.includes("/webrtc-direct")) return "webrtc-direct";
  if (address.includes("/webrtc")) return "webrtc";
  return address.includes("/p2p-circuit") ? "relay" : "websocket";
}

/** Libp2p behind the network port. */
export class Libp2pHost implements Network {
  readonly libp2p: AetherLibp2p;
  private readonly options: HostOptions;
  private readonly gossip: GossipLink;
  private handlers: NetworkHandlers | null = null;
  private readonly verified = new Map<string, VerifiedConnection[]>();
  private readonly buckets = new Map<string, { tokens: number; atMs: number }>();
  private readonly ended = new AbortController();
  readonly bannedUntil = new Map<string, number>();

  constructor(libp2p: AetherLibp2p, options: HostOptions) {
    this.libp2p = libp2p;
    this.options = options;
    this.gossip = new GossipLink(libp2p, options.networkName);
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
    const { libp2p } = this;
    libp2p.addEventListener("connection:open", ({ detail }) => void this.onOpen(detail));
    libp2p.addEventListener("connection:close", ({ detail }) => this.onClose(detail));
    for (const protocol of Object.values(protocols)) {
      await libp2p.handle(protocol, (stream, connection) => this.onStream(protocol, stream, connection), {
        maxInboundStreams: networkLimits.streamsPerPeer,
        maxOutboundStreams: networkLimits.streamsPerPeer,
        runOnLimitedConnection: true,
      });
    }
    this.gossip.validateWith(async (...message) => (await this.handlers?.onGossip(...message)) ?? "ignore");
    await libp2p.start();
    this.gossip.subscribe();
    this.every(networkLimits.echoEveryMs, () => this.echoAll());
  }

  async stop(): Promise<void> {
    this.ended.abort();
    this.handlers = null;
    await this.libp2p.stop();
  }

  peers(): readonly PeerInfo[] {
    return [...this.verified].flatMap(([id, connections]) => {
      const best = connections.find(({ connection }) => connection.limits === undefined) ?? connections[0];
      if (best === undefined) return [];
      const address = best.connection.remoteAddr.toString();
      const direct = best.connection.limits === undefined;
      return [
        {
          id,
          transport: direct ? transportOf(address) : "relay",
          direct,
          direction: best.connection.direction,
          latencyMs: best.latencyMs,
          seed: this.options.isSeed(id),
          address,
          connectedAtMs: best.sinceMs,
        },
      ];
    });
  }

  publish(topic: Topic, message: Uint8Array): Promise<number> {
    return this.gossip.publish(topic, message);
  }

  async request(
    peerId: string,
    protocol: Protocol,
    request: Uint8Array,
    limits: RequestLimits,
  ): Promise<Result<Uint8Array>> {
    const connections = this.verified.get(peerId) ?? [];
    const best = connections.find(({ connection }) => connection.limits === undefined) ?? connections[0];
    if (best === undefined) return rejected("disconnected", "The peer is not connected.");
    const signal = AbortSignal.any([AbortSignal.timeout(limits.timeoutMs), this.ended.signal]);
    let stream: Stream | undefined;
    try {
      stream = await best.connection.newStream(protocol, { signal, runOnLimitedConnection: true });
      const abort = (): void => stream?.abort(new Error("time-out"));
      signal.addEventListener("abort", abort, { once: true });
      await writeFrame(stream, request, signal);
      const answer = await readFrame(stream, limits.maximumResponseBytes + answerOverheadBytes);
      signal.removeEventListener("abort", abort);
      if (answer !== null) {
        void stream.close().catch(() => undefined);
        return decodeAnswer(answer);
      }
      stream.abort(new Error("no usable answer"));
      if (signal.aborted) return rejected("timeout", "The peer did not answer in time.");
      return rejected("disconnected", "The peer ended the stream without a usable answer.");
    } catch (error) {
      stream?.abort(error instanceof Error ? error : new Error(String(error)));
      if (signal.aborted && !this.stopped) return rejected("timeout", "The peer did not answer in time.");
      return rejected("disconnected", error instanceof Error ? error.message : String(error));
    }
  }

  ban(peerId: string, durationMs: number, reason: string): void {
    this.options.log({
      level: "info",
      source: "network",
      message: `banned for ${durationMs} ms: ${reason}`,
      context: { peerId },
    });
    this.bannedUntil.delete(peerId);
    this.bannedUntil.set(peerId, Date.now() + durationMs);
    const oldest = this.bannedUntil.keys().next();
    if (this.bannedUntil.size > networkLimits.bannedPeers && !oldest.done) this.bannedUntil.delete(oldest.value);
    for (const connection of this.libp2p.getConnections()) {
      if (connection.remotePeer.toString() === peerId) void connection.close().catch(() => undefined);
    }
  }

  /** Whether a peer is banned now. */
  isBanned(peerId: string): boolean {
    return (this.bannedUntil.get(peerId) ?? 0) > Date.now();
  }

  /** Whether a peer is usable over a connection without a relay. */
  isDirect(peerId: string): boolean {
    return this.verified.get(peerId)?.some(({ connection }) => connection.limits === undefined) ?? false;
  }

  /** Repeats an action until the network stops. */
  every(periodMs: number, action: () => void): void {
    const timer = setInterval(action, periodMs);
    this.ended.signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  }

  /** Acts once after a delay, unless the network stops first. */
  after(delayMs: number, action: () => void): void {
    const timer = setTimeout(action, delayMs);
    this.ended.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  private async onOpen(connection: Connection): Promise<void> {
    const id = connection.remotePeer.toString();
    if (this.isBanned(id)) return connection.abort(new Error("banned"));
    if (connection.limits === undefined) return this.verify(connection);
    this.after(networkLimits.relayedGraceMs, () => {
      if (connection.status === "open" && !this.isDirect(id)) void this.verify(connection);
    });
  }

  private async verify(connection: Connection): Promise<void> {
    const latencyMs = await this.echo(connection);
    const id = connection.remotePeer.toString();
    if (latencyMs === null) {
      this.options.log({
        level: "debug",
        source: "network",
        message: "no echo: connection dropped",
        context: { peerId: id },
      });
      return connection.abort(new Error("no echo over this connection"));
    }
    if (connection.status !== "open" || this.stopped) return;
    const connections = this.verified.get(id) ?? [];
    connections.push({ connection, latencyMs, sinceMs: Date.now() });
    this.verified.set(id, connections);
    if (connection.limits === undefined) this.dropRelayed(connection.remotePeer);
    if (connections.length > 1) return;
    this.options.onVerified?.(id);
    const peer = this.peers().find((one) => one.id === id);
    if (peer !== undefined) this.handlers?.onPeerConnected(peer);
  }

  /** The relay forwards little and not for long; once a direct connection stands its place is free for others. */
  private dropRelayed(peerId: PeerId): void {
    this.after(networkLimits.relayedCloseMs, () => {
      for (const connection of this.libp2p.getConnections(peerId)) {
        if (connection.limits !== undefined) void connection.close().catch(() => undefined);
      }
    });
  }

  private onClose(connection: Connection): void {
    const id = connection.remotePeer.toString();
    const rest = (this.verified.get(id) ?? []).filter((one) => one.connection !== connection);
    void this.gossip.mend(connection.remotePeer);
    if (rest.length > 0) this.verified.set(id, rest);
    else if (this.verified.delete(id)) {
      this.buckets.delete(id);
      this.handlers?.onPeerDisconnected(id);
    }
  }

  /** Round trip over one connection in milliseconds; null if nothing comes back. */
  private async echo(connection: Connection): Promise<number | null> {
    const signal = AbortSignal.any([AbortSignal.timeout(networkLimits.echoTimeoutMs), this.ended.signal]);
    let stream: Stream | undefined;
    try {
      stream = await connection.newStream(pingProtocol, { signal, runOnLimitedConnection: true });
      signal.addEventListener("abort", () => stream?.abort(new Error("no echo")), { once: true });
      const sent = crypto.getRandomValues(new Uint8Array(pingBytes));
      const startedMs = performance.now();
      stream.send(sent);
      const received = new Uint8Array(pingBytes);
      let at = 0;
      for await (const part of stream) {
        const bytes = part.subarray().subarray(0, pingBytes - at);
        received.set(bytes, at);
        at += bytes.length;
        if (at === pingBytes) break;
      }
      const latencyMs = performance.now() - startedMs;
      void stream.close().catch(() => undefined);
      return equalBytes(sent, received) ? Math.round(latencyMs * 10) / 10 : null;
    } catch {
      return null;
    }
  }

  private echoAll(): void {
    for (const connections of this.verified.values()) {
      for (const one of connections) {
        void this.echo(one.connection).then((latencyMs) => {
          if (latencyMs !== null) one.latencyMs = latencyMs;
          else if (one.connection.status === "open") one.connection.abort(new Error("the peer stopped answering"));
        });
      }
    }
  }

  private spendToken(id: string): boolean {
    const nowMs = Date.now();
    const bucket = this.buckets.get(id) ?? { tokens: networkLimits.requestBurst, atMs: nowMs };
    const refilled = bucket.tokens + ((nowMs - bucket.atMs) / 1_000) * networkLimits.requestsPerSecond;
    bucket.tokens = Math.min(networkLimits.requestBurst, refilled) - 1;
    bucket.atMs = nowMs;
    this.buckets.set(id, bucket);
    return bucket.tokens >= 0;
  }

  private async onStream(protocol: Protocol, stream: Stream, connection: Connection): Promise<void> {
    const id = connection.remotePeer.toString();
    const signal = AbortSignal.any([AbortSignal.timeout(networkLimits.handlerTimeoutMs), this.ended.signal]);
    const abort = (): void => stream.abort(new Error("time-out"));
    signal.addEventListener("abort", abort, { once: true });
    try {
      const request = await readFrame(stream, networkLimits.requestBytes);
      if (request === null) return stream.abort(new Error("no usable request"));
      const answer = !this.spendToken(id)
        ? rejected("rate-limited", "Too many requests; slow down.")
        : ((await this.handlers?.onRequest(id, protocol, request)) ??
          rejected("disconnected", "This node is stopping."));
      await writeFrame(stream, encodeAnswer(answer), signal);
      await stream.close();
    } catch (error) {
      stream.abort(error instanceof Error ? error : new Error(String(error)));
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }
}
