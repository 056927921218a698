/**
 * What a seed tells whoever knows nobody yet: its own addresses, who is there, and where other seeds are. Read strictly;
 * it may come from a stranger. Imports nothing of libp2p, so that a page has it before the network code.
 * @module
 */

/** An answer of `/bootstrap.json`. */
export interface Bootstrap {
  readonly network: string;
  readonly peerId: string;
  /** Addresses of this seed as whoever asked reaches it. */
  readonly addresses: readonly string[];
  /** Peers that can be dialled through it now. */
  readonly peers: readonly string[];
  /** Addresses of other seeds that it is connected to. */
  readonly seeds: readonly string[];
}

/** Bounds of an answer. */
export const bootstrapLimits = { bytes: 65_536, entries: 64, characters: 512 } as const;

/** The peer id that ends a seed's address; null if there is none. */
export function seedIdOf(address: string): string | null {
  return /\/p2p\/([A-Za-z0-9]{10,128})$/.exec(address)?.[1] ?? null;
}

function words(value: unknown, fits: (word: string) => boolean): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((one): one is string => typeof one === "string" && one.length <= bootstrapLimits.characters && fits(one))
    .slice(0, bootstrapLimits.entries);
}

/** Reads an answer; null if it is none. Entries that make no sense are left out. */
export function readBootstrap(value: unknown): Bootstrap | null {
  if (value === null || typeof value !== "object") return null;
  const { network, peerId, addresses, peers, seeds } = value as Record<string, unknown>;
  if (typeof network !== "string" || typeof peerId !== "string") return null;
  const isAddress = (one: string): boolean => one.startsWith("/") && seedIdOf(one) !== null;
  const isId = (one: string): boolean => /^[A-Za-z0-9]{10,128}$/.test(one);
  return {
    network,
    peerId,
    addresses: words(addresses, isAddress),
    peers: words(peers, isId),
    seeds: words(seeds, isAddress),
  };
}
