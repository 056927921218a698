/**
 * Content identifiers (CIDs) as archives hold them: only SHA-256 of 32 bytes, only in the shortest form.
 * @module
 */
import { CID } from "multiformats/cid";
import { create as createDigest } from "multiformats/hashes/digest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** SHA-256 of bytes, 32 bytes; a promise, so that it may be computed elsewhere. */
export type HashBytes = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Bytes with the name that they were proved to have. */
export interface Block {
  readonly cid: CID;
  readonly bytes: Uint8Array;
}

/** Codes of the multicodec table: what the bytes of a block are. */
export const codecs = { raw: 0x55, dagPb: 0x70 } as const;

const sha256Code = 0x12;

/** Names of blocks of every codec in one form: an old CID (version 0) and a new one of the same block are the same. */
export function blockKey(cid: CID): string {
  return cid.toV1().toString();
}

/** The CID, version 1, of bytes with this SHA-256. */
export function contentId(code: number, sha256: Uint8Array): CID {
  return CID.createV1(code, createDigest(sha256Code, sha256));
}

/** Refuses a CID of a hash function that we do not check by. */
export function checkContentId(cid: CID): Result<CID> {
  const { code, digest } = cid.multihash;
  return code === sha256Code && digest.length === 32
    ? accepted(cid)
    : rejected(
        "unsupported-feature",
        `A block is named by hash function 0x${code.toString(16)}; only SHA-256 (0x12, 32 bytes) is read.`,
      );
}

/** The CID that bytes begin with, and how many bytes it takes. */
export function readContentId(bytes: Uint8Array): Result<{ readonly cid: CID; readonly length: number }> {
  try {
    const [cid, rest] = CID.decodeFirst(bytes);
    const length = bytes.length - rest.length;
    const checked = checkContentId(cid);
    if (!checked.ok) return checked;
    // The library reads numbers in longer forms, and a version 0 that is written out.
    const shortest = CID.create(cid.version, cid.code, createDigest(sha256Code, cid.multihash.digest));
    return equalBytes(shortest.bytes, bytes.subarray(0, length))
      ? accepted({ cid: shortest, length })
      : rejected("not-canonical", "The name of a block (CID) is not in its shortest form.");
  } catch {
    return rejected("not-canonical", "There is no name of a block (CID) where one belongs.");
  }
}
