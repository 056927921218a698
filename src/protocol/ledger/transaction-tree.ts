/**
 * The Merkle tree over a block's transactions, in the shape of RFC 6962 section 2.1: leaf and node tags differ and no
 * last node is duplicated, so CVE-2012-2459 has no place here. Leaves are the full canonical transaction bytes. Audits of
 * stored files use the same shape (files/audit-tree.ts).
 * @module
 */
import { concatBytes, equalBytes } from "../codec/bytes.ts";
import { sha256 as pureSha256, type Sha256 } from "../codec/hash.ts";

const leafTag = Uint8Array.of(0);
const nodeTag = Uint8Array.of(1);

/** Root of no leaves: SHA-256 of nothing. */
export const emptyTransactionRoot: Uint8Array = pureSha256(new Uint8Array());

function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}

function subtreeRoot(hashes: readonly Uint8Array[], from: number, to: number, sha256: Sha256): Uint8Array {
  if (to - from === 1) return hashes[from] as Uint8Array;
  const middle = from + splitPoint(to - from);
  const left = subtreeRoot(hashes, from, middle, sha256);
  return sha256(concatBytes(nodeTag, left, subtreeRoot(hashes, middle, to, sha256)));
}

/** Hash of one leaf: `SHA-256(0x00 ‖ bytes)`. */
export function leafHashOf(leaf: Uint8Array, sha256: Sha256 = pureSha256): Uint8Array {
  return sha256(concatBytes(leafTag, leaf));
}

/** Merkle tree hash of leaves whose hashes are known, 32 bytes. */
export function rootOfLeafHashes(hashes: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return hashes.length === 0 ? emptyTransactionRoot : subtreeRoot(hashes, 0, hashes.length, sha256);
}

/** Merkle tree hash of byte strings, 32 bytes. */
export function transactionRoot(leaves: readonly Uint8Array[], sha256: Sha256 = pureSha256): Uint8Array {
  return rootOfLeafHashes(
    leaves.map((leaf) => leafHashOf(leaf, sha256)),
    sha256,
  );
}

/** Audit path of one leaf: sibling hashes from the leaf up. `index` must be a leaf's. */
export function transactionPath(leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  return pathOfLeafHashes(
    leaves.map((leaf) => leafHashOf(leaf)),
    index,
  );
}

/** The same among leaves whose hashes are known. */
export function pathOfLeafHashes(hashes: readonly Uint8Array[], index: number): readonly Uint8Array[] {
  const path: Uint8Array[] = [];
  const descend = (from: number, to: number): void => {
    if (to - from === 1) return;
    const middle = from + splitPoint(to - from);
    if (index < middle) {
      descend(from, middle);
      path.push(subtreeRoot(hashes, middle, to, pureSha256));
    } else {
      descend(middle, to);
      path.push(subtreeRoot(hashes, from, middle, pureSha256));
    }
  };
  descend(0, hashes.length);
  return path;
}

/** The root under which `path` leads from `leaf` as number `index` of `count`; null where no path has this form. */
export function rootOfPath(
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): Uint8Array | null {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(count) || index < 0 || index >= count) return null;
  let used = 0;
  const fold = (from: number, to: number): Uint8Array | null => {
    if (to - from === 1) return leafHashOf(leaf);
    const middle = from + splitPoint(to - from);
    const inLeft = index < middle;
    const own = inLeft ? fold(from, middle) : fold(middle, to);
    const sibling = path[used++];
    if (own === null || sibling === undefined || sibling.length !== 32) return null;
    return pureSha256(inLeft ? concatBytes(nodeTag, own, sibling) : concatBytes(nodeTag, sibling, own));
  };
  const folded = fold(0, count);
  return used === path.length ? folded : null;
}

/** Whether `path` proves that `leaf` is number `index` of `count` leaves under `root`. */
export function verifyTransactionPath(
  root: Uint8Array,
  leaf: Uint8Array,
  index: number,
  count: number,
  path: readonly Uint8Array[],
): boolean {
  const folded = rootOfPath(leaf, index, count, path);
  return folded !== null && equalBytes(folded, root);
}
