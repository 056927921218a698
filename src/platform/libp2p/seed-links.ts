/**
 * Connections to seeds, kept up: libp2p itself never tries a lost one again. Losing a seed loses no other peer; each is
 * dialled with growing pauses until it is back, and asked anew for a place on its relay.
 * @module
 */
import { multiaddr } from "@multiformats/multiaddr";
import { seedIdOf } from "./bootstrap.ts";
import type { Libp2pHost } from "./host.ts";
import { takeRelayPlace } from "./relay-places.ts";

/** The seeds that one node keeps up. */
export class SeedLinks {
  private readonly host: Libp2pHost;
  /** Addresses by seed; a seed may have several, the first is preferred. */
  private readonly addresses = new Map<string, string[]>();
  private readonly rejoining = new Set<string>();
  private addWay: (() => Promise<void>) | null;

  /**
   * `addresses` end in the seeds' ids; others are left out. `addWay` is called once when a seed with several addresses
   * could not be reached, and brings another transport.
   */
  constructor(host: Libp2pHost, addresses: readonly string[], addWay: (() => Promise<void>) | null = null) {
    this.host = host;
    this.addWay = addWay;
    this.add(addresses);
  }

  /** Takes further addresses in, as far as there is room; true if any was new. */
  add(addresses: readonly string[]): boolean {
    const { limits } = this.host;
    let added = false;
    for (const address of addresses) {
      const id = seedIdOf(address);
      if (id === null || id === this.host.selfId()) continue;
      const known = this.addresses.get(id) ?? [];
      if (known.includes(address) || known.length >= limits.addressesPerSeed) continue;
      if (known.length === 0 && this.addresses.size >= limits.seeds) continue;
      this.addresses.set(id, [...known, address]);
      added = true;
    }
    return added;
  }

  /**
   * Whether an address may be dialled: a seed's own, or one that leads through a relay. libp2p notes whatever addresses
   * peers give themselves, and none of them may make a tab open sockets of its choice.
   */
  allows(address: string): boolean {
    if (address.includes("/p2p-circuit") || address.startsWith("/webrtc/")) return true;
    const id = seedIdOf(address);
    return id !== null && (this.addresses.get(id)?.includes(address) ?? false);
  }

  /** Addresses of the seeds that are connected now. */
  connected(): readonly string[] {
    return [...this.addresses].flatMap(([id, addresses]) => (this.host.isDirect(id) ? addresses : []));
  }

  has(id: string): boolean {
    return this.addresses.has(id);
  }

  /** Address of the seed that was named first; null if there is none. */
  first(): string | null {
    for (const [address] of this.addresses.values()) return address ?? null;
    return null;
  }

  /** Address of a seed that is connected now; introductions through it cost no other peer anything. */
  present(): string | null {
    for (const [id, [address]] of this.addresses) if (this.host.isDirect(id)) return address ?? null;
    return null;
  }

  /** Dials every seed that is not there, until it is. */
  rejoinAll(): void {
    for (const id of this.addresses.keys()) void this.rejoin(id);
  }

  /** Dials one seed until it is there. */
  async rejoin(id: string): Promise<void> {
    const addresses = this.addresses.get(id)?.map((one) => multiaddr(one));
    if (addresses === undefined || this.rejoining.has(id)) return;
    this.rejoining.add(id);
    const { libp2p, limits } = this.host;
    const own = this.addresses.keys().next().value === id;
    const longestMs = own ? limits.reconnectLongestMs : limits.reconnectOthersLongestMs;
    let delayMs = limits.reconnectFirstMs;
    while (!this.host.stopped && !this.host.isDirect(id)) {
      try {
        const signal = AbortSignal.timeout(limits.dialTimeoutMs);
        const { remotePeer } = await libp2p.dial(addresses, { signal });
        await takeRelayPlace(libp2p, remotePeer, limits.relayPlaces);
        break;
      } catch {
        const { addWay } = this;
        this.addWay = addresses.length > 1 ? null : addWay;
        if (addresses.length > 1) await addWay?.().catch(() => undefined);
        await new Promise<void>((resolve) => this.host.after(delayMs, resolve));
        delayMs = Math.min(longestMs, delayMs * 2);
      }
    }
    this.rejoining.delete(id);
  }
}
