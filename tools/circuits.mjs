/**
 * `npm run circuits`: compiles every circuit and compares the hashes of constraints and witness program with those that
 * the committed keys were made for. Nothing of the output is committed but the witness program, by `npm run setup`.
 * @module
 */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled, fail, root, run } from "./install.mjs";

/** Circuits by name: folder and main file of the same name under circuits/. */
export const circuits = ["step"];

const outputFolder = join(root, ".cache", "circuits");
/** Numbers of inputs that our circuits hash, with the partial rounds of each (circomlib's table). */
const poseidonInputs = new Map([
  [4, 60],
  [5, 60],
  [16, 68],
]);

/** Hexadecimal SHA-256. */
export function sha256Hex(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Writes the round constants and matrices that poseidon.circom includes. */
async function writePoseidonConstants() {
  const { grainGenConstants } = await import("@noble/curves/abstract/poseidon.js");
  const { Field } = await import("@noble/curves/abstract/modular.js");
  const order = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
  const made = [...poseidonInputs].map(([inputs, roundsPartial]) => ({
    width: inputs + 1,
    roundsPartial,
    ...grainGenConstants({ Fp: Field(order), t: inputs + 1, roundsFull: 8, roundsPartial, sboxPower: 5 }),
  }));
  /** A function of circom that returns one flat array per width, filled up to the size of the widest. */
  const table = (name, size, valuesOf) =>
    `function ${name}(width) {\n  var out[${size}];\n${made
      .map((entry) => {
        const values = valuesOf(entry).flat();
        const lines = values.map((value, i) => `    out[${i}] = ${value};`).join("\n");
        return `  if (width == ${entry.width}) {\n${lines}\n  }\n`;
      })
      .join("")}  return out;\n}\n`;
  const rounds = `function poseidonPartialRounds(width) {\n${made
    .map((entry) => `  if (width == ${entry.width}) return ${entry.roundsPartial};\n`)
    .join("")}  return 0;\n}\n`;
  writeFileSync(
    join(outputFolder, "poseidon-constants.circom"),
    `pragma circom 2.2.0;\n${rounds}${table("poseidonRoundConstants", 76 * 17, (entry) => entry.roundConstants)}${table(
      "poseidonMatrix",
      17 * 17,
      (entry) => entry.mds,
    )}`,
  );
}

/** Compiles one circuit; returns its constraints (R1CS) and its witness program (WebAssembly). */
export async function compileCircuit(name) {
  mkdirSync(outputFolder, { recursive: true });
  await writePoseidonConstants();
  const cli = join("node_modules", "circom2", "cli.js");
  const output = join(".cache", "circuits");
  const source = join("circuits", name, `${name}.circom`);
  run(process.execPath, [cli, source, "--r1cs", "--wasm", "--O2", "-l", output, "-o", output]);
  return {
    constraints: readFileSync(join(outputFolder, `${name}.r1cs`)),
    witnessProgram: readFileSync(join(outputFolder, `${name}_js`, `${name}.wasm`)),
  };
}

/** The hashes that src/protocol/proofs/circuits.generated.ts pins. */
function pinned(name) {
  const text = readFileSync(join(root, "src/protocol/proofs/circuits.generated.ts"), "utf8");
  const hash = (field) => new RegExp(`${name}: \\{[^}]*?${field}: "([0-9a-f]{64})"`, "s").exec(text)?.[1];
  return { constraints: hash("constraintsSha256"), witnessProgram: hash("witnessProgramSha256") };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  ensureInstalled();
  for (const name of circuits) {
    const compiled = await compileCircuit(name);
    const expected = pinned(name);
    for (const part of ["constraints", "witnessProgram"]) {
      const found = sha256Hex(compiled[part]);
      if (found !== expected[part]) {
        fail(
          `The ${part} of "${name}" hash to ${found}; the committed keys are for ${expected[part]}. ` +
            "Either the sources changed (then make new keys: npm run setup) or the compiler differs.",
        );
      }
      process.stdout.write(`ok  ${name} ${part} ${found}\n`);
    }
  }
}
