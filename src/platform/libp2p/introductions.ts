/**
 * How tabs find each other: a newcomer dials whom the seed names, everybody asks everybody whom they know, and whoever
 * knows both sides introduces them by relaying the first words. Needs no seed once one peer is known.
 * @module
 */
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2pHost } from "./host.ts";
import { askExchange, serveExchange } from "./peer-exchange.ts";
import { takeRelayPlace } from "./relay-places.ts";
import type { SeedLinks } from "./seed-links.ts";

/** What introductions work with. */
export interface IntroductionParts {
  readonly host: Libp2pHost;
  readonly seeds: SeedLinks;
  /** The address of a peer as reached through a relay's address. */
  addressOf(peerId: string, relay: string): string;
  /** A seed named others; they are worth remembering. */
  onSeeds(addresses: readonly string[]): void;
  log(message: string, peerId: string): void;
}

/** Introductions of one node. */
export class Introductions {
  private readonly parts: IntroductionParts;
  private readonly dialling = new Set<string>();

  constructor(parts: IntroductionParts) {
    this.parts = parts;
  }

  /** Answers who asks whom we know; before the host starts. */
  async serve(): Promise<void> {
    const { host } = this.parts;
    await serveExchange(host.libp2p, () => ({
      peers: this.directTabs().map((peer) => peer.id),
      // Nobody should open sockets to addresses that a tab has named.
      seeds: [],
      timerDriftMs: host.timerDriftMs(),
    }));
  }

  /** Dials the peers a newcomer was told of, and goes on asking; after the host has started. */
  begin(firstPeers: readonly string[]): void {
    const { host, seeds } = this.parts;
    // A newcomer dials those it is told of; they wait, so the two do not dial each other at once.
    const relay = seeds.present() ?? seeds.first();
    if (relay !== null) for (const id of shuffled(firstPeers)) void this.dial(id, [relay]);
    // Another tab that joined in the same moment is on nobody's list yet.
    for (const delayMs of host.limits.earlyExchangesMs) host.after(delayMs, () => this.exchangeWithAll());
    host.every(host.limits.exchangeEveryMs, () => this.exchangeWithAll());
  }

  /** Asks every direct peer. */
  exchangeWithAll(): void {
    for (const peer of this.parts.host.peers()) if (peer.direct) void this.exchange(peer.id);
  }

  /** Asks a peer how it is and whom else it knows; and for a place on its relay, so that it can introduce us. */
  async exchange(id: string): Promise<void> {
    const { host, seeds } = this.parts;
    const connection = host.directConnection(id);
    if (connection !== undefined) void takeRelayPlace(host.libp2p, connection.remotePeer, host.limits.relayPlaces);
    const told = connection === undefined ? null : await askExchange(connection);
    if (told === null) return;
    host.noteDrift(id, told.timerDriftMs);
    if (seeds.has(id) && seeds.add(told.seeds)) this.parts.onSeeds(told.seeds);
    for (const other of told.peers) this.discover(other, id);
  }

  /**
   * A peer was named. The higher id dials at once and the lower waits: when both dial in the same moment (glare), their
   * offers cross and both dials are lost.
   */
  discover(id: string, toldBy: string): void {
    const { host, seeds } = this.parts;
    if (!this.isWanted(id)) return;
    // A seed costs no other peer anything, but need not know everybody; who named the peer does.
    const relays = [seeds.present(), `/p2p/${toldBy}`].filter((one) => one !== null);
    const delayMs = host.selfId() < id ? host.limits.glareDelayMs : 0;
    host.after(delayMs, () => void this.dial(id, relays));
  }

  /** Dials a certain peer, however many others are here, through a seed or any peer that may know it; true if it is direct then. */
  async reach(id: string): Promise<boolean> {
    const { host, seeds } = this.parts;
    const through = [seeds.present() ?? seeds.first(), ...this.directTabs().map((peer) => `/p2p/${peer.id}`)];
    const relays = through.filter((one) => one !== null);
    if (relays.length > 0 && !host.isDirect(id)) await this.dialThrough(id, relays);
    return host.isDirect(id);
  }

  private directTabs() {
    const { host, seeds } = this.parts;
    return host.peers().filter((peer) => peer.direct && !seeds.has(peer.id));
  }

  private isWanted(id: string): boolean {
    const { host, seeds } = this.parts;
    const known = id === host.selfId() || seeds.has(id) || host.isDirect(id) || host.isBanned(id);
    return !known && this.directTabs().length < host.limits.wantedPeers;
  }

  /** Dials a tab through whoever can introduce us; tries again when the first try is lost to a race. */
  private async dial(id: string, relays: readonly string[]): Promise<void> {
    const { host } = this.parts;
    if (!this.isWanted(id) || this.dialling.has(id) || this.dialling.size >= host.limits.dials) return;
    // A newcomer dials whom it is told of without waiting; what it began must not meet ours. If nothing comes of it, the
    // next exchange names it again.
    if (host.isReachedBy(id)) return;
    await this.dialThrough(id, relays);
  }

  private async dialThrough(id: string, relays: readonly string[]): Promise<void> {
    const { host, addressOf, log } = this.parts;
    this.dialling.add(id);
    try {
      for (let tries = 0; tries < host.limits.dialTries && !host.isDirect(id) && !host.stopped; tries++) {
        const address = multiaddr(addressOf(id, relays[tries % relays.length] as string));
        const signal = AbortSignal.timeout(host.limits.dialTimeoutMs);
        const failure = await host.libp2p.dial(address, { signal }).then(
          () => null,
          (error: unknown) => String(error),
        );
        if (failure === null) return;
        log(`dial failed: ${failure}`, id);
      }
    } catch (error) {
      // What a peer named need not be an id at all.
      log(`not an address: ${String(error)}`, id.slice(0, 64));
    } finally {
      this.dialling.delete(id);
    }
  }
}

function shuffled<T>(items: readonly T[]): readonly T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}
