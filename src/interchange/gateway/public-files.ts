/**
 * Single files and folders out of trees of blocks that anybody made, block by block as they are needed. Each block is checked
 * against its name before it is looked at, so there are no loops; how many are fetched, how deep and how large a tree may be
 * is bounded, and a file whose sizes are not as its root says ends where that shows.
 * @module
 */
import type { CID } from "multiformats/cid";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { blockKey, codecs, type HashBytes } from "../content-id.ts";
import { gatewayLimits, interchangeLimits } from "../limits.ts";
import {
  checkNodeCodec,
  checkShard,
  folderLinks,
  isPlainName,
  otherKind,
  readNode,
  type UnixFsNode,
  wrongSizes,
} from "../unixfs-node.ts";

/** Gets a block from wherever there is one, or says why not. */
export type FetchBlock = (cid: CID) => Promise<Result<Uint8Array>>;

/** A file whose first block is here. */
export interface PublicFile {
  readonly kind: "file";
  readonly cid: CID;
  readonly sizeBytes: number;
  /** Its root; the bytes themselves if there is no other block. */
  readonly root: UnixFsNode | Uint8Array;
}

/** A folder; of one over several blocks all names are together. */
export interface PublicFolder {
  readonly kind: "folder";
  readonly cid: CID;
  readonly entries: ReadonlyMap<string, CID>;
}

/** The same blocks, each checked, and none larger than peers hand over. What is empty is known without asking. */
export function checkedBlocks(fetch: FetchBlock, sha256: HashBytes): FetchBlock {
  return async (cid) => {
    const { digest } = cid.multihash;
    const nothing = new Uint8Array();
    if (equalBytes(await sha256(nothing), digest)) return accepted(nothing);
    const bytes = await fetch(cid);
    if (!bytes.ok) return bytes;
    const { blockBytes } = interchangeLimits;
    if (bytes.value.length > blockBytes)
      return rejected("too-large", `A block of more than ${blockBytes} bytes is not read.`);
    return equalBytes(await sha256(bytes.value), digest)
      ? bytes
      : rejected("wrong-digest", `The bytes that came are not those of block ${cid.toString()}.`);
  };
}

/** At most so many blocks. */
function bounded(fetch: FetchBlock, mostBlocks: number, mostBytes = Number.POSITIVE_INFINITY): FetchBlock {
  let blocks = 0;
  let bytes = 0;
  return async (cid) => {
    if (blocks++ >= mostBlocks)
      return rejected("too-many", `More than ${mostBlocks} blocks would have to be fetched for it.`);
    const block = await fetch(cid);
    if (!block.ok) return block;
    bytes += block.value.length;
    return bytes <= mostBytes
      ? block
      : rejected("too-large", `More than ${mostBytes} bytes of folders would have to be looked through for it.`);
  };
}

async function nodeAt(fetch: FetchBlock, cid: CID): Promise<Result<UnixFsNode>> {
  const codec = checkNodeCodec(cid);
  const bytes = codec.ok ? await fetch(cid) : codec;
  return bytes.ok ? readNode(cid, bytes.value) : bytes;
}

/** Bytes of a file in and below a node, if what it says of its parts fits. */
function sizeOf({ kind, data, links, blockSizes, sizeBytes }: UnixFsNode): Result<number> {
  if ((kind !== "file" && kind !== "raw") || blockSizes.length !== links.length) return wrongSizes;
  const sum = blockSizes.reduce((all, size) => all + size, data.length);
  if (sum > gatewayLimits.fileBytes)
    return rejected("too-large", `Files of more than ${gatewayLimits.fileBytes} bytes are not handed over.`);
  return (sizeBytes ?? data.length) === sum ? accepted(sum) : wrongSizes;
}

/** Goes through the blocks of a folder; `see` says when there is enough. */
async function eachEntry(
  fetch: FetchBlock,
  node: UnixFsNode,
  see: (name: string, cid: CID) => boolean,
): Promise<Result<null>> {
  const left: { readonly node: UnixFsNode; readonly depth: number }[] = [{ node, depth: 0 }];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const links = folderLinks(at.node);
    if (!links.ok) return links;
    const depth = at.depth + 1;
    for (const { name, cid } of links.value) {
      if (name !== null) {
        if (see(name, cid)) return accepted(null);
        continue;
      }
      if (depth > interchangeLimits.depth) return rejected("too-deep", "A folder is spread over too many blocks.");
      const inner = await nodeAt(fetch, cid);
      const part = inner.ok ? checkShard(inner.value) : inner;
      if (!part.ok) return part;
      left.push({ node: part.value, depth });
    }
  }
  return accepted(null);
}

async function entryOf(fetch: FetchBlock, node: UnixFsNode, wanted: string): Promise<Result<CID>> {
  let found: CID | null = null;
  const seen = await eachEntry(fetch, node, (name, cid) => {
    if (name === wanted) found = cid;
    return found !== null;
  });
  if (!seen.ok) return seen;
  return found === null
    ? rejected("not-found", `There is no ${JSON.stringify(wanted)} in that folder.`)
    : accepted(found);
}

async function folderAt(fetch: FetchBlock, cid: CID, node: UnixFsNode): Promise<Result<PublicFolder>> {
  const entries = new Map<string, CID>();
  let isTooLarge = false;
  const seen = await eachEntry(fetch, node, (name, link) => {
    // What leads elsewhere has no address here.
    if (isPlainName(name) && !entries.has(name)) entries.set(name, link);
    isTooLarge = entries.size > gatewayLimits.listed;
    return isTooLarge;
  });
  if (!seen.ok) return seen;
  return isTooLarge
    ? rejected("too-many", `A folder of more than ${gatewayLimits.listed} names is not listed; name the file.`)
    : accepted({ kind: "folder", cid, entries });
}

/** Finds what a path from a root leads to; no more is fetched than that takes. */
export async function findPublic(
  fetch: FetchBlock,
  root: CID,
  path: readonly string[],
): Promise<Result<PublicFile | PublicFolder>> {
  const take = bounded(fetch, gatewayLimits.pathBlocks, gatewayLimits.pathBytes);
  let cid = root;
  for (const [i, name] of path.entries()) {
    const node = cid.code === codecs.raw ? null : await nodeAt(take, cid);
    if (node !== null && !node.ok) return node;
    const kind = node?.value.kind ?? "file";
    if (node === null || (kind !== "folder" && kind !== "sharded-folder"))
      return rejected("not-found", `${JSON.stringify(path[i - 1] ?? root.toString())} is no folder.`);
    const next = await entryOf(take, node.value, name);
    if (!next.ok) return next;
    cid = next.value;
  }
  if (cid.code === codecs.raw) {
    const bytes = await take(cid);
    return bytes.ok ? accepted({ kind: "file", cid, sizeBytes: bytes.value.length, root: bytes.value }) : bytes;
  }
  const node = await nodeAt(take, cid);
  if (!node.ok) return node;
  const { kind } = node.value;
  if (kind === "folder" || kind === "sharded-folder") return folderAt(take, cid, node.value);
  if (kind !== "file" && kind !== "raw") return otherKind(kind, path.at(-1) ?? "");
  const sizeBytes = sizeOf(node.value);
  return sizeBytes.ok ? accepted({ kind: "file", cid, sizeBytes: sizeBytes.value, root: node.value }) : sizeBytes;
}

/** Part of some bytes that begin at `at` of the file: what of it lies in the range. */
function within(bytes: Uint8Array, at: number, from: number, to: number): Uint8Array {
  return bytes.subarray(Math.max(0, from - at), Math.max(0, to - at));
}

async function* partsBelow(
  fetch: FetchBlock,
  node: UnixFsNode,
  at: number,
  { from, to }: ByteRange,
  depth: number,
): AsyncGenerator<Result<Uint8Array>, boolean> {
  const own = within(node.data, at, from, to);
  if (own.length > 0) yield accepted(own);
  let start = at + node.data.length;
  for (const [i, { Hash: cid }] of node.links.entries()) {
    const claimed = node.blockSizes[i] as number;
    const end = start + claimed;
    // What holds nothing of the range is not fetched, nor what holds nothing at all: of that there may be any amount.
    if (claimed > 0 && start < to && end > from) {
      const piece = await pieceAt(fetch, cid, claimed, depth + 1);
      if (!piece.ok) {
        yield piece;
        return false;
      }
      if (piece.value instanceof Uint8Array) yield accepted(within(piece.value, start, from, to));
      else if (!(yield* partsBelow(fetch, piece.value, start, { from, to }, depth + 1))) return false;
    }
    start = end;
  }
  return true;
}

/** A piece that was said to have `claimed` bytes. */
async function pieceAt(
  fetch: FetchBlock,
  cid: CID,
  claimed: number,
  depth: number,
): Promise<Result<UnixFsNode | Uint8Array>> {
  const most = interchangeLimits.depth;
  if (depth > most) return rejected("too-deep", `The tree is more than ${most} blocks deep.`);
  if (cid.code === codecs.raw) {
    const bytes = await fetch(cid);
    return bytes.ok && bytes.value.length !== claimed ? wrongSizes : bytes;
  }
  const node = await nodeAt(fetch, cid);
  const size = node.ok ? sizeOf(node.value) : node;
  if (!size.ok) return size;
  return size.value === claimed ? node : wrongSizes;
}

/** Bytes from a place on, up to another. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/** The bytes of a file in their order, each part checked; behind a refusal nothing follows. To be gone through once. */
export async function* partsOf(
  fetch: FetchBlock,
  { root, sizeBytes }: PublicFile,
  { from, to }: ByteRange = { from: 0, to: sizeBytes },
): AsyncGenerator<Result<Uint8Array>, void> {
  if (root instanceof Uint8Array) {
    const bytes = within(root, 0, from, to);
    if (bytes.length > 0) yield accepted(bytes);
    return;
  }
  yield* partsBelow(bounded(fetch, interchangeLimits.visits), root, 0, { from, to }, 0);
}

/** Names of all blocks of a tree, each once; only nodes are fetched, not the pieces that they name. */
export async function blocksBelow(fetch: FetchBlock, root: CID): Promise<Result<readonly CID[]>> {
  const take = bounded(fetch, interchangeLimits.visits);
  const known = new Map<string, CID>([[blockKey(root), root]]);
  const left = [root];
  for (let cid = left.pop(); cid !== undefined; cid = left.pop()) {
    if (cid.code === codecs.raw) continue;
    const node = await nodeAt(take, cid);
    if (!node.ok) return node;
    for (const { Hash: next } of node.value.links) {
      const key = blockKey(next);
      if (known.has(key)) continue;
      if (known.size === interchangeLimits.visits)
        return rejected("too-many", `The tree names more than ${interchangeLimits.visits} blocks.`);
      known.set(key, next);
      left.push(next);
    }
  }
  return accepted([...known.values()]);
}
