/**
 * Runs of the programs of guests/ that every engine must repeat to the unit: what they are given, by name. The same list is
 * run in Node and in Chromium.
 */
import type { GuestOptions } from "#platform/veil/run-guest.ts";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { capabilities } from "#veil/run.ts";
import { Random } from "../random.ts";

/** One run. */
export interface GuestRun {
  /** Program and arguments. */
  readonly line: string;
  readonly input: Uint8Array;
}

function randomLines(seed: number, lines: number, letters: string): Uint8Array {
  const random = new Random(seed);
  const bytes = random.bytes(lines * 8);
  const texts: string[] = [];
  for (let i = 0; i < lines; i++) {
    const length = (bytes[8 * i] as number) % 8;
    texts.push(
      [...bytes.subarray(8 * i + 1, 8 * i + 1 + length)].map((byte) => letters[byte % letters.length]).join(""),
    );
  }
  return utf8ToBytes(`${texts.join("\n")}\n`);
}

const words = randomLines(1, 20_000, "abc ");
const numbers = randomLines(2, 20_000, "0123456789-.");

/** What is run: at least one line for every program. */
export const guestRuns: readonly GuestRun[] = [
  { line: "sort", input: words },
  { line: "sort -n -r", input: numbers },
  { line: "uniq -c", input: randomLines(3, 20_000, "a") },
  { line: "grep -E -n (a|b)*c{2,3}$", input: words },
  { line: "grep -c -v -F ab", input: words },
  { line: "sha256", input: new Random(4).bytes(300_001) },
  { line: "primes 100000", input: new Uint8Array(0) },
  { line: "cksum", input: new Random(5).bytes(300_001) },
  { line: "base64", input: new Random(6).bytes(100_000) },
  { line: "base64 -d", input: utf8ToBytes("QWV0aGVyQ2hhaW4=\n") },
];

/** Its options for `runGuest`. */
export function optionsOf({ line, input }: GuestRun): GuestOptions {
  return { fuel: 1_000_000_000, memoryPages: 256, capabilities, input: { arguments: line.split(" "), input } };
}
