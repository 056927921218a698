/**
 * Compiles the AssemblyScript kernels of src/platform/wasm/assembly/ and those of the benchmarks into the generated modules
 * beside their folder, which are committed. With `--check` it only compares.
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ensureInstalled, fail, root } from "./install.mjs";
import { primeFieldSource, wide } from "./prime-field.mjs";

ensureInstalled();
const { default: asc } = await import("assemblyscript/asc");
const { default: rivalMeter } = await import("wasm-metering");
const productFolder = "src/platform/wasm";

/** The primes of BN254, and modules that are written rather than read: coordinates as wasmcurves has them, plain scalars. */
const coordinatePrime = 21888242871839275222246405745257275088696311157297823662689037894645226208583n;
const scalarPrime = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
const baseField = primeFieldSource(coordinatePrime, { "": 256, Plain: 0 });
const scalarField = primeFieldSource(scalarPrime, { "": 0 });
/** The prime of BLS12-381. */
const blsPrime = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaabn;
const blsField = primeFieldSource(blsPrime, { "": 384, Plain: 0 }, wide);
const pointsOver = (field) =>
  readFileSync(join(root, productFolder, "assembly/points.ts"), "utf8").replace('"./coordinates"', `"./${field}"`);
const quadraticField = readFileSync(join(root, productFolder, "assembly/quadratic-field.ts"), "utf8");

/** 64 pages of memory; the first version of WebAssembly, the only one that wasm-metering reads. */
const measuredFeatures = ["--initialMemory", "64"].concat(
  ...["bulk-memory", "sign-extension", "nontrapping-f2i", "mutable-globals"].map((feature) => ["--disable", feature]),
);

/** Every kernel: its source, its module, and each build with its name, its reader and the compiler's flags. */
const kernels = [
  {
    source: "sha256.ts",
    target: "kernel.generated.ts",
    builds: [
      { name: "simdKernelBase64", words: "The kernel for engines with SIMD", features: ["--enable", "simd"] },
      { name: "scalarKernelBase64", words: "The kernel for engines without SIMD", features: ["--disable", "simd"] },
    ],
  },
  {
    source: "erasure.ts",
    target: "erasure.generated.ts",
    builds: [
      { name: "simdErasureKernelBase64", words: "Erasure codes for engines with SIMD", features: ["--enable", "simd"] },
      {
        name: "scalarErasureKernelBase64",
        words: "Erasure codes for engines without SIMD",
        features: ["--disable", "simd"],
      },
    ],
  },
  {
    source: "sampler.ts",
    target: "sampler.generated.ts",
    builds: [{ name: "samplerKernelBase64", words: "The sampler", features: ["--disable", "simd"] }],
  },
  {
    source: "quotient.ts",
    target: "quotient.generated.ts",
    builds: [
      {
        name: "quotientKernelBase64",
        words: "The quotient of a proof",
        features: ["--importMemory"],
        modules: { "scalar-field": scalarField },
      },
    ],
  },
  {
    source: "decompression.ts",
    target: "decompression.generated.ts",
    builds: [
      {
        name: "decompressionKernelBase64",
        words: "Decompression of points of G1",
        features: ["--importMemory"],
        modules: { coordinates: baseField },
      },
    ],
  },
  {
    source: "multiples.ts",
    target: "multiples.generated.ts",
    builds: [
      {
        name: "g1KernelBase64",
        words: "Sums over G1",
        features: ["--importMemory"],
        modules: { coordinates: baseField },
      },
      {
        name: "g2KernelBase64",
        words: "Sums over G2",
        features: ["--importMemory"],
        modules: { coordinates: quadraticField, "base-field": baseField },
      },
    ],
  },
  {
    source: "bls.ts",
    target: "bls.generated.ts",
    builds: [
      {
        name: "blsKernelBase64",
        words: "Verifying signatures over BLS12-381",
        features: ["--importMemory"],
        modules: {
          "base-field": blsField,
          "points-one": pointsOver("base-field"),
          "points-two": pointsOver("quadratic-field"),
        },
      },
    ],
  },
  {
    source: "metered-kernels.ts",
    target: "metered-kernels.generated.ts",
    folder: "src/testing/bench",
    builds: [
      { name: "plainKernelsBase64", words: "What metering is measured on", features: measuredFeatures },
      {
        name: "rivalKernelsBase64",
        words: "The same, metered by wasm-metering",
        features: measuredFeatures,
        change: (binary) => rivalMeter.meterWASM(binary),
      },
    ],
  },
];

/** Compiles a source; `features` are flags of the compiler, `modules` stand in for files beside the source. */
async function compile(source, features, modules = {}) {
  let binary;
  const options = ["--runtime", "stub", "-O3", "--noAssert", "--use", "abort=", ...features];
  const { error, stderr } = await asc.main([source, "--outFile", "kernel.wasm", ...options], {
    readFile: (name, base) => {
      const written = modules[basename(name, ".ts")];
      if (written !== undefined) return written;
      try {
        return readFileSync(join(base ?? root, name), "utf8");
      } catch {
        return null;
      }
    },
    writeFile: (_name, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error) fail(`The kernel ${source} does not compile:\n${stderr.toString()}`);
  return Buffer.from(binary);
}

for (const { source, target, builds, folder = productFolder } of kernels) {
  const parts = [];
  for (const { name, words, features, modules, change = (binary) => binary } of builds) {
    const binary = change(await compile(`${folder}/assembly/${source}`, features, modules));
    parts.push(`/** ${words}: WebAssembly, base64. */\nexport const ${name} =\n  "${binary.toString("base64")}";\n`);
    if (!process.argv.includes("--check")) process.stdout.write(`${name}: ${binary.length} bytes\n`);
  }
  const text = `/**\n * Generated by tools/build-kernels.mjs from assembly/${source}; do not edit.\n * @module\n */\n\n${parts.join("\n")}`;
  const path = join(root, folder, target);
  if (!process.argv.includes("--check")) writeFileSync(path, text);
  else if (readFileSync(path, "utf8") !== text)
    fail(`${target} is not what its source compiles to. Run: npm run kernels`);
}
