/**
 * From a typed `run` to everything a run depends on: the program's bytes, its arguments, environment, files and limits.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { limits as ledgerLimits } from "#protocol/parameters.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { moduleLimits } from "#protocol/veil/limits.ts";
import { homeLimits } from "#sdk/home-files.ts";
import { type RunFile, type RunLimits, type RunResult, type TranspilerName, transpilerNames } from "#veil/run.ts";
import type { CommandContext } from "./commands/command.ts";
import { chosenFile } from "./commands/files.ts";
import { nearest } from "./did-you-mean.ts";
import { programDigest } from "./fuel-holding.ts";
import { grantedFor, readCapabilities } from "./grants.ts";
import type { ParsedOptions } from "./language/options.ts";
import { type ProgramOrder, usualLimits } from "./program-run.ts";
import { parseCount, parseSize } from "./size.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** What the environment of a program may hold. */
const environmentLimits = { variables: 256, bytes: 65_536 } as const;

/** A program's bytes, by its name. */
export async function programNamed(context: CommandContext, name: string): Promise<Result<Uint8Array>> {
  const { programs, files } = context.environment;
  if (name === "-") return chosenFile(context, ".wasm,application/wasm");
  const known = await programs.list();
  if (known.ok && known.value.some((program) => program.name === name)) {
    const loaded = await programs.load(name);
    return loaded.ok ? accepted(loaded.value.bytes) : loaded;
  }
  const file = await files.read(name);
  if (file.ok || file.code !== "not-found") return file;
  // Whether there is such a program cannot be told now.
  if (!known.ok) return known;
  const names = known.value.map((program) => program.name);
  const near = nearest(name, names);
  const hint = near === null ? `With the app come ${names.join(", ")}.` : `Did you mean ${near}?`;
  return rejected(
    "not-found",
    `There is no program ${name}, neither with the app nor among your files. ${hint} \`run -\` chooses a file.`,
  );
}

function environmentOf(pairs: readonly string[]): Result<readonly (readonly [string, string])[]> {
  const size = pairs.reduce((sum, pair) => sum + pair.length, 0);
  if (pairs.length > environmentLimits.variables || size > environmentLimits.bytes)
    return rejected(
      "invalid-argument",
      `An environment has at most ${environmentLimits.variables} variables and ${environmentLimits.bytes} characters.`,
    );
  const bad = pairs.find((pair) => !/^[^=\0]+=[^\0]*$/.test(pair));
  if (bad !== undefined) return rejected("invalid-argument", `--env takes NAME=VALUE, not ${bad}.`);
  return accepted(pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const));
}

/**
 * The files a program is given: those among its arguments that are there, and those that were named for it. Naming a
 * file is the grant; nothing else of the person's files is seen.
 */
async function filesFor(
  context: CommandContext,
  typed: readonly string[],
  named: readonly string[],
): Promise<Result<readonly RunFile[]>> {
  const there = await context.environment.files.list();
  // A browser that keeps no files still runs programs that need none.
  const paths = new Set(there.ok ? there.value.map(({ path }) => path) : []);
  const wanted = new Set([...typed.filter((word) => paths.has(word)), ...named]);
  const files: RunFile[] = [];
  for (const path of wanted) {
    const bytes = await context.environment.files.read(path);
    if (!bytes.ok) return bytes;
    files.push({ path, bytes: bytes.value });
  }
  return accepted(files);
}

/** Limits from options; a lease's pages, if there is one, are the cap. */
function limitsOf(values: ParsedOptions["values"], leasePages: number | null): Result<RunLimits> {
  const { memoryPageBytes } = ledgerLimits;
  const fuel = values.has("fuel") ? parseCount(values.get("fuel") ?? "") : accepted(usualLimits.fuel);
  if (!fuel.ok) return fuel;
  if (fuel.value === 0) return rejected("invalid-argument", "A program needs some fuel.");
  if (leasePages !== null) {
    return values.has("mem")
      ? rejected("invalid-argument", "The lease named by --process is the memory's limit; leave --mem away.")
      : accepted({ ...usualLimits, fuel: fuel.value, memoryPages: Math.min(leasePages, moduleLimits.memoryPages) });
  }
  const size = values.has("mem")
    ? parseSize(values.get("mem") ?? "")
    : accepted(usualLimits.memoryPages * memoryPageBytes);
  if (!size.ok) return size;
  const memoryPages = Math.floor(size.value / memoryPageBytes);
  return memoryPages >= 1 && memoryPages <= moduleLimits.memoryPages
    ? accepted({ ...usualLimits, fuel: fuel.value, memoryPages })
    : rejected("invalid-argument", "--mem takes 64KiB to 4GiB.");
}

/** By which jco a component is taken apart. What the ledger is told of is what all nodes would do. */
function transpilerOf(name: string | undefined, isRecorded: boolean): Result<TranspilerName> {
  if (name === undefined) return accepted("pinned");
  const known = transpilerNames.find((one) => one === name);
  if (known === undefined) {
    return rejected("invalid-argument", `There is no transpiler ${name}. There are ${transpilerNames.join(" and ")}.`);
  }
  return known === "pinned" || !isRecorded
    ? accepted(known)
    : rejected(
        "invalid-argument",
        "A run on the ledger is by the pinned transpiler; leave --transpiler or --process away.",
      );
}

/** Reads everything that `run` was told. `leasePages` is what a lease of the ledger gives, null without one. */
export async function orderOf(
  context: CommandContext,
  { positionals, values, lists }: ParsedOptions,
  leasePages: number | null,
): Promise<Result<ProgramOrder>> {
  const [name = "", ...typed] = positionals;
  const limits = limitsOf(values, leasePages);
  if (!limits.ok) return limits;
  const environment = environmentOf(lists.get("env") ?? []);
  if (!environment.ok) return environment;
  const list = values.get("grant");
  const asked = list === undefined ? accepted(null) : readCapabilities(list);
  if (!asked.ok) return asked;
  const transpiler = transpilerOf(values.get("transpiler"), leasePages !== null);
  if (!transpiler.ok) return transpiler;
  const program = await programNamed(context, name);
  if (!program.ok) return program;
  const files = await filesFor(context, typed, lists.get("file") ?? []);
  if (!files.ok) return files;
  const granted = await grantedFor(context, {
    name,
    digest: await programDigest(program.value),
    capabilities: asked.value,
    files: files.value.map(({ path }) => path),
  });
  if (!granted.ok) return granted;
  return accepted({
    name,
    program: program.value,
    capabilities: granted.value,
    limits: limits.value,
    transpiler: transpiler.value,
    input: {
      arguments: [name, ...typed],
      environment: environment.value,
      input: context.input ?? new Uint8Array(),
      files: files.value,
      timeMs: context.environment.nowMs(),
      seed: context.environment.randomBytes(32),
    },
  });
}

/** Copies back what `--write` names; gives words about it. A program that was cut short may have left half a file. */
export async function keepFiles(
  context: CommandContext,
  given: readonly RunFile[],
  { files: made, end }: RunResult,
  wanted: readonly string[],
): Promise<Result<void>> {
  if (end.type !== "exit") {
    if (wanted.length > 0) {
      const names = wanted.slice(0, 5).map(sanitise).join(", ");
      context.notice(`Not written, because the program did not come to its end: ${names}.`, "warning");
    }
    return accepted(undefined);
  }
  for (const path of wanted.slice(0, homeLimits.files)) {
    const file = made.find((one) => one.path === path);
    if (file === undefined) {
      context.notice(`The program left no file ${sanitise(path)}; yours, if there is one, is as it was.`, "warning");
      continue;
    }
    const stored = await context.environment.files.write(path, file.bytes);
    if (!stored.ok) return stored;
  }
  const changed = made.filter(({ path, bytes }) => {
    const before = given.find((one) => one.path === path);
    return !wanted.includes(path) && !(before !== undefined && equalBytes(before.bytes, bytes));
  });
  if (changed.length > 0) {
    const names = changed.slice(0, 5).map(({ path }) => sanitise(path));
    const more = changed.length > names.length ? ` and ${changed.length - names.length} more` : "";
    context.notice(`Not kept of what it wrote: ${names.join(", ")}${more}. --write FILE keeps a file.`, "dim");
  }
  return accepted(undefined);
}
