/**
 * Runs of components that must be the same everywhere, and what of a run is compared.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { type PreparedComponent, runComponent } from "#platform/veil/component-run.ts";
import { loadGlueInNode } from "#platform/veil/node-glue.ts";
import { prepareComponent } from "#platform/veil/transpile.ts";
import { capabilities, type TranspilerName } from "#veil/run.ts";

/** A run by its program's name. */
interface ComponentCase {
  readonly program: "wc" | "words" | "wasi-probe" | "composed" | "hoarder" | "words-inside";
  readonly arguments: readonly string[];
  readonly fuel?: number;
}

/** What is compared. */
export interface CaseSummary {
  readonly name: string;
  readonly end: string;
  readonly fuelUsed: number;
  readonly memoryPeakPages: number;
  /** Of all that it wrote, its files included. */
  readonly digest: string;
}

/** Every kind of work and every kind of end. */
export const componentCases: readonly ComponentCase[] = [
  { program: "wc", arguments: ["a.txt", "-", "b/c"] },
  { program: "wc", arguments: ["-l", "nothing"] },
  { program: "words", arguments: [] },
  { program: "words", arguments: ["a.txt", "b/c", "nothing"] },
  { program: "words", arguments: [], fuel: 1_000_000 },
  ...["environment", "echo", "error", "files", "time", "random", "grow", "fill", "open", "fail", "exit"].map(
    (what): ComponentCase => ({ program: "wasi-probe", arguments: ["environment", what] }),
  ),
  ...["loop", "calls", "recurse", "flood", "trap"].map(
    (what): ComponentCase => ({ program: "wasi-probe", arguments: [what], fuel: 5_000_000 }),
  ),
  { program: "wasi-probe", arguments: ["files", "random", "time", "echo", "files", "fill"] },
  // Made of components.
  { program: "composed", arguments: [] },
  { program: "composed", arguments: [], fuel: 4_000 },
  { program: "hoarder", arguments: [] },
  { program: "words-inside", arguments: ["a.txt", "b/c", "nothing"] },
];

const memoryPages = 64;

/** Which cases, and by which jco. */
interface CaseOptions {
  readonly cases?: readonly ComponentCase[];
  readonly transpiler?: TranspilerName;
}

/** Runs all cases; `load` gives a program's bytes. */
export async function runComponentCases(
  load: (program: string) => Promise<Uint8Array>,
  { cases = componentCases, transpiler = "pinned" }: CaseOptions = {},
): Promise<CaseSummary[]> {
  const prepared = new Map<string, PreparedComponent>();
  const summaries: CaseSummary[] = [];
  for (const one of cases) {
    let program = prepared.get(one.program);
    if (program === undefined) {
      const result = await prepareComponent(await load(one.program), memoryPages, transpiler);
      if (!result.ok) throw new Error(result.message);
      program = result.value as PreparedComponent;
      prepared.set(one.program, program);
    }
    summaries.push(summaryOf(one, program));
  }
  return summaries;
}

function summaryOf({ program: name, arguments: given, fuel }: ComponentCase, program: PreparedComponent): CaseSummary {
  const input = {
    arguments: [name, ...given],
    environment: [["NAME", "value"]] as const,
    input: utf8ToBytes("some words\nand more\n".repeat(5_000)),
    files: [
      { path: "a.txt", bytes: utf8ToBytes("one two three\n") },
      { path: "b/c", bytes: utf8ToBytes("ä\n") },
    ],
    timeMs: 1_700_000_000_000,
    seed: new Uint8Array(32).fill(3),
  };
  const limits = { fuel: fuel ?? 50_000_000, memoryPages, outputBytes: 200_000, fileBytes: 500_000, wallMs: 60_000 };
  const result = runComponent(program, { capabilities, input, limits }, { loadGlue: loadGlueInNode });
  if (!result.ok) throw new Error(result.message);
  const { end, output, errorOutput, files, fuelUsed, memoryPeakPages } = result.value;
  const hash = sha256.create().update(output).update(errorOutput);
  for (const { path, bytes } of files) hash.update(utf8ToBytes(path)).update(bytes);
  return {
    name: `${name} ${given.join(" ")}`,
    end: end.type === "exit" ? `exit ${end.code}` : end.type,
    // After a trap it is no part of any verdict.
    fuelUsed: end.type === "trap" ? 0 : fuelUsed,
    memoryPeakPages,
    digest: bytesToHex(hash.digest()),
  };
}
