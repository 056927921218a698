/**
 * Files among peers, as an interface sees them. The node moves and keeps sealed blocks and cannot read them; sealing and
 * opening is done by a thread of its own.
 * @module
 */
import type { ErasureCode } from "#protocol/files/erasure-code.ts";
import type { Manifest } from "#protocol/files/manifest.ts";
import type { Rejected, Result } from "#protocol/result.ts";

/** Where blocks were left. */
export interface Placement {
  /** Nodes that keep them now. */
  readonly keepers: number;
  /** Why nobody does; empty if somebody does. */
  readonly trouble: string;
}

/** What was asked for and came. */
export interface Fetched {
  /** In the order of the question; null for a block that could not be had. */
  readonly blocks: readonly (Uint8Array | null)[];
  /** Why some could not; null if all came. */
  readonly trouble: Rejected | null;
}

/** Requests to a node about blocks of files; at most as many at once as one request between peers holds. */
export interface FileRequests {
  /** Keeps blocks of this browser's people for 30 days, and gives them to who asks by their digests; durable when it answers. */
  keepBlocks(blocks: readonly Uint8Array[]): Promise<Result<null>>;
  /** Leaves blocks that are kept here with nodes that keep them for others. */
  placeBlocks(digests: readonly Uint8Array[]): Promise<Result<Placement>>;
  /** Blocks by their digests, from here or from peers; each is checked. */
  fetchBlocks(digests: readonly Uint8Array[]): Promise<Result<Fetched>>;
}

/** A sealed block with the digest it goes by. */
export interface SealedBlock {
  readonly digest: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Bytes sealed under a key of their own. */
export interface Sealed {
  readonly key: Uint8Array;
  readonly blocks: readonly SealedBlock[];
}

/** Seals and opens, apart from the thread that paints. */
export interface FileCipher {
  /** Seals a chunk and cuts it into the shards of a code. */
  sealChunk(clear: Uint8Array, code: ErasureCode): Promise<Result<Sealed>>;
  /** Opens a chunk of `length` bytes from as many of its shards as the code needs, or more; null for one that is missing. */
  openChunk(
    shards: readonly (Uint8Array | null)[],
    code: ErasureCode,
    length: number,
    key: Uint8Array,
  ): Promise<Result<Uint8Array>>;
  sealManifest(manifest: Manifest): Promise<Result<Sealed>>;
  openManifest(block: Uint8Array, key: Uint8Array): Promise<Result<Manifest>>;
}

/** A cipher that has threads to end. */
export interface RunningCipher extends FileCipher {
  end(): void;
}
