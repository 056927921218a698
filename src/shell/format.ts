/**
 * How facts are written for people.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";

/** The first digits of an id, enough to tell it from others on a screen. */
export function short(id: Uint8Array): string {
  return toHex(id).slice(0, 12);
}

/** "3 s", "12 min", "5 h", "2 d". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** "512 B", "3.4 KiB", "1.2 GiB". */
export function bytes(size: number): string {
  if (size < 1_024) return `${size} B`;
  const units = ["KiB", "MiB", "GiB", "TiB"];
  let value = size;
  let unit = -1;
  while (value >= 1_024 && unit < units.length - 1) {
    value /= 1_024;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** Odds as a person reads them: "0.156", "1 in 2.3 million". */
export function odds(probability: number): string {
  if (probability >= 0.001) return `${(100 * probability).toPrecision(3)} %`;
  return probability === 0 ? "0" : `1 in ${Math.round(1 / probability).toLocaleString("en")}`;
}

/** Columns, padded but for the last one with anything in it. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  return rows.map((row) =>
    row
      .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      // Blanks at the end would be a row of their own on a narrow screen.
      .trimEnd(),
  );
}

/** Bytes of text that become JSON in one go. */
const jsonGoBytes = 262_144;

function* decodedPieces(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length; at += jsonGoBytes)
    yield decoder.decode(bytes.subarray(at, at + jsonGoBytes), { stream: true });
  yield decoder.decode();
}

/** One line of JSON, in pieces: an object of facts and, behind them, of long texts in UTF-8. */
export function* jsonPieces(facts: object, texts: Readonly<Record<string, Uint8Array>>): Generator<string> {
  yield jsonLine(facts).slice(0, -1);
  for (const [name, bytes] of Object.entries(texts)) {
    yield `,${JSON.stringify(name)}:"`;
    // A letter cut in two by the decoder comes as two escapes, which are one letter again for who reads them.
    for (const piece of decodedPieces(bytes)) yield jsonLine(piece).slice(1, -1);
    yield '"';
  }
  yield "}";
}

/** What JSON leaves as it is and a terminal does not, or shows other than it is. */
const unprinted = /[\x7f-\x9f\p{Cf}\p{Co}\u2028\u2029]/gu;

/** A letter as JSON's escapes. */
const escaped = (letter: string): string =>
  Array.from({ length: letter.length }, (_, i) => `\\u${letter.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");

/** JSON with bytes as hexadecimal and big numbers as decimal text; all of it prints, and reads as the text it was. */
export function jsonLine(value: unknown): string {
  const line = JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === "bigint" ? entry.toString() : entry instanceof Uint8Array ? toHex(entry) : entry,
  );
  return line.replace(unprinted, escaped);
}

function minute(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

/** A build's number as a date that people can compare. */
export function buildDate(build: number): string {
  return minute(build * 1_000);
}

/** A day, in UTC. */
export function dayWords(ms: number): string {
  return minute(ms).slice(0, 10);
}

/** A day and minute, in UTC. */
export function timeWords(ms: number): string {
  return `${minute(ms)} UTC`;
}
