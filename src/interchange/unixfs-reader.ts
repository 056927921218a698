/**
 * Files and folders out of a tree of blocks (UnixFS) that anybody made. Every block was checked against its name before, so
 * there are no loops; but a tree may be deep, name one block a million times, claim sizes that are not true or have names
 * that lead elsewhere. All of that is bounded or refused before any bytes are put together.
 * @module
 */
import type { CID } from "multiformats/cid";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { blockKey, codecs } from "./content-id.ts";
import { interchangeLimits } from "./limits.ts";
import {
  checkNodeCodec,
  checkShard,
  folderLinks,
  isPlainName,
  otherKind,
  readNode,
  type UnixFsNode,
  wrongSizes,
} from "./unixfs-node.ts";

/** A file of a tree. */
export interface TreeFile {
  /** Names of folders and its own with / between them; empty if the root itself is the file. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Its bytes, in views of the blocks. */
  readonly parts: readonly Uint8Array[];
}

/** What a tree holds. */
export interface ReadTree {
  readonly files: readonly TreeFile[];
  readonly emptyFolders: number;
  /** Names of the blocks it consists of. */
  readonly used: ReadonlySet<string>;
}

/** What whoever keeps the files has room for. */
export interface TreeLimits {
  readonly files: number;
  readonly fileBytes: number;
  readonly totalBytes: number;
  /** Letters of a path. */
  readonly pathLength: number;
}

const pathOf = (folder: string, name: string): string => (folder === "" ? name : `${folder}/${name}`);

class Walk {
  readonly files: TreeFile[] = [];
  readonly used = new Set<string>();
  emptyFolders = 0;
  private visits = 0;
  private totalBytes = 0;
  private readonly blocks: ReadonlyMap<string, Uint8Array>;
  private readonly limits: TreeLimits;

  constructor(blocks: ReadonlyMap<string, Uint8Array>, limits: TreeLimits) {
    this.blocks = blocks;
    this.limits = limits;
  }

  /** A file or folder of any kind; null, or why it is refused. */
  entry(cid: CID, path: string, depth: number): Rejected | null {
    if (cid.code === codecs.raw) return this.file(cid, null, path, depth);
    const node = this.node(cid, depth);
    if (!node.ok) return node;
    const { kind } = node.value;
    if (kind === "file" || kind === "raw") return this.file(cid, node.value, path, depth);
    if (kind === "folder" || kind === "sharded-folder") {
      const before = this.files.length + this.emptyFolders;
      const refusal = this.folder(node.value, path, depth);
      if (refusal === null && this.files.length + this.emptyFolders === before) this.emptyFolders++;
      return refusal;
    }
    return otherKind(kind, path);
  }

  /** The bytes of a block that is visited. */
  private visit(cid: CID, depth: number): Result<Uint8Array> {
    const { visits, depth: mostDepth } = interchangeLimits;
    if (depth > mostDepth) return rejected("too-deep", `The tree is more than ${mostDepth} blocks deep.`);
    if (++this.visits > visits) return rejected("too-many", `The tree names more than ${visits} blocks.`);
    const key = blockKey(cid);
    const bytes = this.blocks.get(key);
    if (bytes === undefined)
      return rejected("not-found", `The archive lacks block ${cid.toString()}, which another one names.`);
    this.used.add(key);
    return accepted(bytes);
  }

  private node(cid: CID, depth: number): Result<UnixFsNode> {
    const codec = checkNodeCodec(cid);
    if (!codec.ok) return codec;
    const bytes = this.visit(cid, depth);
    return bytes.ok ? readNode(cid, bytes.value) : bytes;
  }

  private file(cid: CID, node: UnixFsNode | null, path: string, depth: number): Rejected | null {
    const { files, fileBytes, totalBytes } = this.limits;
    if (this.files.length === files) return rejected("too-many", `The tree holds more than ${files} files.`);
    const parts: Uint8Array[] = [];
    // What is left for all files together bounds this one too, so that a block named often costs no more than its name.
    const most = Math.min(fileBytes, totalBytes - this.totalBytes);
    const sizeBytes = node === null ? this.leaf(cid, depth, parts, most) : this.content(node, depth, parts, most);
    if (!sizeBytes.ok) return sizeBytes;
    this.totalBytes += sizeBytes.value;
    this.files.push({ path, sizeBytes: sizeBytes.value, parts });
    return null;
  }

  /** Adds what a raw block holds; its length, at most `most`. */
  private leaf(cid: CID, depth: number, parts: Uint8Array[], most: number): Result<number> {
    const bytes = this.visit(cid, depth);
    return bytes.ok ? this.add(bytes.value, parts, most) : bytes;
  }

  private add(bytes: Uint8Array, parts: Uint8Array[], most: number): Result<number> {
    if (bytes.length > most) return this.tooLarge();
    if (bytes.length > 0) parts.push(bytes);
    return accepted(bytes.length);
  }

  private tooLarge(): Rejected {
    const { fileBytes, totalBytes } = this.limits;
    return rejected(
      "too-large",
      `The archive holds a file of more than ${fileBytes} bytes, or files of more than ${totalBytes} together.`,
    );
  }

  /** Adds what a node of a file and all below it hold; the length. */
  private content(node: UnixFsNode, depth: number, parts: Uint8Array[], most: number): Result<number> {
    const { kind, data, links, blockSizes, sizeBytes } = node;
    if ((kind !== "file" && kind !== "raw") || blockSizes.length !== links.length) return wrongSizes;
    if ((sizeBytes ?? 0) > most) return this.tooLarge();
    const own = this.add(data, parts, most);
    if (!own.ok) return own;
    let length = own.value;
    for (const [i, { Hash: cid }] of links.entries()) {
      const inside = this.piece(cid, blockSizes[i] as number, depth + 1, parts, most - length);
      if (!inside.ok) return inside;
      length += inside.value;
    }
    return (sizeBytes ?? 0) === length ? accepted(length) : wrongSizes;
  }

  /** Adds a piece of a file that was said to have `claimed` bytes. */
  private piece(cid: CID, claimed: number, depth: number, parts: Uint8Array[], most: number): Result<number> {
    if (cid.code === codecs.raw) {
      const length = this.leaf(cid, depth, parts, most);
      return length.ok && length.value !== claimed ? wrongSizes : length;
    }
    const node = this.node(cid, depth);
    if (!node.ok) return node;
    // Before its own pieces are visited, of which there may be many.
    return (node.value.sizeBytes ?? 0) === claimed ? this.content(node.value, depth, parts, most) : wrongSizes;
  }

  private named(name: string, cid: CID, path: string, depth: number, taken: Set<string>): Rejected | null {
    const problem = this.nameProblem(name, path, taken);
    if (problem !== null) return problem;
    taken.add(name);
    return this.entry(cid, pathOf(path, name), depth + 1);
  }

  private nameProblem(name: string, path: string, taken: ReadonlySet<string>): Rejected | null {
    if (!isPlainName(name))
      return rejected("invalid-argument", "The archive holds a file whose name leads to another folder.");
    if (taken.has(name)) return rejected("not-canonical", "A folder of the archive holds two files of one name.");
    const { pathLength } = this.limits;
    return pathOf(path, name).length > pathLength
      ? rejected("too-large", `The archive holds a file whose path has more than ${pathLength} letters.`)
      : null;
  }

  private folder(node: UnixFsNode, path: string, depth: number, taken = new Set<string>()): Rejected | null {
    const links = folderLinks(node);
    if (!links.ok) return links;
    for (const { name, cid } of links.value) {
      const refusal =
        name === null ? this.part(cid, path, depth + 1, taken) : this.named(name, cid, path, depth, taken);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  private part(cid: CID, path: string, depth: number, taken: Set<string>): Rejected | null {
    const node = this.node(cid, depth);
    const part = node.ok ? checkShard(node.value) : node;
    return part.ok ? this.folder(part.value, path, depth, taken) : part;
  }
}

/** Reads the tree below a root; `blocks` are checked ones by the names that `blockKey` gives. */
export function readTree(root: CID, blocks: ReadonlyMap<string, Uint8Array>, limits: TreeLimits): Result<ReadTree> {
  const walk = new Walk(blocks, limits);
  const refusal = walk.entry(root, "", 0);
  if (refusal !== null) return refusal;
  const { files, emptyFolders, used } = walk;
  return accepted({ files, emptyFolders, used });
}
