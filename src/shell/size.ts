/**
 * Sizes as people type them: "64MiB", "1 GB", "2000000".
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** By their letters, whatever their case. */
const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** Reads a size in bytes. */
export function parseSize(text: string): Result<number> {
  const match = /^(\d{1,15}(?:\.\d{1,9})?) ?([a-z]{0,3})$/i.exec(text.trim());
  const unit = units[match?.[2]?.toLowerCase() ?? "none"];
  const size = match === null || unit === undefined ? Number.NaN : Math.round(Number(match[1]) * unit);
  return Number.isSafeInteger(size)
    ? accepted(size)
    : rejected("invalid-argument", `${text} is no size. Write it as 64MiB, 1GiB, 500kB, 1GB or a number of bytes.`);
}
