/**
 * Files and folders as trees of blocks (UnixFS), cut and named as profile `unixfs-v1-2025` of IPIP-499 says, which is what
 * `ipfs add` of kubo does under that profile: CIDs of version 1 with SHA-256, pieces of 1 MiB as raw blocks, at most 1024 of
 * them below one node, all leaves at one depth. Equal files have equal CIDs everywhere.
 * @module
 */
import { encode as encodeDagPb } from "@ipld/dag-pb";
import type { CID } from "multiformats/cid";
import { compareBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type Block, blockKey, codecs, contentId, type HashBytes } from "./content-id.ts";
import { fileData, folderData } from "./unixfs-data.ts";

/** How a file is cut; the profile's numbers unless a test wants small trees. */
export interface FileLayout {
  readonly chunkBytes: number;
  readonly links: number;
}

/** Numbers of the profile. */
export const profileLayout: FileLayout = { chunkBytes: 1_048_576, links: 1_024 };

/** Above this the profile spreads a folder over several blocks. */
const folderBytes = 262_144;

/** A file, a piece of one, or a folder, with all that is below it. */
export interface TreeNode {
  readonly block: Block;
  /** Bytes of the file in and below it; of a folder 0. */
  readonly sizeBytes: number;
  /** Bytes of its block and of all below, as often as they are named. */
  readonly treeBytes: number;
  readonly children: readonly TreeNode[];
}

/** A file to be put into a tree; names of folders and its own, with / between them. */
export interface SourceFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

async function nodeOf(
  code: number,
  bytes: Uint8Array,
  sizeBytes: number,
  children: readonly TreeNode[],
  sha256: HashBytes,
): Promise<TreeNode> {
  const block = { cid: contentId(code, await sha256(bytes)), bytes };
  const treeBytes = children.reduce((sum, child) => sum + child.treeBytes, bytes.length);
  return { block, sizeBytes, treeBytes, children };
}

const linkTo = (name: string, { block, treeBytes }: TreeNode): { Name: string; Hash: CID; Tsize: number } => ({
  Name: name,
  Hash: block.cid,
  Tsize: treeBytes,
});

function nodeAbove(children: readonly TreeNode[], sha256: HashBytes): Promise<TreeNode> {
  const sizes = children.map(({ sizeBytes }) => sizeBytes);
  const bytes = encodeDagPb({ Data: fileData(sizes), Links: children.map((child) => linkTo("", child)) });
  return nodeOf(
    codecs.dagPb,
    bytes,
    sizes.reduce((sum, size) => sum + size, 0),
    children,
    sha256,
  );
}

/** The tree of a file. Its pieces are views of the bytes, not copies. */
export async function fileTree(
  bytes: Uint8Array,
  sha256: HashBytes,
  { chunkBytes, links }: FileLayout = profileLayout,
): Promise<TreeNode> {
  const pieces: TreeNode[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += chunkBytes) {
    const piece = bytes.subarray(at, at + chunkBytes);
    pieces.push(await nodeOf(codecs.raw, piece, piece.length, [], sha256));
  }
  return treeAbove(pieces, links, sha256);
}

/**
 * The tree of a file of which one piece after another is read, `read(from, length)`. Its pieces themselves are let go: the
 * blocks of nodes without children are empty here.
 */
export async function outlinedTree(
  sizeBytes: number,
  read: (from: number, length: number) => Promise<Result<Uint8Array>>,
  sha256: HashBytes,
): Promise<Result<TreeNode>> {
  const { chunkBytes, links } = profileLayout;
  const pieces: TreeNode[] = [];
  for (let at = 0; at === 0 || at < sizeBytes; at += chunkBytes) {
    const piece = await read(at, Math.min(chunkBytes, sizeBytes - at));
    if (!piece.ok) return piece;
    const cid = contentId(codecs.raw, await sha256(piece.value));
    const { length } = piece.value;
    pieces.push({ block: { cid, bytes: new Uint8Array() }, sizeBytes: length, treeBytes: length, children: [] });
  }
  return accepted(await treeAbove(pieces, links, sha256));
}

async function treeAbove(pieces: TreeNode[], links: number, sha256: HashBytes): Promise<TreeNode> {
  let level = pieces;
  while (level.length > 1) {
    const above: TreeNode[] = [];
    for (let at = 0; at < level.length; at += links) above.push(await nodeAbove(level.slice(at, at + links), sha256));
    level = above;
  }
  return level[0] as TreeNode;
}

type Folder = Map<string, Folder | TreeNode>;

async function folderTree(folder: Folder, sha256: HashBytes): Promise<Result<TreeNode>> {
  const named: { readonly name: string; readonly key: Uint8Array; readonly node: TreeNode }[] = [];
  for (const [name, entry] of folder) {
    const node = entry instanceof Map ? await folderTree(entry, sha256) : accepted(entry);
    if (!node.ok) return node;
    named.push({ name, key: utf8ToBytes(name), node: node.value });
  }
  named.sort((a, b) => compareBytes(a.key, b.key));
  const bytes = encodeDagPb({ Data: folderData, Links: named.map(({ name, node }) => linkTo(name, node)) });
  if (bytes.length > folderBytes)
    return rejected("too-large", `A folder of ${folder.size} files does not fit into one block; put fewer into it.`);
  return accepted(
    await nodeOf(
      codecs.dagPb,
      bytes,
      0,
      named.map(({ node }) => node),
      sha256,
    ),
  );
}

/** The tree of a folder that holds these files under their paths. */
export async function filesTree(files: Iterable<SourceFile>, sha256: HashBytes): Promise<Result<TreeNode>> {
  const trees: { readonly path: string; readonly tree: TreeNode }[] = [];
  for (const { path, bytes } of files) trees.push({ path, tree: await fileTree(bytes, sha256) });
  return folderOf(trees, sha256);
}

/** The tree of a folder that holds the files of these trees under their paths. */
export async function folderOf(
  files: Iterable<{ readonly path: string; readonly tree: TreeNode }>,
  sha256: HashBytes,
): Promise<Result<TreeNode>> {
  const root: Folder = new Map();
  for (const { path, tree } of files) {
    const names = path.split("/");
    const last = names.pop() ?? "";
    let folder = root;
    for (const name of names) {
      const inside = folder.get(name) ?? new Map();
      if (!(inside instanceof Map)) return bothAt(path);
      folder.set(name, inside);
      folder = inside;
    }
    if (folder.has(last)) return bothAt(path);
    folder.set(last, tree);
  }
  return folderTree(root, sha256);
}

const bothAt = (path: string) =>
  rejected("invalid-argument", `${path} cannot stand in one folder with another file, or folder, of the same name.`);

/** All blocks of a tree, each once, each before those that it names. */
export function* blocksOf(root: TreeNode): Generator<Block, void> {
  const given = new Set<string>();
  const left = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    const key = blockKey(node.block.cid);
    if (given.has(key)) continue;
    given.add(key);
    yield node.block;
    for (let i = node.children.length - 1; i >= 0; i--) left.push(node.children[i] as TreeNode);
  }
}
