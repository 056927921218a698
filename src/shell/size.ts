/**
 * Sizes and counts as people type them: "64MiB", "1 GB", "2000000".
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

const magnitudes: Readonly<Record<string, number>> = { "": 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** Reads a count: "20G", "500k", "1000000". */
export function parseCount(text: string): Result<number> {
  const match = /^(\d{1,15}(?:\.\d{1,9})?)([kmgt]?)$/i.exec(text.trim());
  const magnitude = magnitudes[match?.[2]?.toLowerCase() ?? "none"];
  const count = match === null || magnitude === undefined ? Number.NaN : Math.round(Number(match[1]) * magnitude);
  return Number.isSafeInteger(count)
    ? accepted(count)
    : rejected("invalid-argument", `${text} is no count. Write it as 20G, 500M, 1000k or a plain number.`);
}

const spans: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a span of time in milliseconds: "90m", "12h", "30d". */
export function parseSpan(text: string): Result<number> {
  const match = /^([1-9]\d{0,5}) ?([mhd])$/i.exec(text.trim());
  const unit = spans[match?.[2]?.toLowerCase() ?? ""];
  return match === null || unit === undefined
    ? rejected("invalid-argument", `${text} is no time. Write it as 90m, 12h or 30d.`)
    : accepted(Number(match[1]) * unit);
}
