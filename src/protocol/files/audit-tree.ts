/**
 * The tree under which a keeper is asked for parts of what was left with it: leaves of 1 KiB over all its bytes in order,
 * in the shape of the transaction tree. The root that deals name also covers how many bytes there are, so that neither the
 * number of leaves nor the length of the last one can be argued about.
 * @module
 */
import { bigEndian, concatBytes, equalBytes, fromBigEndian } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { leafHashOf, pathOfLeafHashes, rootOfLeafHashes, rootOfPath } from "../ledger/transaction-tree.ts";

/** Bytes of a leaf; the last one has what is left. */
export const auditLeafBytes = 1_024;

/**
 * Leaves of a group. Of a mebibyte one hash is kept instead of 1 024: whoever shows a leaf reads its group again, and the tree
 * of a gibibyte takes 32 KiB of memory. Two to a power, so that groups are nodes of the tree.
 */
const groupLeaves = 1_024;

/** Bytes of a group; the last one has what is left. */
export const auditGroupBytes: number = groupLeaves * auditLeafBytes;

/** What an audit is about. */
export interface AuditedBytes {
  /** From {@link auditRoot}, 32 bytes. */
  readonly root: Uint8Array;
  /** At least one. */
  readonly bytes: number;
}

/** A leaf with its path: what is shown of audited bytes. */
export interface AuditLeaf {
  readonly leaf: Uint8Array;
  /** Sibling hashes from the leaf up. */
  readonly path: readonly Uint8Array[];
}

/** How many leaves so many bytes have. */
export function auditLeafCount(bytes: number): number {
  return Math.ceil(bytes / auditLeafBytes);
}

function domainRoot(treeRoot: Uint8Array, bytes: number): Uint8Array {
  return taggedHash("aether/audit/1", treeRoot, bigEndian(bytes, 8));
}

/** Audited bytes, and the hashes of their groups: enough to show any leaf by the bytes of its group. */
export interface AuditTree extends AuditedBytes {
  readonly groups: readonly Uint8Array[];
}

/** Hashes bytes that come in parts of any length, none of which is kept. */
export class AuditHasher {
  private readonly groups: Uint8Array[] = [];
  private hashes: Uint8Array[] = [];
  private rest: Uint8Array = new Uint8Array();
  private bytes = 0;

  /** The next bytes. */
  add(part: Uint8Array): void {
    this.bytes += part.length;
    const joined = this.rest.length === 0 ? part : concatBytes(this.rest, part);
    let at = 0;
    for (; at + auditLeafBytes <= joined.length; at += auditLeafBytes)
      this.leaf(joined.subarray(at, at + auditLeafBytes));
    this.rest = joined.slice(at);
  }

  /** What was added. Nothing can be added any more. */
  finish(): AuditTree {
    if (this.rest.length > 0) this.leaf(this.rest);
    this.rest = new Uint8Array();
    if (this.hashes.length > 0) this.endGroup();
    return { root: domainRoot(rootOfLeafHashes(this.groups), this.bytes), bytes: this.bytes, groups: this.groups };
  }

  private leaf(leaf: Uint8Array): void {
    this.hashes.push(leafHashOf(leaf));
    if (this.hashes.length === groupLeaves) this.endGroup();
  }

  private endGroup(): void {
    this.groups.push(rootOfLeafHashes(this.hashes));
    this.hashes = [];
  }
}

/** The root of bytes that are at hand in parts. */
export function auditRoot(parts: Iterable<Uint8Array>): AuditedBytes {
  const hasher = new AuditHasher();
  for (const part of parts) hasher.add(part);
  const { root, bytes } = hasher.finish();
  return { root, bytes };
}

/** Where a leaf lies among the bytes. */
export function auditLeafSpan(bytes: number, index: number): { readonly from: number; readonly to: number } {
  return { from: index * auditLeafBytes, to: Math.min(bytes, (index + 1) * auditLeafBytes) };
}

/** Where the group of a leaf lies among the bytes. */
export function auditGroupSpan(bytes: number, index: number): { readonly from: number; readonly to: number } {
  const from = index - (index % groupLeaves);
  return { from: from * auditLeafBytes, to: Math.min(bytes, (from + groupLeaves) * auditLeafBytes) };
}

/** A leaf with its path, from the bytes of its group, which must be those that were hashed. `index` must be a leaf's. */
export function auditLeafOf({ groups }: AuditTree, index: number, group: Uint8Array): AuditLeaf {
  const leaves = Array.from({ length: auditLeafCount(group.length) }, (_, i) => {
    const { from, to } = auditLeafSpan(group.length, i);
    return group.subarray(from, to);
  });
  const within = index % groupLeaves;
  const hashes = leaves.map((leaf) => leafHashOf(leaf));
  const above = pathOfLeafHashes(groups, Math.floor(index / groupLeaves));
  return { leaf: (leaves[within] as Uint8Array).slice(), path: [...pathOfLeafHashes(hashes, within), ...above] };
}

/** Whether a leaf is number `index` of the audited bytes. */
export function checkAuditLeaf({ root, bytes }: AuditedBytes, index: number, { leaf, path }: AuditLeaf): boolean {
  const { from, to } = auditLeafSpan(bytes, index);
  if (leaf.length !== to - from) return false;
  const treeRoot = rootOfPath(leaf, index, auditLeafCount(bytes), path);
  return treeRoot !== null && equalBytes(domainRoot(treeRoot, bytes), root);
}

/** The leaves that a draw asks for; one may be asked for twice. 64 bits modulo so few leaves prefer none that matters. */
export function drawnLeaves(draw: Uint8Array, bytes: number, count: number): readonly number[] {
  const leaves = BigInt(auditLeafCount(bytes));
  return Array.from({ length: count }, (_, i) => {
    const number = fromBigEndian(taggedHash("aether/audit-draw/1", draw, bigEndian(i, 4)).subarray(0, 8));
    return Number(number % leaves);
  });
}
