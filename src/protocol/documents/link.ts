/**
 * Invitations to a document: its id and its key, both behind the `#` of an address, which no server is sent. Whoever has
 * the link reads and writes.
 * @module
 */
import { base64urlnopad } from "@scure/base";
import { concatBytes } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { documentLimits } from "./limits.ts";

/** What lets somebody into a document. */
export interface DocumentLink {
  readonly id: Uint8Array;
  readonly key: Uint8Array;
  /** Whether the key is not the document's first: its members were changed. */
  readonly isLater: boolean;
}

/** Name of the fragment's parameter. */
export const documentParameter = "document";

const idBytes = 32;

/** The link as text, without the address of an app. */
export function writeDocumentLink({ id, key, isLater }: DocumentLink): string {
  return base64urlnopad.encode(concatBytes(id, key, isLater ? laterMark : new Uint8Array()));
}

/** Stands behind a key that is not the first: so long that no link with a letter missing is one of the other kind. */
const laterMark = Uint8Array.of(0, 0, 1);

const form = /^[\w-]{86}(?:[\w-]{4})?$/;

/** Whether a word is meant to be such a link, damaged ones included, and not a document's name. */
export function looksLikeDocumentLink(text: string): boolean {
  return text.includes(`#${documentParameter}=`) || form.test(text);
}

/** Reads a link, by itself or in an address whose fragment holds it. */
export function readDocumentLink(text: string): Result<DocumentLink> {
  const bare = /#(?:.*&)?document=([^&]*)/.exec(text)?.[1] ?? text.trim();
  const wrong = rejected(
    "invalid-argument",
    "This is no invitation to a document: it has 86 or 90 letters and digits behind #document=. Copy it whole.",
  );
  if (!form.test(bare)) return wrong;
  try {
    const bytes = base64urlnopad.decode(bare);
    const end = idBytes + documentLimits.keyBytes;
    const isLater = bytes.length > end;
    if (bytes.length < end) return wrong;
    return accepted({ id: bytes.slice(0, idBytes), key: bytes.slice(idBytes, end), isLater });
  } catch {
    return wrong;
  }
}
