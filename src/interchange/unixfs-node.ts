/**
 * One node of a tree of files and folders (UnixFS in dag-pb): what the readers of whole archives and of single files share.
 * @module
 */
import { decode as decodeDagPb, type PBLink, type PBNode } from "@ipld/dag-pb";
import type { CID } from "multiformats/cid";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { codecs } from "./content-id.ts";
import { decodeUnixFsData, type UnixFsData } from "./unixfs-data.ts";

/** A file, a piece of one, or a folder, as one block says it. */
export interface UnixFsNode extends UnixFsData {
  readonly links: readonly PBLink[];
}

/** What a folder names. */
export interface FolderLink {
  /** Null: another part of the same folder. */
  readonly name: string | null;
  readonly cid: CID;
}

/** Places of a sharded folder: a power of two that fits the hash of names. */
const mostFanout = 1_024;

/** Places in a sharded folder are drawn by this hash (murmur3-x64-64) alone. */
const shardHash = 0x22;

/** Sizes of a file that do not fit each other. */
export const wrongSizes = rejected("wrong-type", "A file has other sizes than its blocks say.");

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Refuses a block that is no node of files and folders by its codec. */
export function checkNodeCodec(cid: CID): Result<null> {
  if (cid.code === codecs.dagPb) return accepted(null);
  const code = `0x${cid.code.toString(16)}`;
  return rejected("unsupported-feature", `Block ${cid.toString()} is no file or folder: its codec is ${code}.`);
}

/** Reads the bytes of a dag-pb block. */
export function readNode(cid: CID, bytes: Uint8Array): Result<UnixFsNode> {
  let node: PBNode;
  try {
    node = decodeDagPb(bytes);
  } catch {
    return rejected("not-canonical", `Block ${cid.toString()} does not have the form that its codec (dag-pb) says.`);
  }
  if (node.Data === undefined)
    return rejected("unsupported-feature", `Block ${cid.toString()} has links but is no file or folder (UnixFS).`);
  const data = decodeUnixFsData(plain(node.Data));
  return data.ok ? accepted({ ...data.value, links: node.Links }) : data;
}

/** Why a node that is neither a file nor a folder is not read. */
export function otherKind(kind: UnixFsData["kind"], path: string): Rejected {
  const what = kind === "symlink" ? "a link to another path" : "a block of metadata";
  return rejected(
    "unsupported-feature",
    `${path === "" ? "The root" : JSON.stringify(path)} is ${what}; only files and folders are read.`,
  );
}

/** Whether a name stands for something in its folder, and for nothing else. */
export function isPlainName(name: string): boolean {
  return name !== "" && name !== "." && name !== ".." && !/[/\\\0]/.test(name);
}

/**
 * What one block of a folder names. In a folder over several blocks each name stands behind the number of its place, in
 * hexadecimal digits; a number alone leads on.
 */
export function folderLinks({ kind, fanout, hashType, links }: UnixFsNode): Result<readonly FolderLink[]> {
  if (kind === "folder") return accepted(links.map(({ Name: name = "", Hash: cid }) => ({ name, cid })));
  const isKnown = hashType === shardHash && fanout !== null && fanout >= 8 && fanout <= mostFanout;
  if (!isKnown || (fanout & (fanout - 1)) !== 0)
    return rejected("unsupported-feature", "A folder is spread over blocks in an unknown way.");
  if (links.length > fanout)
    return rejected("not-canonical", "A folder, spread over blocks, has more parts than places.");
  const digits = (fanout - 1).toString(16).length;
  const found: FolderLink[] = [];
  for (const { Name: name = "", Hash: cid } of links) {
    const place = name.slice(0, digits);
    if (!/^[0-9A-F]+$/.test(place) || place.length !== digits || Number.parseInt(place, 16) >= fanout)
      return rejected("not-canonical", "A folder, spread over blocks, has a part that has no place.");
    found.push({ name: name.length > digits ? name.slice(digits) : null, cid });
  }
  return accepted(found);
}

/** A part of a folder over several blocks, or that it is none. */
export function checkShard(node: UnixFsNode): Result<UnixFsNode> {
  return node.kind === "sharded-folder"
    ? accepted(node)
    : rejected("wrong-type", "A folder, spread over blocks, has a part that is none.");
}
