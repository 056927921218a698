/**
 * What an owner remembers of a file that was left among peers: what opens it, and what lets it go.
 * @module
 */
import type { FileLink } from "./link.ts";

/**
 * `kept` for its owner; `shared`: left for whoever has its link; `granted`: a link to a file that is kept; `published`: left
 * unsealed for everybody, a file or, with a name that ends with a slash, a folder. Its digest is of its root, its key nothing.
 */
export const heldKinds = ["kept", "shared", "granted", "published"] as const;

/** Files and links that one remembers. */
export const mostHeldFiles = 256;

/** A file or a link; its digest is what it goes by. */
export interface HeldFile extends FileLink {
  /** Place in {@link heldKinds}. */
  readonly kind: number;
  /** As its owner calls it; of those that are `kept` no two have one name. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Shards of each piece that are needed, and those beyond them. */
  readonly data: number;
  readonly parity: number;
  /** Nobody else has it: with it keepers are told to let go. */
  readonly secret: Uint8Array;
  /** Of a `granted` one the digest of the file that it opens; empty otherwise. */
  readonly of: Uint8Array;
  /** Signing keys of those a link was made for, besides its owner; null: whoever has it. */
  readonly readers: readonly Uint8Array[] | null;
  /** Unix times in milliseconds: when it was left, until when keepers were asked to keep it, */
  readonly madeAtMs: number;
  readonly untilMs: number;
  /** and until when that is to be renewed; 0: it is not. */
  readonly pinnedUntilMs: number;
}

/** What is to change of what one remembers, at once. */
export interface HeldFilesChange {
  /** Digests of what is forgotten, and with it links to it. */
  readonly remove: readonly Uint8Array[];
  /** What is remembered, in the place of what goes by the same digest. */
  readonly add: readonly HeldFile[];
  /** What must be remembered still, and as it stands here: otherwise nothing is changed (`not-found`). */
  readonly unchanged?: readonly HeldFile[];
}

/** Pinned until it is unpinned. */
export const pinnedForEver = Number.MAX_SAFE_INTEGER;
