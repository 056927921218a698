/**
 * Connections to seeds, kept up: libp2p itself never tries a lost one again. Losing a seed loses no other peer; each is
 * dialled with growing pauses until it is back, and asked anew for a place on its relay.
 * @module
 */
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2pHost } from "./host.ts";
import { takeRelayPlace } from "./relay-places.ts";

/** The seed's peer id, which ends its address; null if there is none. */
export function seedIdOf(address: string): string | null {
  return /\/p2p\/([A-Za-z0-9]{10,128})$/.exec(address)?.[1] ?? null;
}

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
    for (const address of addresses) {
      const id = seedIdOf(address);
      const known = id === null ? undefined : (this.addresses.get(id) ?? []);
      if (id === null || known === undefined || known.length >= host.limits.addressesPerSeed) continue;
      if (known.length > 0 || this.addresses.size < host.limits.seeds) this.addresses.set(id, [...known, address]);
    }
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
        delayMs = Math.min(limits.reconnectLongestMs, delayMs * 2);
      }
    }
    this.rejoining.delete(id);
  }
}
