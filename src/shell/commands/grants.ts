/**
 * `grant` and `revoke`: what programs have on this device whenever they are run.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ProgramGrant } from "#sdk/grants.ts";
import { pathProblem } from "#sdk/home-files.ts";
import { capabilities } from "#veil/run.ts";
import { table } from "../format.ts";
import { programDigest } from "../fuel-holding.ts";
import { grantedWords, grantTimes, readCapabilities, rememberedOf } from "../grants.ts";
import type { ParsedOptions } from "../language/options.ts";
import { programNamed } from "../run-order.ts";
import { parseSpan } from "../size.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type Command, type CommandContext, exitCodes } from "./command.ts";
import { homePaths } from "./files.ts";

function printAll(context: CommandContext, grants: readonly ProgramGrant[], json: boolean): number {
  if (json) {
    context.json(grants);
    return 0;
  }
  if (grants.length === 0) context.print("Nothing is remembered: a program gets what its run is given.", "dim");
  const nowMs = context.environment.nowMs();
  const rows = grants.map((grant) => [
    sanitise(grant.name),
    grant.digest.slice(0, 12),
    `${grantedWords(grant)} (${grantTimes(grant, nowMs)})`,
  ]);
  for (const line of table(rows)) context.print(line);
  return 0;
}

/** A change of what is remembered, as it is shown before it is made. */
interface Change {
  readonly grant: ProgramGrant;
  readonly lines: readonly string[];
}

/** Asks, and remembers if that is agreed to. What only takes away asks nobody. */
async function make(
  context: CommandContext,
  changes: readonly Change[],
  { flags }: ParsedOptions,
  question: string | null,
): Promise<number> {
  const json = flags.has("json");
  for (const { lines } of json ? [] : changes) for (const line of lines) context.print(line);
  if (flags.has("dry-run")) {
    if (json) context.json(changes.map(({ grant }) => grant));
    else context.print("Dry run: nothing was changed.", "dim");
    return 0;
  }
  if (question !== null && !flags.has("yes") && !json && !(await context.confirm(question))) {
    context.print("Nothing was changed.", "dim");
    return exitCodes.stopped;
  }
  for (const { grant } of changes) {
    const remembered = await context.environment.programGrants.remember(grant);
    if (!remembered.ok) return context.refuse(remembered);
  }
  if (json) context.json(changes.map(({ grant }) => grant));
  else context.print("Remembered on this device, for all tabs. `grant` lists it, `revoke` takes it back.", "good");
  return 0;
}

/** What options say of a grant. */
function termsOf(
  context: CommandContext,
  list: string,
  { values, lists }: ParsedOptions,
): Result<Pick<ProgramGrant, "capabilities" | "files" | "grantedMs" | "endsMs">> {
  const granted = readCapabilities(list);
  if (!granted.ok) return granted;
  const files = lists.get("file") ?? null;
  if (files !== null && !granted.value.includes("files"))
    return rejected("invalid-argument", "--file names which files it may have; grant it `files` as well.");
  const problem = (files ?? []).map(pathProblem).find((one) => one !== null);
  if (problem !== undefined && problem !== null) return rejected("invalid-argument", problem);
  const span = values.has("for") ? parseSpan(values.get("for") ?? "") : accepted(null);
  if (!span.ok) return span;
  const grantedMs = context.environment.nowMs();
  const endsMs = span.value === null ? null : grantedMs + span.value;
  return accepted({ capabilities: granted.value, files, grantedMs, endsMs });
}

async function grant(context: CommandContext, options: ParsedOptions, name: string, list: string): Promise<number> {
  const terms = termsOf(context, list, options);
  if (!terms.ok) return context.refuse(terms);
  const program = await programNamed(context, name);
  if (!program.ok) return context.refuse(program);
  const digest = await programDigest(program.value);
  const before = await rememberedOf(context, name, digest);
  if (!before.ok) return context.refuse(before);
  const { own, sameName } = before.value;
  const given: ProgramGrant = { digest, name: sanitise(name), ...terms.value };
  const { grantedMs } = given;
  const lines = [
    `${given.name}, digest ${digest}`,
    `has from now on, whenever it is run: ${grantedWords(given)}${given.endsMs === null ? "" : `; ${grantTimes(given, grantedMs)}`}.`,
    "It gets no network, no keys, no coins and no other files, and cannot change this itself.",
    ...(own === null ? [] : [`Before: ${grantedWords(own)} (${grantTimes(own, grantedMs)}).`]),
    ...(sameName === null
      ? []
      : [
          `Other bytes of this name: ${grantedWords(sameName)} (${grantTimes(sameName, grantedMs)}). That stays theirs.`,
        ]),
  ];
  return make(context, [{ grant: given, lines }], options, "Grant this?");
}

/** The remembered programs that a word means: of a digest's first digits, or all of a name. */
function meant(grants: readonly ProgramGrant[], word: string): readonly ProgramGrant[] {
  const byDigest = /^[0-9a-f]{12,64}$/.test(word) ? grants.filter(({ digest }) => digest.startsWith(word)) : [];
  return byDigest.length > 0 ? byDigest : grants.filter(({ name }) => name === sanitise(word));
}

/** Takes capabilities away, or, without a list, all: the program is denied. */
async function revoke(context: CommandContext, options: ParsedOptions): Promise<number> {
  const [word = "", list] = options.positionals;
  const taken = list === undefined ? null : readCapabilities(list);
  if (taken?.ok === false) return context.refuse(taken);
  const all = await context.environment.programGrants.list();
  if (!all.ok) return context.refuse(all);
  const known = meant(all.value, word);
  const grantedMs = context.environment.nowMs();
  const found: ProgramGrant[] = [...known];
  if (found.length === 0) {
    const program = await programNamed(context, word);
    if (!program.ok) return context.refuse(program);
    const digest = await programDigest(program.value);
    found.push({ digest, name: sanitise(word), capabilities, files: null, grantedMs, endsMs: null });
  }
  const changes = found.map((before): Change => {
    const left =
      taken === null ? null : before.capabilities?.filter((one) => !taken.value.some((gone) => gone === one));
    const after: ProgramGrant =
      left === null || left === undefined
        ? { ...before, capabilities: null, files: null, grantedMs, endsMs: null }
        : { ...before, capabilities: left };
    return { grant: after, lines: [`${after.name}, digest ${after.digest}: ${grantedWords(after)}.`] };
  });
  return make(context, changes, options, null);
}

async function reset(context: CommandContext, { flags }: ParsedOptions): Promise<number> {
  const json = flags.has("json");
  if (!json) context.print("All that programs were granted or denied is forgotten; each gets what its run is given.");
  if (flags.has("dry-run")) {
    context.print("Dry run: nothing was changed.", "dim");
    return 0;
  }
  if (!flags.has("yes") && !json && !(await context.confirm("Forget all, denials too?"))) {
    context.print("Nothing was changed.", "dim");
    return exitCodes.stopped;
  }
  const left = await context.environment.programGrants.forgetAll();
  return left.ok ? printAll(context, left.value, json) : context.refuse(left);
}

async function show(context: CommandContext, word: string | undefined, json: boolean): Promise<number> {
  const all = await context.environment.programGrants.list();
  if (!all.ok) return context.refuse(all);
  return printAll(context, word === undefined ? all.value : meant(all.value, word), json);
}

const shared = {
  "--yes": "do not ask before it is granted",
  "--dry-run": "show what would be remembered, change nothing",
  "--json": "print one line of JSON; implies --yes",
};

async function programWords(context: Parameters<NonNullable<Command["complete"]>>[0]): Promise<readonly string[]> {
  const known = await context.environment.programs.list();
  return [...(known.ok ? known.value.map(({ name }) => name) : []), ...(await homePaths(context)), ...capabilities];
}

const grantCommand: Command = {
  name: "grant",
  group: "programs",
  summary: "remembers what a program may have whenever it is run",
  usage: "grant [PROGRAM [LIST [--file FILE]… [--for TIME]]] [--reset] [--yes] [--dry-run] [--json]",
  options: {
    "--file FILE": "of your files it may have this one and no others but those named so; may be repeated",
    "--for TIME": "until then, such as 12h or 30d; afterwards it does not run until it is granted anew",
    "--reset": "forgets all that was granted and denied",
    ...shared,
  },
  examples: ["grant", "grant sort input,output", "grant tool.wasm input,output,files --file data.csv --for 30d"],
  spec: {
    flags: ["reset", "yes", "dry-run", "json"],
    values: ["for"],
    lists: ["file"],
    positionals: { least: 0, most: 2 },
  },
  complete: programWords,
  optionWords: { for: ["12h", "30d", "365d"], file: homePaths },
  run: (context, options) => {
    const { positionals, flags, values, lists } = options;
    const [name, list] = positionals;
    const hasTerms = values.size + lists.size > 0;
    if (flags.has("reset") && name === undefined && !hasTerms) return reset(context, options);
    if (name !== undefined && list !== undefined && !flags.has("reset")) return grant(context, options, name, list);
    if (!flags.has("reset") && !hasTerms) return show(context, name, flags.has("json"));
    return Promise.resolve(context.refuse(rejected("invalid-argument", `Usage: ${grantCommand.usage}`)));
  },
};

const revokeCommand: Command = {
  name: "revoke",
  group: "programs",
  summary: "takes back what a program may have",
  usage: "revoke PROGRAM|DIGEST [LIST] [--dry-run] [--json]",
  options: { "--dry-run": shared["--dry-run"], "--json": "print one line of JSON" },
  examples: ["revoke tool.wasm files", "revoke tool.wasm"],
  spec: { flags: ["dry-run", "json"], positionals: { least: 1, most: 2 } },
  complete: async (context) => {
    const known = await context.environment.programGrants.list();
    return [...(known.ok ? known.value.map(({ name }) => name) : []), ...(await programWords(context))];
  },
  run: revoke,
};

/** Commands about what is remembered of programs. */
export const grantCommands: readonly Command[] = [grantCommand, revokeCommand];
