/**
 * The one range of bytes that a request may ask for (RFC 9110, section 14).
 * @module
 */
import type { ByteRange } from "./public-files.ts";

/**
 * The range that a header names in a file of so many bytes. Null: the whole file, also if several ranges are asked for or
 * none that is understood, as the standard allows; "outside": there is nothing of it.
 */
export function readRange(header: string | null, sizeBytes: number): ByteRange | null | "outside" {
  const [, first = "", last = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "outside" : { from: sizeBytes - length, to: sizeBytes };
  }
  const from = Number(first);
  if (from >= sizeBytes) return "outside";
  const to = last === "" ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  return to > from ? { from, to } : null;
}
