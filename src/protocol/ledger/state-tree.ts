/**
 * The state tree: an immutable, path-compressed sparse Merkle tree over 256-bit keys. An update copies only the nodes it
 * touches, so every earlier root stays usable (forks cost nothing) and a whole block is applied in one descent.
 * Leaf `SHA-256(0x00 ‖ key ‖ value)`, node `SHA-256(0x01 ‖ left ‖ right)`, empty tree 32 zero bytes.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { sha256 as pureSha256, type Sha256 } from "../codec/hash.ts";
import type { StateChange, StateView } from "./state.ts";
import {
  type Branch,
  bitOf,
  hashOfNode,
  isBranch,
  type Leaf,
  NodeHasher,
  type StateNode,
  stateKeyBytes,
} from "./state-node.ts";

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

/** First position in the sorted range whose key has a 1 at `bit`. */
function splitAt(writes: readonly StateWrite[], bit: number, from: number, to: number): number {
  let low = from;
  let high = to;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitOf((writes[middle] as StateWrite).key, bit) === 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Builds a subtree from writes alone (`from` inclusive, `to` exclusive, sorted by key, all distinct). */
function buildFresh(writes: readonly StateWrite[], from: number, to: number): StateNode | null {
  const present = writes.slice(from, to).filter(({ value }) => value !== null);
  const build = (low: number, high: number): StateNode | null => {
    if (low >= high) return null;
    const { key, value } = present[low] as StateWrite;
    if (high - low === 1) return value === null ? null : { key, value, slab: null, at: 0 };
    const bit = firstDifference(key, (present[high - 1] as StateWrite).key);
    const middle = splitAt(present, bit, low, high);
    return join(bit, build(low, middle), build(middle, high));
  };
  return build(0, present.length);
}

/**
 * For each of the sorted keys the number of the first bit in which it parts from every key of the tree; 256 for a key that
 * is there. Neighbours share most of their way down, so each goes on from where the one before it turned off.
 */
function partings(top: StateNode, writes: readonly StateWrite[]): Uint16Array {
  const bits = new Uint16Array(writes.length);
  const way: Branch[] = [];
  for (let i = 0; i < writes.length; i++) {
    const { key } = writes[i] as StateWrite;
    const shared = i === 0 ? 0 : firstDifference((writes[i - 1] as StateWrite).key, key);
    while (way.length > 0 && (way[way.length - 1] as Branch).bit >= shared) way.pop();
    let node = way[way.length - 1] ?? top;
    while (isBranch(node)) {
      if (node !== way[way.length - 1]) way.push(node);
      node = bitOf(key, node.bit) === 0 ? node.left : node.right;
    }
    bits[i] = firstDifference(node.key, key);
  }
  return bits;
}

/** Sorted writes with the partings of their keys. */
interface Batch {
  readonly writes: readonly StateWrite[];
  readonly parts: Uint16Array;
}

/** Applies the writes of a range to a subtree; all their keys belong under it or beside it at a higher bit. */
function merge(node: StateNode, batch: Batch, from: number, to: number): StateNode | null {
  if (from === to) return node;
  const { writes, parts } = batch;
  const depth = isBranch(node) ? node.bit : stateKeyBytes * 8;
  const first = parts[from] as number;
  const last = parts[to - 1] as number;
  // Keys are sorted, so none between the first and the last leaves this subtree's common prefix earlier than both.
  const bit = first < last ? first : last;
  if (bit < depth) {
    const middle = splitAt(writes, bit, from, to);
    const parted = (writes[first < last ? from : to - 1] as StateWrite).key;
    const nodeIsRight = bitOf(parted, bit) === 0;
    const left = nodeIsRight ? buildFresh(writes, from, middle) : merge(node, batch, from, middle);
    const right = nodeIsRight ? merge(node, batch, middle, to) : buildFresh(writes, middle, to);
    return join(bit, left, right);
  }
  if (!isBranch(node)) {
    const { key, value } = writes[to - 1] as StateWrite;
    return value === null ? null : equalBytes(value, node.value) ? node : { key, value, slab: null, at: 0 };
  }
  const middle = splitAt(writes, node.bit, from, to);
  const left = merge(node.left, batch, from, middle);
  const right = merge(node.right, batch, middle, to);
  return left === node.left && right === node.right ? node : join(node.bit, left, right);
}

/** The first six bytes of a key as a number, which orders almost all keys without looking at the rest. */
function frontOf(key: Uint8Array): number {
  let front = 0;
  for (let i = 0; i < 6; i++) front = front * 256 + (key[i] as number);
  return front;
}

/** The last write to each key, in the order of keys. */
function sortWrites(writes: readonly StateWrite[]): StateWrite[] {
  const ordered = writes.map((write, place) => ({ write, place, front: frontOf(write.key) }));
  ordered.sort((a, b) => a.front - b.front || compareBytes(a.write.key, b.write.key) || a.place - b.place);
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
    const merged =
      top === null
        ? buildFresh(sorted, 0, count)
        : merge(top, { writes: sorted, parts: partings(top, sorted) }, 0, count);
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
    return hashOfNode(node);
  }
}

/** A state without entries. */
export function emptyStateTree(sha256: Sha256 = pureSha256): StateTree {
  return StateTree.empty(sha256);
}
