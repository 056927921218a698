/**
 * Four hundred generated modules, packed: to generate them takes minutes, and in a browser they could not be. They show that
 * runs are the same everywhere; fresh ones are made by the tests of generated modules.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";
import { checkModule } from "#protocol/veil/meter.ts";
import { type GenerationOptions, generateModule } from "./generated-modules.ts";

const file = new URL("../fixtures/generated-modules.json.br", import.meta.url);

/** How many there are. Those without NaNs do the same bare as metered. */
const setSize = { withoutNan: 300, withNans: 100 };

/** The set as it is packed. */
interface PackedSet {
  /** Seeds whose module has an instruction of a feature that was not asked for, as the generator now and then makes it. */
  readonly leftOut: readonly number[];
  readonly modules: readonly (readonly [seed: number, base64: string])[];
}

/** One module. */
export interface GeneratedModule {
  readonly seed: number;
  /** Whether it turns NaNs into zeros itself: then the bare module is deterministic too. */
  readonly withoutNan: boolean;
  readonly bytes: Uint8Array;
}

/** The generator's settings for a seed: shorter and longer ones, with and without NaNs. */
function optionsFor(seed: number): GenerationOptions {
  return { seedBytes: 2_000 + (seed % 5) * 3_000, withoutNan: seed % 3 !== 0 };
}

/** Whether the generator slipped in an instruction that was not asked for. */
export function outsideWhiteList(bytes: Uint8Array): boolean {
  const checked = checkModule(bytes);
  return !checked.ok && checked.code === "unsupported-feature";
}

/** Reads the set. */
export function readGeneratedSet(): {
  readonly leftOut: readonly number[];
  readonly modules: readonly GeneratedModule[];
} {
  const { leftOut, modules } = JSON.parse(brotliDecompressSync(readFileSync(file)).toString()) as PackedSet;
  return {
    leftOut,
    modules: modules.map(([seed, base64]) => ({
      seed,
      withoutNan: optionsFor(seed).withoutNan,
      bytes: new Uint8Array(Buffer.from(base64, "base64")),
    })),
  };
}

/** Generates the set anew. */
export function writeGeneratedSet(): void {
  const leftOut: number[] = [];
  const modules: (readonly [number, string])[] = [];
  const missing = { ...setSize };
  for (let seed = 1; missing.withNans + missing.withoutNan > 0; seed++) {
    const options = optionsFor(seed);
    const kind = options.withoutNan ? "withoutNan" : "withNans";
    if (missing[kind] === 0) continue;
    const bytes = generateModule(seed, options);
    if (outsideWhiteList(bytes)) {
      leftOut.push(seed);
      continue;
    }
    missing[kind]--;
    modules.push([seed, Buffer.from(bytes).toString("base64")]);
  }
  const packed: PackedSet = { leftOut, modules };
  writeFileSync(file, brotliCompressSync(JSON.stringify(packed)));
}
