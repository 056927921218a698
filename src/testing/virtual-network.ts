/**
 * A network of simulated links: delay, loss, duplication, partition. Gossip floods the topology and is validated before
 * it is passed on, as on the real one; requests time out on the virtual clock.
 * @module
 */

import {
  type Clock,
  type Network,
  type NetworkHandlers,
  type PeerInfo,
  type Protocol,
  protocols,
  type RequestLimits,
  type Topic,
} from "#node/ports.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { limits as protocolLimits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Traffic } from "#sdk/resources.ts";
import { networkLimits } from "../platform/libp2p/limits.ts";
import { TrafficCounter } from "../platform/libp2p/traffic.ts";
import type { Random } from "./random.ts";

/** How the links behave. */
export interface LinkQuality {
  readonly leastDelayMs: number;
  readonly mostDelayMs: number;
  /** Chance that a message is lost. */
  readonly loss: number;
  /** Chance that a gossip message arrives twice. */
  readonly duplication: number;
}

/** The world all simulated networks share. */
export class VirtualWeb {
  readonly members = new Map<string, VirtualNetwork>();
  quality: LinkQuality;
  /** Messages lost to chance. */
  lost = 0;
  /** Who may connect to whom at all; everybody unless a test says otherwise. */
  mayLink: (a: string, b: string) => boolean = () => true;
  /** Members that others take for seeds. */
  readonly seeds = new Set<string>();
  /** Whether gossip passes from one peer to the other; to all peers unless a scenario says otherwise. */
  mayGossip: (from: string, to: string) => boolean = () => true;
  private readonly clock: Clock;
  private readonly random: Random;
  private group = new Map<string, number>();
  private readonly numbers = new Map<string, number>();
  /** The same bytes go to everybody: they are hashed once. */
  private readonly numbered = new WeakMap<Uint8Array, number>();

  constructor(clock: Clock, random: Random, quality: LinkQuality) {
    this.clock = clock;
    this.random = random;
    this.quality = quality;
  }

  /** A network for one node; who has no address is in nobody's neighbourhood. */
  join(id: string, address = `/memory/${id}`): VirtualNetwork {
    const network = new VirtualNetwork(id, this, this.clock, address);
    this.members.set(id, network);
    return network;
  }

  /** Number of a gossip message: equal bytes, equal numbers. */
  numberOf(message: Uint8Array): number {
    const known = this.numbered.get(message);
    if (known !== undefined) return known;
    const name = toHex(sha256(message));
    const number = this.numbers.get(name) ?? this.numbers.size;
    this.numbers.set(name, number);
    this.numbered.set(message, number);
    return number;
  }

  /** Splits the members into groups that cannot reach each other; none: heals. */
  partition(...groups: readonly (readonly string[])[]): void {
    this.group = new Map(groups.flatMap((ids, number) => ids.map((id) => [id, number + 1] as const)));
    for (const a of this.members.values()) for (const b of this.members.values()) if (a !== b) a.refresh(b);
  }

  /** Whether messages pass from one to the other at all. */
  reaches(a: string, b: string): boolean {
    return (this.group.get(a) ?? 0) === (this.group.get(b) ?? 0);
  }

  /** Carries a message: calls `deliver` after a delay, maybe twice, maybe never. */
  carry(from: string, to: string, deliver: () => void, mayRepeat: boolean): void {
    const { leastDelayMs, mostDelayMs, loss, duplication } = this.quality;
    if (!this.reaches(from, to)) return;
    if (this.random.fraction() < loss) {
      this.lost++;
      return;
    }
    const copies = mayRepeat && this.random.fraction() < duplication ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.clock.schedule(this.random.between(leastDelayMs, mostDelayMs), () => {
        if (this.reaches(from, to)) deliver();
      });
    }
  }
}

/** Numbers of messages, one bit each: large worlds have a hundred thousand messages, and everybody has seen them all. */
class SeenMessages {
  private bits = new Uint8Array(1_024);

  has(number: number): boolean {
    return (((this.bits[number >> 3] ?? 0) >> (number & 7)) & 1) === 1;
  }

  add(number: number): void {
    if (number >> 3 >= this.bits.length) {
      const larger = new Uint8Array(2 * ((number >> 3) + 1));
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[number >> 3] = (this.bits[number >> 3] as number) | (1 << (number & 7));
  }
}

/** One node's network. */
export class VirtualNetwork implements Network {
  private readonly id: string;
  private readonly web: VirtualWeb;
  private readonly clock: Clock;
  private handlers: NetworkHandlers | null = null;
  private readonly connected = new Map<string, PeerInfo>();
  private readonly bannedUntil = new Map<string, number>();
  private readonly seen = new SeenMessages();
  /** Requests that wait for an answer, by peer. */
  private readonly open = new Map<string, Set<(result: Result<Uint8Array>) => void>>();
  /** Peers banned so far, for tests. */
  readonly bans: string[] = [];

  private readonly address: string;
  private readonly counter: TrafficCounter;

  constructor(id: string, web: VirtualWeb, clock: Clock, address: string) {
    this.address = address;
    this.id = id;
    this.web = web;
    this.clock = clock;
    this.counter = new TrafficCounter(() => clock.nowMs());
  }

  selfId(): string {
    return this.id;
  }

  start(handlers: NetworkHandlers): Promise<void> {
    this.handlers = handlers;
    for (const other of this.web.members.values()) {
      if (other === this) continue;
      this.refresh(other);
      other.refresh(this);
    }
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.handlers = null;
    for (const other of this.web.members.values()) other.refresh(this);
    this.connected.clear();
    return Promise.resolve();
  }

  peers(): readonly PeerInfo[] {
    return [...this.connected.values()];
  }

  async publish(topic: Topic, message: Uint8Array): Promise<number> {
    if (message.length > protocolLimits.gossipBytes) throw new Error(`a gossip message of ${message.length} bytes`);
    this.seen.add(this.web.numberOf(message));
    return this.forward(topic, message, null);
  }

  async request(
    peerId: string,
    protocol: Protocol,
    request: Uint8Array,
    limits: RequestLimits,
  ): Promise<Result<Uint8Array>> {
    if (request.length > networkLimits.requestBytes) return rejected("too-large", "The request is too long.");
    const peer = this.connected.has(peerId) ? this.web.members.get(peerId) : undefined;
    if (peer === undefined) return rejected("disconnected", "The peer is not connected.");
    const open = this.open.get(peerId) ?? new Set();
    if (open.size >= networkLimits.streamsPerPeer) return rejected("rate-limited", "Too many requests are open.");
    this.open.set(peerId, open);
    const answer = await new Promise<Result<Uint8Array>>((resolve) => {
      const finish = (result: Result<Uint8Array>): void => {
        cancel();
        open.delete(finish);
        resolve(result);
      };
      const cancel = this.clock.schedule(limits.timeoutMs, () => finish(rejected("timeout", "No answer in time.")));
      open.add(finish);
      const answered = (result: Result<Uint8Array>): void => {
        if (result.ok) this.counter.received(result.value.length);
        finish(result);
      };
      const ask = async (): Promise<void> => {
        const result = await peer.respond(this.id, protocol, request);
        this.web.carry(peerId, this.id, () => answered(result), false);
      };
      this.counter.sent(request.length);
      this.web.carry(this.id, peerId, () => void ask(), false);
    });
    const tooLong = answer.ok && answer.value.length > limits.maximumResponseBytes;
    return tooLong ? rejected("too-large", "The answer is too long.") : answer;
  }

  reach(peerId: string): Promise<Result<null>> {
    const isHere = this.connected.has(peerId);
    return Promise.resolve(isHere ? accepted(null) : rejected("disconnected", "The peer is not connected."));
  }

  ban(peerId: string, durationMs: number): void {
    this.bans.push(peerId);
    this.bannedUntil.set(peerId, this.clock.nowMs() + durationMs);
    const peer = this.web.members.get(peerId);
    if (peer !== undefined) {
      this.refresh(peer);
      peer.refresh(this);
    }
  }

  timerDriftMs(): number {
    return 0;
  }

  traffic(): Traffic {
    return this.counter.view();
  }

  /** Sends raw bytes as gossip, valid or not: for adversaries. */
  inject(topic: Topic, message: Uint8Array): void {
    this.forward(topic, message, null);
  }

  /** The same to some peers alone: for adversaries that tell everybody something else. */
  injectTo(ids: readonly string[], topic: Topic, message: Uint8Array): void {
    for (const id of ids) {
      const peer = this.web.members.get(id);
      if (peer === undefined || !this.connected.has(id)) continue;
      this.web.carry(this.id, id, () => void peer.receive(this.id, topic, message), true);
    }
  }

  /** Connects to or parts from another member as the world now allows. */
  refresh(other: VirtualNetwork): void {
    const possible =
      this.handlers !== null &&
      other.handlers !== null &&
      this.web.reaches(this.id, other.id) &&
      this.web.mayLink(this.id, other.id) &&
      !this.refuses(other) &&
      !other.refuses(this);
    if (possible && !this.connected.has(other.id)) {
      const peer: PeerInfo = {
        id: other.id,
        transport: "memory",
        direct: true,
        direction: "outbound",
        latencyMs: 0,
        seed: this.web.seeds.has(other.id),
        address: other.address,
        connectedAtMs: this.clock.nowMs(),
        timerDriftMs: 0,
      };
      this.connected.set(other.id, peer);
      this.handlers?.onPeerConnected(peer);
    } else if (!possible && this.connected.delete(other.id)) {
      const gone = rejected("disconnected", "The peer has gone.");
      for (const finish of [...(this.open.get(other.id) ?? [])]) finish(gone);
      this.handlers?.onPeerDisconnected(other.id);
    }
  }

  private async respond(from: string, protocol: Protocol, request: Uint8Array): Promise<Result<Uint8Array>> {
    if (!Object.values(protocols).includes(protocol))
      return rejected("unsupported-protocol", "The peer does not speak it.");
    this.counter.received(request.length);
    try {
      const answer = await this.handlers?.onRequest(from, protocol, request);
      if (answer?.ok) this.counter.sent(answer.value.length);
      return answer ?? rejected("disconnected", "The peer has gone.");
    } catch {
      return rejected("disconnected", "The peer could not answer.");
    }
  }

  private refuses(other: VirtualNetwork): boolean {
    return (this.bannedUntil.get(other.id) ?? 0) > this.clock.nowMs();
  }

  private forward(topic: Topic, message: Uint8Array, except: string | null): number {
    let sent = 0;
    const number = this.web.numberOf(message);
    for (const id of this.connected.keys()) {
      const peer = this.web.members.get(id);
      if (id === except || peer === undefined || !this.web.mayGossip(this.id, id)) continue;
      sent++;
      this.counter.sent(message.length);
      // It would be dropped when it comes; in a large world that is most of what would be on its way.
      if (peer.seen.has(number)) continue;
      this.web.carry(this.id, id, () => void peer.receive(this.id, topic, message), true);
    }
    return sent;
  }

  private async receive(from: string, topic: Topic, message: Uint8Array): Promise<void> {
    const number = this.web.numberOf(message);
    if (this.handlers === null || !this.connected.has(from) || this.seen.has(number)) return;
    this.seen.add(number);
    this.counter.received(message.length);
    const verdict = await this.handlers.onGossip(from, topic, message);
    if (verdict === "accept") this.forward(topic, message, from);
  }
}
