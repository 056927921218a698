/**
 * Files and folders out of a tree of blocks (UnixFS) that anybody made. Every block was checked against its name before, so
 * there are no loops; but a tree may be deep, name one block a million times, claim sizes that are not true or have names
 * that lead elsewhere. All of that is bounded or refused before any bytes are put together.
 * @module
 */
import { decode as decodeDagPb, type PBLink, type PBNode } from "@ipld/dag-pb";
import type { CID } from "multiformats/cid";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { blockKey, codecs } from "./content-id.ts";
import { interchangeLimits } from "./limits.ts";
import { decodeUnixFsData, type UnixFsData } from "./unixfs-data.ts";

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

interface Node extends UnixFsData {
  readonly links: readonly PBLink[];
}

/** Places of a sharded folder: a power of two that fits the hash of names. */
const mostFanout = 1_024;

/** Places in a sharded folder are drawn by this hash (murmur3-x64-64) alone. */
const shardHash = 0x22;

const lie = rejected("wrong-type", "A file of the archive has other sizes than its blocks say.");

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

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
      const refusal = kind === "folder" ? this.folder(node.value, path, depth) : this.shard(node.value, path, depth);
      if (refusal === null && this.files.length + this.emptyFolders === before) this.emptyFolders++;
      return refusal;
    }
    const what = kind === "symlink" ? "a link to another path" : "a block of metadata";
    return rejected(
      "unsupported-feature",
      `${path === "" ? "The root" : JSON.stringify(path)} is ${what}; only files and folders are read.`,
    );
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

  private node(cid: CID, depth: number): Result<Node> {
    if (cid.code !== codecs.dagPb) {
      const code = `0x${cid.code.toString(16)}`;
      return rejected("unsupported-feature", `Block ${cid.toString()} is no file or folder: its codec is ${code}.`);
    }
    const bytes = this.visit(cid, depth);
    if (!bytes.ok) return bytes;
    let node: PBNode;
    try {
      node = decodeDagPb(bytes.value);
    } catch {
      return rejected("not-canonical", `Block ${cid.toString()} does not have the form that its codec (dag-pb) says.`);
    }
    if (node.Data === undefined)
      return rejected("unsupported-feature", `Block ${cid.toString()} has links but is no file or folder (UnixFS).`);
    const data = decodeUnixFsData(plain(node.Data));
    return data.ok ? accepted({ ...data.value, links: node.Links }) : data;
  }

  private file(cid: CID, node: Node | null, path: string, depth: number): Rejected | null {
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
  private content(node: Node, depth: number, parts: Uint8Array[], most: number): Result<number> {
    const { kind, data, links, blockSizes, sizeBytes } = node;
    if ((kind !== "file" && kind !== "raw") || blockSizes.length !== links.length) return lie;
    if ((sizeBytes ?? 0) > most) return this.tooLarge();
    const own = this.add(data, parts, most);
    if (!own.ok) return own;
    let length = own.value;
    for (const [i, { Hash: cid }] of links.entries()) {
      const inside = this.piece(cid, blockSizes[i] as number, depth + 1, parts, most - length);
      if (!inside.ok) return inside;
      length += inside.value;
    }
    return (sizeBytes ?? 0) === length ? accepted(length) : lie;
  }

  /** Adds a piece of a file that was said to have `claimed` bytes. */
  private piece(cid: CID, claimed: number, depth: number, parts: Uint8Array[], most: number): Result<number> {
    if (cid.code === codecs.raw) {
      const length = this.leaf(cid, depth, parts, most);
      return length.ok && length.value !== claimed ? lie : length;
    }
    const node = this.node(cid, depth);
    if (!node.ok) return node;
    // Before its own pieces are visited, of which there may be many.
    return (node.value.sizeBytes ?? 0) === claimed ? this.content(node.value, depth, parts, most) : lie;
  }

  private folder({ links }: Node, path: string, depth: number): Rejected | null {
    return this.entries(
      links.map((link) => ({ name: link.Name ?? "", cid: link.Hash })),
      path,
      depth,
      new Set(),
    );
  }

  private entries(
    links: readonly { readonly name: string; readonly cid: CID }[],
    path: string,
    depth: number,
    taken: Set<string>,
  ): Rejected | null {
    for (const { name, cid } of links) {
      const problem = this.nameProblem(name, path, taken);
      if (problem !== null) return problem;
      taken.add(name);
      const refusal = this.entry(cid, pathOf(path, name), depth + 1);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  private nameProblem(name: string, path: string, taken: ReadonlySet<string>): Rejected | null {
    if (name === "" || name === "." || name === ".." || /[/\\\0]/.test(name))
      return rejected("invalid-argument", "The archive holds a file whose name leads to another folder.");
    if (taken.has(name)) return rejected("not-canonical", "A folder of the archive holds two files of one name.");
    const { pathLength } = this.limits;
    return pathOf(path, name).length > pathLength
      ? rejected("too-large", `The archive holds a file whose path has more than ${pathLength} letters.`)
      : null;
  }

  /** A folder over several blocks: each name stands behind the number of its place, in hexadecimal digits; a number alone leads on. */
  private shard(node: Node, path: string, depth: number, taken = new Set<string>()): Rejected | null {
    const { fanout, hashType, links } = node;
    const isKnown = hashType === shardHash && fanout !== null && fanout >= 8 && fanout <= mostFanout;
    if (!isKnown || (fanout & (fanout - 1)) !== 0)
      return rejected(
        "unsupported-feature",
        "The archive holds a folder that is spread over blocks in an unknown way.",
      );
    const digits = (fanout - 1).toString(16).length;
    for (const { Name: name = "", Hash: cid } of links) {
      const place = name.slice(0, digits);
      if (!/^[0-9A-F]+$/.test(place) || place.length !== digits || Number.parseInt(place, 16) >= fanout)
        return rejected(
          "not-canonical",
          "The archive holds a folder, spread over blocks, with a part that has no place.",
        );
      const refusal =
        name.length > digits
          ? this.entries([{ name: name.slice(digits), cid }], path, depth, taken)
          : this.innerShard(cid, path, depth + 1, taken);
      if (refusal !== null) return refusal;
    }
    return null;
  }

  private innerShard(cid: CID, path: string, depth: number, taken: Set<string>): Rejected | null {
    const node = this.node(cid, depth);
    if (!node.ok) return node;
    return node.value.kind === "sharded-folder"
      ? this.shard(node.value, path, depth, taken)
      : rejected("wrong-type", "The archive holds a folder, spread over blocks, with a part that is none.");
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
