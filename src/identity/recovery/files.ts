/**
 * Files of recovery, as text that can be pasted into any message: a share, sealed for one reader; a request of a device
 * that is to get keys back; an encryption key.
 * @module
 */
import { base64urlnopad } from "@scure/base";
import { taggedHash } from "#protocol/codec/hash.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { sixWords } from "../six-words.ts";

/** What such a file can be. */
export type RecoveryFile = "share" | "request" | "key";

/** Longest file, in characters. */
const mostCharacters = 32_768;

/** Makes the file. */
export function writeRecoveryFile(kind: RecoveryFile, bytes: Uint8Array): string {
  return `aether recovery ${kind} 1\n${base64urlnopad.encode(bytes)}\n`;
}

/** The bytes in a file of that kind; says what is there instead. */
export function readRecoveryFile(kind: RecoveryFile, text: string): Result<Uint8Array> {
  const [, found, version, encoded] =
    /^\s*aether recovery (\w+) (\d+)\s+([\w-]+)\s*$/.exec(text.slice(0, mostCharacters)) ?? [];
  if (found === undefined || encoded === undefined) {
    return rejected("bad-share", `This is no recovery ${kind}, or it is not whole. Nothing was changed.`);
  }
  if (found !== kind)
    return rejected("bad-share", `This is a recovery ${found}, not a recovery ${kind}. Nothing was changed.`);
  if (version !== "1")
    return rejected("unknown-version", "This file was made by a newer version of the app; update it.");
  try {
    return accepted(base64urlnopad.decode(encoded));
  } catch {
    return rejected("bad-share", `This recovery ${kind} is damaged. Nothing was changed; take another copy.`);
  }
}

/** Six words by which people make sure, over a telephone, that both see the same request: 66 bits. */
export function wordsOf(request: Uint8Array): string {
  return sixWords(taggedHash("aether/recovery-words/1", request));
}
