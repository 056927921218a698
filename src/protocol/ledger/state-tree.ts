/**
 * The state tree: an immutable, path-compressed sparse Merkle tree over 256-bit keys. An update copies only the nodes it
 * touches, so every earlier root stays usable (forks cost nothing) and a whole block is applied in one descent.
 * Leaf `SHA-256(0x00 ‖ key ‖ value)`, node `SHA-256(0x01 ‖ left ‖ right)`, empty tree 32 zero bytes.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { sha256 as pureSha256, type Sha256 } from "../codec/hash.ts";
import type { StateChange, StateView } from "./state.ts";
import { bitOf, hashBytes, isBranch, type Leaf, NodeHasher, type StateNode, stateKeyBytes } from "./state-node.ts";

/** Root of a tree without leaves. */
export const emptyStateRoot: Uint8Array = new Uint8Array(32);

/** A key with its new value; null deletes. */
export interface StateWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  let byte = 0;
  while (byte < stateKeyBytes && a[byte] === b[byte]) byte++;
  if (byte === stateKeyBytes) return stateKeyBytes * 8;
  return byte * 8 + Math.clz32((a[byte] as number) ^ (b[byte] as number)) - 24;
}

function anyLeaf(node: StateNode): Leaf {
  let at = node;
  while (isBranch(at)) at = at.left;
  return at;
}

function join(bit: number, left: StateNode | null, right: StateNode | null): StateNode | null {
  if (left === null) return right;
  if (right === null) return left;
  return { bit, left, right, slab: null, at: 0 };
}

/** Builds a subtree from writes alone (`from` inclusive, `to` exclusive, sorted by key, all distinct). */
function buildFresh(writes: readonly StateWrite[], from: number, to: number): StateNode | null {
  const present: Leaf[] = [];
  for (let i = from; i < to; i++) {
    const { key, value } = writes[i] as StateWrite;
    if (value !== null) present.push({ key, value, slab: null, at: 0 });
  }
  const build = (low: number, high: number): StateNode | null => {
    if (low >= high) return null;
    const first = present[low] as Leaf;
    if (high - low === 1) return first;
    const bit = firstDifference(first.key, (present[high - 1] as Leaf).key);
    const middle = splitAt(bit, low, high, (i) => (present[i] as Leaf).key);
    return join(bit, build(low, middle), build(middle, high));
  };
  return build(0, present.length);
}

/** First position in the sorted range whose key has a 1 at `bit`. */
function splitAt(bit: number, from: number, to: number, keyAt: (i: number) => Uint8Array): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitOf(keyAt(middle), bit) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Applies sorted writes to a subtree; all their keys belong under it or beside it at a higher bit. `sample` is the key of
 * the subtree's leftmost leaf, which a left child shares with its parent.
 */
function merge(
  node: StateNode,
  sample: Uint8Array,
  writes: readonly StateWrite[],
  from: number,
  to: number,
): StateNode | null {
  if (from === to) return node;
  const keyAt = (i: number): Uint8Array => (writes[i] as StateWrite).key;
  const depth = isBranch(node) ? node.bit : stateKeyBytes * 8;
  // The first and last write bound how early any write leaves this subtree's common prefix.
  const bit = Math.min(firstDifference(sample, keyAt(from)), firstDifference(sample, keyAt(to - 1)));
  if (bit < depth) {
    const middle = splitAt(bit, from, to, keyAt);
    const nodeIsRight = bitOf(sample, bit) === 1;
    const left = nodeIsRight ? buildFresh(writes, from, middle) : merge(node, sample, writes, from, middle);
    const right = nodeIsRight ? merge(node, sample, writes, middle, to) : buildFresh(writes, middle, to);
    return join(bit, left, right);
  }
  if (!isBranch(node)) {
    const { key, value } = writes[to - 1] as StateWrite;
    return value === null ? null : equalBytes(value, node.value) ? node : { key, value, slab: null, at: 0 };
  }
  const middle = splitAt(node.bit, from, to, keyAt);
  const left = merge(node.left, sample, writes, from, middle);
  const right = middle === to ? node.right : merge(node.right, anyLeaf(node.right).key, writes, middle, to);
  return left === node.left && right === node.right ? node : join(node.bit, left, right);
}

function sortWrites(writes: readonly StateWrite[]): StateWrite[] {
  const ordered = writes.map((write, place) => ({ write, place }));
  ordered.sort((a, b) => compareBytes(a.write.key, b.write.key) || a.place - b.place);
  const last: StateWrite[] = [];
  ordered.forEach(({ write }, i) => {
    const next = ordered[i + 1];
    if (next === undefined || !equalBytes(next.write.key, write.key)) last.push(write);
  });
  return last;
}

/** The leaves under nodes of a stack, the last node first. */
function* leavesOf(pending: StateNode[]): Generator<readonly [Uint8Array, Uint8Array]> {
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (isBranch(next)) pending.push(next.right, next.left);
    else yield [next.key, next.value];
  }
}

/** An immutable state. */
export class StateTree implements StateView {
  /** Top node; null when empty. For proofs and scans only. */
  readonly top: StateNode | null;
  private readonly hasher: NodeHasher;

  private constructor(top: StateNode | null, hasher: NodeHasher) {
    this.top = top;
    this.hasher = hasher;
  }

  /** A state without entries. */
  static empty(sha256: Sha256): StateTree {
    return new StateTree(null, new NodeHasher(sha256));
  }

  /** The value under a key, which must not be changed by the caller. */
  get(key: Uint8Array): Uint8Array | undefined {
    let node = this.top;
    while (node !== null && isBranch(node)) node = bitOf(key, node.bit) === 0 ? node.left : node.right;
    return node !== null && equalBytes(node.key, key) ? node.value : undefined;
  }

  /** Entries under a prefix of whole bytes, in key order. */
  *entries(prefix: Uint8Array = new Uint8Array()): Generator<readonly [Uint8Array, Uint8Array]> {
    let node = this.top;
    const prefixBits = prefix.length * 8;
    while (node !== null && isBranch(node) && node.bit < prefixBits) {
      node = bitOf(prefix, node.bit) === 0 ? node.left : node.right;
    }
    if (node === null || !equalBytes(anyLeaf(node).key.subarray(0, prefix.length), prefix)) return;
    yield* leavesOf([node]);
  }

  /** Number of entries; walks the whole tree. */
  count(): number {
    let leaves = 0;
    for (const _ of this.entries()) leaves++;
    return leaves;
  }

  /** The state with the writes applied; of two writes to one key the later wins. This one stays as it is. */
  update(writes: readonly StateWrite[]): StateTree {
    const sorted = sortWrites(writes);
    const { top } = this;
    const count = sorted.length;
    const merged = top === null ? buildFresh(sorted, 0, count) : merge(top, anyLeaf(top).key, sorted, 0, count);
    return new StateTree(merged, this.hasher);
  }

  /** Applies recorded changes forwards. */
  applyChanges(changes: readonly StateChange[]): StateTree {
    return this.update(changes.map(({ key, after }) => ({ key, value: after })));
  }

  /** Takes recorded changes back. */
  undoChanges(changes: readonly StateChange[]): StateTree {
    return this.update(changes.map(({ key, before }) => ({ key, value: before })).reverse());
  }

  /** 32-byte commitment to all entries; each node is hashed once in its life. */
  root(): Uint8Array {
    return this.top === null ? emptyStateRoot : this.hashOf(this.top);
  }

  /** Hash of a node, computed on first use; a copy. */
  hashOf(node: StateNode): Uint8Array {
    this.hasher.hash(node);
    return (node.slab as Uint8Array).slice(node.at, node.at + hashBytes);
  }
}

/** A state without entries. */
export function emptyStateTree(sha256: Sha256 = pureSha256): StateTree {
  return StateTree.empty(sha256);
}
