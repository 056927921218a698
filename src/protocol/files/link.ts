/**
 * Links to files: the CID of the sealed manifest and the key that opens it. Both stand behind the `#` of an address, which
 * no server is sent.
 * @module
 */
import { base32nopad, base64urlnopad } from "@scure/base";
import { concatBytes } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { sealingKeyBytes } from "./sealing.ts";

/** What opens a file for whoever has it. */
export interface FileLink {
  /** SHA-256 of the sealed manifest. */
  readonly digest: Uint8Array;
  readonly key: Uint8Array;
}

/** Name of the fragment's parameter. */
export const fileParameter = "file";

const rawCodec = 0x55;
const dagPbCodec = 0x70;

/** CIDv1, codec, SHA-256 of 32 bytes; see the multiformats tables. */
const prefixOf = (codec: number): Uint8Array => Uint8Array.of(1, codec, 0x12, 32);
const cidPrefix = prefixOf(rawCodec);
const digestBytes = 32;

/** The CID of a block with a SHA-256 digest, in base32: of raw bytes, or of a node of a tree of files (dag-pb). */
export function cidOf(digest: Uint8Array, isNode = false): string {
  return `b${base32nopad.encode(concatBytes(isNode ? prefixOf(dagPbCodec) : cidPrefix, digest)).toLowerCase()}`;
}

/** Whether somebody meant a file that everybody may read: `ipfs://CID`, `/ipfs/CID`, or the latter on any host. */
export function looksPublic(text: string): boolean {
  return /^(?:ipfs:\/\/|(?:https?:\/\/[^/?#]+)?\/ipfs\/)/i.test(text);
}

/** The link as text, without the address of an app. */
export function writeFileLink({ digest, key }: FileLink): string {
  return `${cidOf(digest)}.${base64urlnopad.encode(key)}`;
}

const form = /(b[a-z2-7]{58})\.([\w-]{43})/;

/** Whether somebody meant a link: it is in an address, or begins as one does. */
export function looksLikeFileLink(text: string): boolean {
  return text.includes(`#${fileParameter}=`) || /^baf[a-z2-7]{9}/.test(text.trim());
}

/** Reads a link, by itself or in an address whose fragment holds it. */
export function readFileLink(text: string): Result<FileLink> {
  const bare = /#(?:.*&)?file=([^&]*)/.exec(text)?.[1] ?? text.trim();
  const [whole, cid = "", key = ""] = form.exec(bare) ?? [];
  const wrong = rejected(
    "invalid-argument",
    "This is no link to a file: it has 59 letters and digits that begin with b, a dot, and 43 more. Copy it whole.",
  );
  if (whole === undefined || whole !== bare) return wrong;
  try {
    const bytes = base32nopad.decode(cid.slice(1).toUpperCase());
    const opened = base64urlnopad.decode(key);
    const isOurs = bytes.length === cidPrefix.length + digestBytes && cidPrefix.every((byte, i) => byte === bytes[i]);
    if (!isOurs || opened.length !== sealingKeyBytes) return wrong;
    return accepted({ digest: bytes.slice(cidPrefix.length), key: opened });
  } catch {
    return wrong;
  }
}
