/**
 * The nodes of the state tree and their hashes: leaf `SHA-256(0x00 ‖ key ‖ value)`, node `SHA-256(0x01 ‖ left ‖ right)`.
 * Nodes are never changed but for their hash, which is filled in once, when it is first asked for.
 * @module
 */
import type { PairHasher, Sha256 } from "../codec/hash.ts";

/** Length of every key. */
export const stateKeyBytes = 32;

/** Length of every hash. */
const hashBytes = 32;

/** 2 KiB. */
const hashesPerSlab = 64;

/** Length of a hash in words. */
const hashWords = 8;

/** Branches that wait to be hashed together: enough to fill the levels, few enough to stay in the processor's caches. */
const mostWaiting = 512;

/** Where a node's hash is kept, in words of the machine's byte order; `slab` is null until the hash is asked for. */
interface Hashed {
  slab: Uint32Array | null;
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

const branchPrefix = 1;

/** The same by a function that takes one message at a time. */
function pairHasherOf(sha256: Sha256): PairHasher {
  const message = new Uint8Array(1 + 2 * hashBytes);
  const pairs = new Uint32Array(2 * hashWords);
  const digests = new Uint32Array(hashWords);
  const [pairBytes, digestBytes] = [new Uint8Array(pairs.buffer), new Uint8Array(digests.buffer)];
  return {
    capacity: 1,
    pairs,
    digests,
    hash: (prefix) => {
      message[0] = prefix;
      message.set(pairBytes, 1);
      digestBytes.set(sha256(message));
    },
  };
}

/**
 * Hashes nodes. Hashes stand side by side in slabs, because an array of its own costs 200 bytes beside the 32; a slab lives
 * as long as one of its nodes, so it must not be large. Branches are hashed level by level, as many at once as the hash
 * function takes. A leaf is put together in scratch space: the hash function reads it before it returns and keeps nothing.
 */
export class NodeHasher {
  private readonly sha256: Sha256;
  private readonly pairHasher: PairHasher;
  private readonly leafScratch = new Uint8Array(512);
  private readonly leafDigest = new Uint32Array(hashWords);
  private readonly leafDigestBytes = new Uint8Array(this.leafDigest.buffer);
  /** Branches to hash by their height above what is hashed already; empty between calls. */
  private readonly levels: Branch[][] = [];
  private waiting = 0;
  private slab = new Uint32Array();
  private used = 0;

  constructor(sha256: Sha256) {
    this.sha256 = sha256;
    this.pairHasher = sha256.pairHasher ?? pairHasherOf(sha256);
  }

  /** Computes a node's hash and those below it that are missing. */
  hash(node: StateNode): void {
    this.collect(node);
    this.hashWaiting();
  }

  /** Hashes the leaves under a node and sorts its branches into levels; tells the level that its parent belongs to. */
  private collect(node: StateNode): number {
    if (node.slab !== null) return 0;
    if (!isBranch(node)) {
      this.hashLeaf(node);
      return 0;
    }
    const { left, right } = node;
    const leftLevel = this.collect(left);
    const rightLevel = this.collect(right);
    // What waited may have been hashed since it was collected.
    const leftLeast = left.slab === null ? leftLevel : 0;
    const rightLeast = right.slab === null ? rightLevel : 0;
    const level = leftLeast > rightLeast ? leftLeast : rightLeast;
    const branches = this.levels[level];
    if (branches === undefined) this.levels[level] = [node];
    else branches.push(node);
    if (++this.waiting === mostWaiting) this.hashWaiting();
    return level + 1;
  }

  private hashWaiting(): void {
    for (const branches of this.levels) {
      if (branches.length === 0) break;
      this.hashLevel(branches);
      branches.length = 0;
    }
    this.waiting = 0;
  }

  private hashLevel(branches: readonly Branch[]): void {
    const { capacity, pairs, digests } = this.pairHasher;
    for (let from = 0; from < branches.length; from += capacity) {
      const count = Math.min(capacity, branches.length - from);
      for (let i = 0; i < count; i++) {
        const { left, right } = branches[from + i] as Branch;
        copyHash(left, pairs, i * 2 * hashWords);
        copyHash(right, pairs, (i * 2 + 1) * hashWords);
      }
      this.pairHasher.hash(branchPrefix, count);
      for (let i = 0; i < count; i++) this.keep(branches[from + i] as Branch, digests, i * hashWords);
    }
  }

  private hashLeaf(leaf: Leaf): void {
    const { key, value } = leaf;
    const length = 1 + stateKeyBytes + value.length;
    const message = length <= this.leafScratch.length ? this.leafScratch.subarray(0, length) : new Uint8Array(length);
    message.set(key, 1);
    message.set(value, 1 + stateKeyBytes);
    this.leafDigestBytes.set(this.sha256(message));
    this.keep(leaf, this.leafDigest, 0);
  }

  /** Gives a node its hash: eight words from `at` on. */
  private keep(node: StateNode, words: Uint32Array, at: number): void {
    if (this.used === this.slab.length) {
      this.slab = new Uint32Array(hashesPerSlab * hashWords);
      this.used = 0;
    }
    const { slab, used } = this;
    for (let i = 0; i < hashWords; i++) slab[used + i] = words[at + i] as number;
    node.slab = slab;
    node.at = used;
    this.used += hashWords;
  }
}

/** Copies a node's hash into words from `at` on. */
function copyHash({ slab, at: from }: StateNode, words: Uint32Array, at: number): void {
  const known = slab as Uint32Array;
  // Faster than `set` with a view, which would be one more array for each node.
  for (let i = 0; i < hashWords; i++) words[at + i] = known[from + i] as number;
}

/** Bytes of a node's hash, which has been computed; a copy. */
export function hashOfNode({ slab, at }: StateNode): Uint8Array {
  const words = (slab as Uint32Array).slice(at, at + hashWords);
  return new Uint8Array(words.buffer);
}
