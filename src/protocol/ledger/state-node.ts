/**
 * The nodes of the state tree and their hashes: leaf `SHA-256(0x00 ‖ key ‖ value)`, node `SHA-256(0x01 ‖ left ‖ right)`.
 * Nodes are never changed but for their hash, which is filled in once, when it is first asked for.
 * @module
 */
import type { Sha256 } from "../codec/hash.ts";

/** Length of every key. */
export const stateKeyBytes = 32;

/** Length of every hash. */
export const hashBytes = 32;

/** 2 KiB. */
const hashesPerSlab = 64;

/** Where a node's hash is kept; `slab` is null until the hash is asked for. */
interface Hashed {
  slab: Uint8Array | null;
  at: number;
}

/** A leaf: one key and its value. */
export interface Leaf extends Hashed {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** An inner node: where its two sides first differ. */
export interface Branch extends Hashed {
  /** Number of the first bit in which left (0) and right (1) differ, 0 is the most significant bit of byte 0. */
  readonly bit: number;
  readonly left: StateNode;
  readonly right: StateNode;
}

/** A node of the tree. */
export type StateNode = Leaf | Branch;

/** Tells the two kinds of node apart. */
export function isBranch(node: StateNode): node is Branch {
  return "bit" in node;
}

/** Bit number `bit` of a key. */
export function bitOf(key: Uint8Array, bit: number): number {
  return ((key[bit >> 3] as number) >> (7 - (bit & 7))) & 1;
}

/**
 * Hashes nodes. Hashes stand side by side in slabs, because an array of its own costs 200 bytes beside the 32; a slab lives
 * as long as one of its nodes, so it must not be large. Messages are put together in scratch space for the same reason:
 * the hash function reads them before it returns and keeps nothing of them.
 */
export class NodeHasher {
  private readonly sha256: Sha256;
  private readonly branchMessage = new Uint8Array(1 + 2 * hashBytes).fill(1, 0, 1);
  private readonly leafScratch = new Uint8Array(512);
  private slab = new Uint8Array();
  private used = 0;

  constructor(sha256: Sha256) {
    this.sha256 = sha256;
  }

  /** Computes a node's hash and those below it that are missing. */
  hash(node: StateNode): void {
    if (node.slab !== null) return;
    const digest = isBranch(node) ? this.branchDigest(node) : this.leafDigest(node);
    if (this.used === this.slab.length) {
      this.slab = new Uint8Array(hashesPerSlab * hashBytes);
      this.used = 0;
    }
    this.slab.set(digest, this.used);
    node.slab = this.slab;
    node.at = this.used;
    this.used += hashBytes;
  }

  private branchDigest({ left, right }: Branch): Uint8Array {
    // Both sides first: they use the same scratch.
    this.hash(left);
    this.hash(right);
    const message = this.branchMessage;
    const leftSlab = left.slab as Uint8Array;
    const rightSlab = right.slab as Uint8Array;
    // Faster than `set` with views, which would be two more arrays for each node.
    for (let i = 0; i < hashBytes; i++) {
      message[1 + i] = leftSlab[left.at + i] as number;
      message[1 + hashBytes + i] = rightSlab[right.at + i] as number;
    }
    return this.sha256(message);
  }

  private leafDigest({ key, value }: Leaf): Uint8Array {
    const length = 1 + stateKeyBytes + value.length;
    const message = length <= this.leafScratch.length ? this.leafScratch.subarray(0, length) : new Uint8Array(length);
    message.set(key, 1);
    message.set(value, 1 + stateKeyBytes);
    return this.sha256(message);
  }
}
