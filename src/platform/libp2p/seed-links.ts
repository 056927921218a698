/**
 * Connections to seeds, kept up: libp2p itself never tries a lost one again. Losing a seed loses no other peer; each is
 * dialled with growing pauses until it is back, and asked anew for a place on its relay.
 * @module
 */
import { multiaddr } from "@multiformats/multiaddr";
import type { Libp2pHost } from "./host.ts";

interface Listening {
  readonly components: { readonly transportManager: { listen(addresses: unknown[]): Promise<void> } };
}

/** The seed's peer id, which ends its address; null if there is none. */
export function seedIdOf(address: string): string | null {
  return /\/p2p\/([A-Za-z0-9]{10,128})$/.exec(address)?.[1] ?? null;
}

/** The seeds that one node keeps up. */
export class SeedLinks {
  private readonly host: Libp2pHost;
  private readonly addresses = new Map<string, string>();
  private readonly rejoining = new Set<string>();

  /** `addresses` end in the seeds' ids; others are left out. */
  constructor(host: Libp2pHost, addresses: readonly string[]) {
    this.host = host;
    for (const address of addresses.slice(0, host.limits.seeds)) {
      const id = seedIdOf(address);
      if (id !== null) this.addresses.set(id, address);
    }
  }

  has(id: string): boolean {
    return this.addresses.has(id);
  }

  /** Address of the seed that was named first; null if there is none. */
  first(): string | null {
    for (const address of this.addresses.values()) return address;
    return null;
  }

  /** Address of a seed that is connected now; introductions through it cost no other peer anything. */
  present(): string | null {
    for (const [id, address] of this.addresses) if (this.host.isDirect(id)) return address;
    return null;
  }

  /** Dials every seed that is not there, until it is. */
  rejoinAll(): void {
    for (const id of this.addresses.keys()) void this.rejoin(id);
  }

  /** Dials one seed until it is there. */
  async rejoin(id: string): Promise<void> {
    const address = this.addresses.get(id);
    if (address === undefined || this.rejoining.has(id)) return;
    this.rejoining.add(id);
    const { libp2p, limits } = this.host;
    let delayMs = limits.reconnectFirstMs;
    while (!this.host.stopped && !this.host.isDirect(id)) {
      try {
        await libp2p.dial(multiaddr(address), { signal: AbortSignal.timeout(limits.dialTimeoutMs) });
        const { transportManager } = (libp2p as unknown as Listening).components;
        await transportManager.listen([multiaddr(`${address}/p2p-circuit`)]);
        break;
      } catch {
        await new Promise<void>((resolve) => this.host.after(delayMs, resolve));
        delayMs = Math.min(limits.reconnectLongestMs, delayMs * 2);
      }
    }
    this.rejoining.delete(id);
  }
}
