/**
 * A state cut into parts: how a newcomer gets a state without its history. The plan is the top of the state tree, with the
 * hash of each part at its lower end; it proves itself against the root that a header names, and every part proves itself
 * against the plan. So a wrong part is known at once, whoever sent it, and parts may come from several peers.
 * @module
 */
import { compareBytes, concatBytes, equalBytes } from "../codec/bytes.ts";
import { sha256 as pureSha256, type Sha256 } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, list, nullable, record, type Schema } from "../codec/schema.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { isBranch, type StateNode } from "./state-node.ts";
import { proofLimits } from "./state-proof.ts";
import { emptyStateRoot, emptyStateTree, type StateTree } from "./state-tree.ts";

/** Bounds of a snapshot. */
export const snapshotLimits = {
  /** One answer of the sync protocol holds a part. */
  partBytes: 262_144,
  /** Of the smallest entries about this many fit into a part. */
  partEntries: 4_096,
  /** Parts are at least half full on average, so this is far more than the entries below need. */
  parts: 16_384,
  valueBytes: proofLimits.valueBytes,
  /** A tab holds a few million leaves in memory and no more; a longer state is refused before it fills the memory. */
  entries: 4_000_000,
} as const;

/** One leaf. */
export interface SnapshotEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The top of the tree, each node before its left and its right side: null for a branch, its hash for a part. */
export type SnapshotPlan = readonly (Uint8Array | null)[];

/** Wire form of a part: at least one entry, in rising order of the keys. */
export const snapshotPartSchema: Schema<readonly SnapshotEntry[]> = list(
  record<SnapshotEntry>({ key: bytes32, value: byteString(0, snapshotLimits.valueBytes) }),
  snapshotLimits.partEntries,
  1,
);

/** Wire form of a plan. */
export const snapshotPlanSchema: Schema<SnapshotPlan> = list(nullable(bytes32), 2 * snapshotLimits.parts - 1);

/** Heads of list, entry, key and value: what an entry and a part cost beside their bytes, at most. */
const overheadBytes = 8;

/** Canonical bytes of a part. */
export function encodeSnapshotPart(part: readonly SnapshotEntry[]): Uint8Array {
  return encode(snapshotPartSchema, part);
}

/** Strictly decodes a part. */
export function decodeSnapshotPart(bytes: Uint8Array): Result<readonly SnapshotEntry[]> {
  return decode(snapshotPartSchema, bytes, snapshotLimits.partBytes);
}

interface Cut {
  readonly entries: number;
  readonly sizeBytes: number;
  /** Nodes that are parts, null for branches above them; one node if everything fits into one part. */
  readonly tokens: readonly (StateNode | null)[];
}

/** The highest nodes whose leaves fit into a part. Recursion is bounded by the 256 bits of a key. */
function cut(node: StateNode, partEntries: number): Cut {
  if (!isBranch(node)) {
    const sizeBytes = node.key.length + node.value.length + overheadBytes;
    return { entries: 1, sizeBytes, tokens: [node] };
  }
  const left = cut(node.left, partEntries);
  const right = cut(node.right, partEntries);
  const entries = left.entries + right.entries;
  const sizeBytes = left.sizeBytes + right.sizeBytes;
  const fits = entries <= partEntries && sizeBytes <= snapshotLimits.partBytes - overheadBytes;
  return { entries, sizeBytes, tokens: fits ? [node] : [null, ...left.tokens, ...right.tokens] };
}

/** A state ready to be given away in parts. Equal states give equal plans, so a receiver may go on with another peer. */
export class Snapshot {
  readonly plan: SnapshotPlan;
  readonly entries: number;
  private readonly parts: readonly StateNode[];

  constructor(tree: StateTree, partEntries: number = snapshotLimits.partEntries) {
    const { entries, tokens }: Cut =
      tree.top === null ? { entries: 0, sizeBytes: 0, tokens: [] } : cut(tree.top, partEntries);
    this.entries = entries;
    this.parts = tokens.filter((token): token is StateNode => token !== null);
    this.plan = tokens.map((token) => (token === null ? null : tree.hashOf(token)));
  }

  /** The entries of a part; undefined if there is no such part. */
  part(number: number): readonly SnapshotEntry[] | undefined {
    const top = this.parts[number];
    if (top === undefined) return undefined;
    const entries: SnapshotEntry[] = [];
    const pending = [top];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      if (isBranch(node)) pending.push(node.right, node.left);
      else entries.push({ key: node.key, value: node.value });
    }
    return entries;
  }
}

/** Root that a plan leads to; null if it is no tree. */
function rootOfPlan(plan: SnapshotPlan, sha256: Sha256): Uint8Array | null {
  if (plan.length === 0) return emptyStateRoot;
  const waiting: Uint8Array[] = [];
  for (const token of plan.toReversed()) {
    if (token !== null) {
      waiting.push(token);
      continue;
    }
    const left = waiting.pop();
    const right = waiting.pop();
    if (left === undefined || right === undefined) return null;
    waiting.push(sha256(concatBytes(Uint8Array.of(1), left, right)));
  }
  return waiting.length === 1 ? (waiting[0] as Uint8Array) : null;
}

/** Builds a state from parts of foreign origin, each checked when it comes. */
export class SnapshotBuilder {
  private readonly hashes: readonly Uint8Array[];
  private readonly root: Uint8Array;
  private readonly sha256: Sha256;
  private readonly mostEntries: number;
  private tree: StateTree;
  private last: Uint8Array | null = null;
  private taken = 0;
  private entries = 0;

  private constructor(plan: SnapshotPlan, root: Uint8Array, sha256: Sha256, mostEntries: number) {
    this.hashes = plan.filter((token): token is Uint8Array => token !== null);
    this.root = root;
    this.sha256 = sha256;
    this.mostEntries = mostEntries;
    this.tree = emptyStateTree(sha256);
  }

  /** Starts from a plan, if it is one of the state that `root` commits to. */
  static start(
    plan: SnapshotPlan,
    root: Uint8Array,
    sha256: Sha256 = pureSha256,
    mostEntries: number = snapshotLimits.entries,
  ): Result<SnapshotBuilder> {
    const found = rootOfPlan(plan, sha256);
    if (found === null || !equalBytes(found, root)) {
      return rejected("wrong-state-root", "The plan of the snapshot is not that of the state the header names.");
    }
    return accepted(new SnapshotBuilder(plan, root, sha256, mostEntries));
  }

  /** Parts there are. */
  get parts(): number {
    return this.hashes.length;
  }

  /** Parts taken so far: the number of the next one. */
  get next(): number {
    return this.taken;
  }

  /** Takes the next part. After a refusal nothing of it is in, and another peer may be asked for it. */
  add(part: readonly SnapshotEntry[]): Result<null> {
    const wanted = this.hashes[this.taken];
    if (wanted === undefined) return rejected("too-many", "The snapshot has no more parts.");
    if (this.entries + part.length > this.mostEntries) {
      return rejected("too-large", `This device takes a state of at most ${this.mostEntries} entries.`);
    }
    let previous = this.last;
    for (const { key } of part) {
      if (previous !== null && compareBytes(previous, key) >= 0) {
        return rejected("not-canonical", "The entries of a snapshot come in rising order of their keys, each once.");
      }
      previous = key;
    }
    if (!equalBytes(emptyStateTree(this.sha256).update(part).root(), wanted)) {
      return rejected("wrong-state-root", "A part of the snapshot is not the one its plan names.");
    }
    this.put(part);
    this.taken += 1;
    return accepted(null);
  }

  /** Goes on from `parts` parts that were stored before; whether they are still good shows at the end. */
  resume(parts: number, entries: readonly SnapshotEntry[]): void {
    this.put(entries);
    this.taken = parts;
  }

  /** The state, once all parts are there. */
  finish(): Result<StateTree> {
    if (this.taken === this.hashes.length && equalBytes(this.tree.root(), this.root)) return accepted(this.tree);
    return rejected("wrong-state-root", "The parts do not make up the state that the header names.", {
      entries: this.entries,
    });
  }

  private put(entries: readonly SnapshotEntry[]): void {
    this.tree = this.tree.update(entries);
    this.entries += entries.length;
    this.last = entries.at(-1)?.key ?? this.last;
  }
}
