/**
 * Shreds: a block's body too long for one gossip message, cut into pieces of one size, with as many pieces of parity. Any
 * half of them gives the body. A header commits to all of them by one root, so that each piece can be checked as it comes,
 * from whomever, before it is passed on; and whoever sees none of the body can still ask for pieces at random.
 *
 * The root binds the body's length, and the length decides the code: nobody chooses how a body is cut. That the pieces are
 * the code's is no part of the root: who has enough of them makes the others and compares. If they differ from what the
 * header names, everybody finds that with whichever pieces they have, and the block is nobody's.
 * @module
 */
import { bigEndian, concatBytes, equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, list, record, type Schema, unsigned } from "../codec/schema.ts";
import { combineByTables, type ErasureCode, parityOf, rebuildShards } from "../files/erasure-code.ts";
import { leafHashOf, pathOfLeafHashes, rootOfLeafHashes, rootOfPath } from "../ledger/transaction-tree.ts";
import { limits } from "../parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";

/** Sizes of shreds. They are rules: another size is another root. */
export const shredLimits = {
  /** A body of at most so many encoded bytes travels whole and has no shreds. */
  wholeBodyBytes: limits.gossipBytes,
  /** 32 KiB: 64 shreds of the longest body, so that a path is six hashes, 0.6 % of what it vouches for. */
  shredBytes: 32_768,
  /** Of the longest body, data and parity. */
  shreds: 64,
  /** Hashes from a shred to the root. */
  pathHashes: 6,
} as const;

/** One piece of a body as it travels: with it alone and the header's root it can be checked. */
export interface Shred {
  /** Length of the body that it is of. */
  readonly bodyBytes: number;
  /** Place in the code: data first, parity behind. */
  readonly index: number;
  readonly bytes: Uint8Array;
  /** Sibling hashes from the shred up. */
  readonly path: readonly Uint8Array[];
}

/** Wire form of {@link Shred}. */
export const shredSchema: Schema<Shred> = record<Shred>({
  bodyBytes: unsigned(limits.blockBytes),
  index: unsigned(shredLimits.shreds - 1),
  bytes: byteString(1, shredLimits.shredBytes),
  path: list(bytes32, shredLimits.pathHashes),
});

/** A body in pieces. */
export interface ShreddedBody {
  /** What the header names, 32 bytes. */
  readonly root: Uint8Array;
  /** Data first; as many again of parity. */
  readonly shreds: readonly Shred[];
}

/** How a body of this length is cut: pieces of at most 32 KiB, as many of parity as of data. */
export function shredCode(bodyBytes: number): ErasureCode & { readonly shredBytes: number } {
  const data = Math.ceil(bodyBytes / shredLimits.shredBytes);
  return { data, parity: data, shredBytes: Math.ceil(bodyBytes / data) };
}

const isShredded = (bodyBytes: number): boolean =>
  Number.isSafeInteger(bodyBytes) && bodyBytes > shredLimits.wholeBodyBytes && bodyBytes <= limits.blockBytes;

function bindLength(bodyBytes: number, treeRoot: Uint8Array): Uint8Array {
  const { data, parity } = shredCode(bodyBytes);
  return taggedHash("aether/shreds/1", bigEndian(BigInt(bodyBytes), 4), Uint8Array.of(data, parity), treeRoot);
}

function piecesOf(body: Uint8Array): readonly Uint8Array[] {
  const { data, parity, shredBytes } = shredCode(body.length);
  const padded = concatBytes(body, new Uint8Array(data * shredBytes - body.length));
  const cut = Array.from({ length: data }, (_, i) => padded.subarray(i * shredBytes, (i + 1) * shredBytes));
  const made = parityOf(cut, parity, combineByTables);
  if (!made.ok) throw new Error(made.message);
  return [...cut, ...made.value];
}

/** The root alone: who only compares needs no paths. */
function rootOf(body: Uint8Array): Uint8Array {
  return bindLength(body.length, rootOfLeafHashes(piecesOf(body).map((bytes) => leafHashOf(bytes))));
}

/** Cuts a body that is longer than travels whole, and no longer than a block. */
export function shredBody(body: Uint8Array): ShreddedBody {
  return shredsOver(body.length, piecesOf(body));
}

/** The root over given pieces, and their paths: whether they are a code's is not looked at. */
export function shredsOver(bodyBytes: number, pieces: readonly Uint8Array[]): ShreddedBody {
  const hashes = pieces.map((bytes) => leafHashOf(bytes));
  return {
    root: bindLength(bodyBytes, rootOfLeafHashes(hashes)),
    shreds: pieces.map((bytes, index) => ({ bodyBytes, index, bytes, path: pathOfLeafHashes(hashes, index) })),
  };
}

/** What a header must say of its body: the root of its shreds, or null if it travels whole. */
export function shredRootOf(body: Uint8Array): Uint8Array | null {
  return isShredded(body.length) ? rootOf(body) : null;
}

/** Checks that a header says of its body's shreds what is so. */
export function checkShredRoot(named: Uint8Array | null, body: Uint8Array): Rejected | null {
  if (named === null ? !isShredded(body.length) : isShredded(body.length) && equalBytes(named, rootOf(body)))
    return null;
  return rejected("wrong-shreds", "The header names other shreds than its body has: this block can never be valid.", {
    bodyBytes: body.length,
  });
}

/** Checks one piece against the root that a header names. */
export function checkShred(root: Uint8Array, { bodyBytes, index, bytes, path }: Shred): Rejected | null {
  if (!isShredded(bodyBytes))
    return rejected("wrong-shreds", `A body of ${bodyBytes} bytes has no shreds.`, { bodyBytes });
  const { data, parity, shredBytes } = shredCode(bodyBytes);
  const treeRoot = bytes.length === shredBytes ? rootOfPath(bytes, index, data + parity, path) : null;
  if (treeRoot !== null && equalBytes(bindLength(bodyBytes, treeRoot), root)) return null;
  return rejected("wrong-shreds", "The shred is none of those that the block's header names.", { index });
}

/**
 * The body, of pieces that were each checked against the root; null for one that is missing. Refused as `badly-shredded`
 * if the pieces are not the code's: then the block is invalid for everybody, with whichever pieces they have.
 */
export function joinShreds(
  root: Uint8Array,
  bodyBytes: number,
  pieces: readonly (Uint8Array | null)[],
): Result<Uint8Array> {
  const code = shredCode(bodyBytes);
  const data = rebuildShards(code, pieces, combineByTables);
  if (!data.ok) return data;
  const body = concatBytes(...data.value).slice(0, bodyBytes);
  if (equalBytes(rootOf(body), root)) return accepted(body);
  return rejected(
    "badly-shredded",
    "The shreds that the block's header names are no code of one body: this block can never be valid.",
    { bodyBytes },
  );
}
