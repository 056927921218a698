/**
 * A state as a stream of its leaves in key order, cut into chunks: how a newcomer gets a state without its history. The
 * receiver builds the tree as chunks arrive and believes it only once its root is the one a header names.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import type { Sha256 } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { stateKeyBytes } from "./state-node.ts";
import { proofLimits } from "./state-proof.ts";
import { emptyStateTree, type StateTree } from "./state-tree.ts";

/** Bounds of a snapshot. */
export const snapshotLimits = {
  /** A chunk is cut before it grows beyond this; one answer of the sync protocol holds it. */
  chunkBytes: 262_144,
  /** Of the smallest entries about this many fit into a chunk. */
  chunkEntries: 4_096,
  valueBytes: proofLimits.valueBytes,
  /** A tab holds a few million leaves in memory and no more; a longer stream is refused before it fills the memory. */
  entries: 4_000_000,
} as const;

/** One leaf. */
export interface SnapshotEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const chunkSchema: Schema<readonly SnapshotEntry[]> = list(
  record<SnapshotEntry>({ key: bytes32, value: byteString(0, snapshotLimits.valueBytes) }),
  snapshotLimits.chunkEntries,
  1,
);

/** Heads of list, entry, key and value: what an entry and a chunk cost beside their bytes, at most. */
const overheadBytes = 8;

/** Canonical bytes of a chunk. */
export function encodeSnapshotChunk(chunk: readonly SnapshotEntry[]): Uint8Array {
  return encode(chunkSchema, chunk);
}

/** Strictly decodes a chunk; it has at least one entry. Their order is {@link SnapshotBuilder}'s to check. */
export function decodeSnapshotChunk(bytes: Uint8Array): Result<readonly SnapshotEntry[]> {
  return decode(chunkSchema, bytes, snapshotLimits.chunkBytes);
}

/**
 * The chunk that follows the key `after` (null: the first); empty at the end. Any node with the same state gives the same
 * answer, so a receiver may go on with another peer.
 */
export function snapshotChunkAfter(tree: StateTree, after: Uint8Array | null): readonly SnapshotEntry[] {
  const chunk: SnapshotEntry[] = [];
  let sizeBytes = overheadBytes;
  for (const [key, value] of tree.entriesFrom(after ?? new Uint8Array(stateKeyBytes))) {
    if (after !== null && equalBytes(key, after)) continue;
    sizeBytes += key.length + value.length + overheadBytes;
    if (chunk.length === snapshotLimits.chunkEntries || sizeBytes > snapshotLimits.chunkBytes) break;
    chunk.push({ key, value });
  }
  return chunk;
}

/** Builds a state from chunks of foreign origin. */
export class SnapshotBuilder {
  private tree: StateTree;
  private last: Uint8Array | null = null;
  private entries = 0;

  private readonly mostEntries: number;

  constructor(sha256?: Sha256, mostEntries: number = snapshotLimits.entries) {
    this.tree = emptyStateTree(sha256);
    this.mostEntries = mostEntries;
  }

  /** Key of the newest entry: where to go on; null before the first. */
  get lastKey(): Uint8Array | null {
    return this.last;
  }

  /** Takes the next chunk. After a refusal nothing of the chunk is in, and another peer may be asked for it. */
  add(chunk: readonly SnapshotEntry[]): Result<null> {
    if (this.entries + chunk.length > this.mostEntries) {
      return rejected("too-large", `This device takes a state of at most ${this.mostEntries} entries.`);
    }
    let previous = this.last;
    for (const { key } of chunk) {
      if (previous !== null && compareBytes(previous, key) >= 0) {
        return rejected("not-canonical", "The entries of a snapshot come in rising order of their keys, each once.");
      }
      previous = key;
    }
    this.tree = this.tree.update(chunk);
    this.entries += chunk.length;
    this.last = previous;
    return accepted(null);
  }

  /** The state, if it is the one that `root` commits to. */
  finish(root: Uint8Array): Result<StateTree> {
    if (equalBytes(this.tree.root(), root)) return accepted(this.tree);
    return rejected("wrong-state-root", "The snapshot is not the state that the header names. Ask another peer.", {
      entries: this.entries,
    });
  }
}
