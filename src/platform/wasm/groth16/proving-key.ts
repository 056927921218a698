/**
 * Proving keys as files. The compact form is what is committed and downloaded: points of G1 compressed, no point for
 * signals that do not occur, matrices as variable-length integers over a table of factors, all under gzip. The expanded form
 * has all points as the kernel takes them; a platform keeps it so that decompression (seconds) happens once. Points of G2
 * stay uncompressed in both: their square roots would double the wait for a tenth of the size.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { withoutPause } from "../work-pace.ts";
import { type Decompress, startDecompression } from "./decompression.ts";

/** Parts of a key file in their order. Signals are lists of 32-bit numbers, points those of the same place in the list. */
export const keyParts = [
  /** signals, public signals, bits of the domain: three 32-bit numbers. */
  "shape",
  /** Distinct factors of the matrices, 32 bytes each, little-endian. */
  "factors",
  /** Rows of A and B by turns: count, then signal and place of the factor, each a variable-length integer. */
  "rows",
  "signalsA",
  "signalsB",
  /** α, β, δ in G1. */
  "fixedG1",
  /** β, δ in G2. */
  "fixedG2",
  "pointsA",
  "pointsB1",
  "pointsB2",
  /** One for every private signal. */
  "pointsC",
  /** One for every power of the domain. */
  "pointsH",
] as const;

/** Name of a part. */
export type KeyPart = (typeof keyParts)[number];

/** A key file taken apart. */
export type KeyFile = Readonly<Record<KeyPart, Uint8Array>>;

const inG1: readonly KeyPart[] = ["fixedG1", "pointsA", "pointsB1", "pointsC", "pointsH"];
/** Largest part: 2^20 points of G2. */
const maximumPartBytes = 2 ** 27;

/** Writes parts with their lengths. */
export function writeKeyFile(parts: KeyFile): Uint8Array<ArrayBuffer> {
  const total = keyParts.reduce((sum, name) => sum + 4 + parts[name].length, 0);
  const file = new Uint8Array(total);
  const view = new DataView(file.buffer);
  let at = 0;
  for (const name of keyParts) {
    view.setUint32(at, parts[name].length, true);
    file.set(parts[name], at + 4);
    at += 4 + parts[name].length;
  }
  return file;
}

/** Takes a key file apart. Its hash has been checked before, so a refusal here means damage or a foreign file. */
export function readKeyFile(file: Uint8Array): Result<KeyFile> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Partial<Record<KeyPart, Uint8Array>> = {};
  let at = 0;
  for (const name of keyParts) {
    if (at + 4 > file.length) return rejected("truncated", `The key file ends before its part "${name}".`);
    const length = view.getUint32(at, true);
    if (length > maximumPartBytes || at + 4 + length > file.length) {
      return rejected("truncated", `The key file ends inside its part "${name}".`, { length });
    }
    parts[name] = file.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
  if (at !== file.length) return rejected("trailing-bytes", "There are bytes after the end of the key file.");
  return accepted(parts as KeyFile);
}

/** Expands a key without a pause; `onProgress` hears the share done, 0 to 1. */
export async function expandKey(compact: KeyFile, onProgress: (share: number) => void): Promise<KeyFile> {
  return withoutPause(expandingSteps(await startDecompression(), compact), onProgress);
}

/** The expanded form of a compact key, in steps: each gives the share done, 0 to 1. */
export function* expandingSteps(decompress: Decompress, compact: KeyFile): Generator<number, KeyFile> {
  const total = inG1.reduce((sum, name) => sum + compact[name].length, 0);
  let done = 0;
  function* expand(compressed: Uint8Array): Generator<number, Uint8Array> {
    const batches = decompress(compressed);
    for (;;) {
      const batch = batches.next();
      if (batch.done === true) return batch.value;
      done += batch.value;
      yield done / total;
    }
  }
  const expanded: Record<KeyPart, Uint8Array> = { ...compact };
  for (const name of inG1) expanded[name] = yield* expand(compact[name]);
  return expanded;
}
