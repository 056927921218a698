/**
 * What is put on the chain of a document's text: a digest that nobody can guess a text from who was not let into the document,
 * in the memo of a payment to oneself.
 * @module
 */
import { fromHex, toHex, utf8ToBytes } from "../codec/bytes.ts";
import { sha256, taggedHash } from "../codec/hash.ts";

const prefix = "document ";

/** Digest of a text in a document, by the document's id of 32 bytes, which its members alone know: 32 bytes. */
export function anchorDigest(document: Uint8Array, text: string): Uint8Array {
  return taggedHash("aether/document-anchor/1", document, sha256(utf8ToBytes(text)));
}

/** The memo that anchors it. */
export function anchorMemo(digest: Uint8Array): string {
  return `${prefix}${toHex(digest)}`;
}

/** The digest that a memo anchors; null if it anchors none. */
export function digestInMemo(memo: string): Uint8Array | null {
  const isOne = memo.startsWith(prefix) && memo.length === prefix.length + 64;
  return (isOne ? fromHex(memo.slice(prefix.length)) : null) ?? null;
}
