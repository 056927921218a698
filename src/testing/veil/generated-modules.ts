/**
 * Modules that nobody would write: binaryen's `wasm-opt -ttf` turns random bytes into valid programs of the allowed
 * features. Equal seeds give equal modules, as long as binaryen is the same.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Random } from "../random.ts";

const generator = fileURLToPath(new URL("../../../node_modules/binaryen/bin/wasm-opt", import.meta.url));

/** What the white list allows beyond the first version of WebAssembly. */
const features = [
  "--mvp-features",
  "--enable-mutable-globals",
  "--enable-sign-ext",
  "--enable-nontrapping-float-to-int",
  "--enable-bulk-memory",
  "--enable-bulk-memory-opt",
  "--enable-reference-types",
  "--enable-multivalue",
];

/** How a module is generated. */
export interface GenerationOptions {
  /** Random bytes that the generator consumes: more make longer modules. */
  readonly seedBytes: number;
  /** Whether NaNs are turned into zeros by the module itself: then the bare module is deterministic too. */
  readonly withoutNan: boolean;
}

/** One generated module. */
export function generateModule(seed: number, { seedBytes, withoutNan }: GenerationOptions): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "veil-fuzz-"));
  try {
    const [input, output] = [join(folder, "seed"), join(folder, "module.wasm")];
    writeFileSync(input, new Random(seed).bytes(seedBytes));
    const passes = [...(seed % 2 === 0 ? ["-O1"] : []), ...(withoutNan ? ["--denan"] : [])];
    const command = [generator, input, "-ttf", ...features, ...passes, "-o", output];
    const { status, stderr } = spawnSync(process.execPath, command, { encoding: "utf8" });
    if (status !== 0) throw new Error(`wasm-opt failed on seed ${seed}: ${stderr}`);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
