/**
 * What of a file can be shown in a window: a picture that browsers draw and that cannot run anything, or text. What it is, is
 * read from its bytes; its name may say what it likes.
 * @module
 */
import { base64 } from "@scure/base";
import type { ByteSource } from "#sdk/home-files.ts";
import { isText } from "../../opened-files.ts";
import { sanitise } from "../../terminal/sanitise.ts";

/** A larger picture is not drawn: it is in memory several times while it is. */
export const mostPictureBytes = 4 * 1_048_576;

/** Bytes of a text that are shown. */
const shownTextBytes = 16_384;

/** What is shown. */
export type Preview =
  | { readonly kind: "picture"; readonly address: string }
  | { readonly kind: "text"; readonly lines: readonly string[]; readonly isWhole: boolean }
  | { readonly kind: "none"; readonly why: "bytes" | "large picture" };

const beginnings: readonly (readonly [type: string, at: number, bytes: string])[] = [
  ["image/png", 0, "\x89PNG\r\n\x1a\n"],
  ["image/jpeg", 0, "\xff\xd8\xff"],
  ["image/gif", 0, "GIF8"],
  ["image/webp", 8, "WEBP"],
  ["image/avif", 4, "ftypavif"],
];

function pictureType(start: Uint8Array): string | null {
  const has = (at: number, bytes: string): boolean =>
    [...bytes].every((letter, i) => start[at + i] === letter.charCodeAt(0));
  return beginnings.find(([, at, bytes]) => has(at, bytes))?.[0] ?? null;
}

/** Reads as much of a file as is shown; refused as reading is. */
export async function previewOf(source: ByteSource): Promise<Preview | string> {
  const { sizeBytes } = source;
  // A letter more than is shown tells whether the text goes on.
  const start = await source.read(0, Math.min(sizeBytes, shownTextBytes + 1));
  if (!start.ok) return start.message;
  const type = pictureType(start.value);
  if (type !== null) {
    if (sizeBytes > mostPictureBytes) return { kind: "none", why: "large picture" };
    const whole = await source.read(0, sizeBytes);
    if (!whole.ok) return whole.message;
    return { kind: "picture", address: `data:${type};base64,${base64.encode(whole.value)}` };
  }
  if (!isText(start.value)) return { kind: "none", why: "bytes" };
  const isWhole = sizeBytes <= shownTextBytes;
  const text = new TextDecoder().decode(start.value.subarray(0, shownTextBytes), { stream: !isWhole });
  return { kind: "text", lines: text.split(/\r?\n/).map((line) => sanitise(line.replaceAll("\t", "  "))), isWhole };
}
