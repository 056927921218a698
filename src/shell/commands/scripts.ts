/**
 * `sh`, `set`, `unset`, `test`: scripts and what they are made with.
 * @module
 */
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { type Rejected, rejected } from "#protocol/result.ts";
import { table } from "../format.ts";
import { variableLimits } from "../language/variables.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command } from "./command.ts";
import { homePaths } from "./files.ts";

const sh: Command = {
  name: "sh",
  group: "scripts",
  summary: "runs a file of commands",
  usage: "sh FILE [WORD…]",
  options: {},
  examples: ["sh morning.sh", "sh greet.sh Ada", "echo 'balance; blocks' > morning.sh; sh morning.sh"],
  spends: "always",
  spec: { passesOn: "after-first", positionals: { least: 1, most: 64 } },
  complete: homePaths,
  run: async (context, { positionals }) => {
    const [path = "", ...args] = positionals;
    const read = await context.environment.files.read(path);
    if (!read.ok) return context.refuse(read);
    const source = decodeUtf8(read.value, 0, read.value.length);
    if (source === undefined) {
      return context.refuse(rejected("invalid-argument", `${path} is not text. Programs are run by \`run\`.`));
    }
    return context.runScript(path, source, args);
  },
};

const set: Command = {
  name: "set",
  group: "scripts",
  summary: "lists your variables",
  usage: "set [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["set", "friend=ae1…", "set --json"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: (context, { flags }) => {
    const all = context.scope.list();
    if (flags.has("json")) context.json(Object.fromEntries(all));
    else if (all.length === 0) context.print("No variables are set. `name=value` sets one.", "dim");
    else for (const line of table(all.map(([name, value]) => [name, sanitise(value)]))) context.print(line);
    return Promise.resolve(0);
  },
};

const unset: Command = {
  name: "unset",
  group: "scripts",
  summary: "forgets variables",
  usage: "unset NAME…",
  options: {},
  examples: ["unset friend"],
  spec: { positionals: { least: 1, most: variableLimits.count } },
  complete: ({ scope }) => Promise.resolve(scope.list().map(([name]) => name)),
  run: (context, { positionals }) => {
    const there = new Set(context.scope.list().map(([name]) => name));
    const missing = positionals.find((name) => !there.has(name));
    if (missing !== undefined) {
      return Promise.resolve(
        context.refuse(rejected("not-found", `There is no variable ${missing}. Nothing was forgotten.`)),
      );
    }
    for (const name of positionals) context.scope.unset(name);
    return Promise.resolve(0);
  },
};

const usage = "test A = B | A != B | N -lt|-le|-eq|-ne|-ge|-gt M | -n WORD | -z WORD | -e FILE";

const integer = (word: string): bigint | null => (/^-?\d{1,40}$/.test(word) ? BigInt(word) : null);

const comparisons: Readonly<Record<string, (a: bigint, b: bigint) => boolean>> = {
  "-lt": (a, b) => a < b,
  "-le": (a, b) => a <= b,
  "-eq": (a, b) => a === b,
  "-ne": (a, b) => a !== b,
  "-ge": (a, b) => a >= b,
  "-gt": (a, b) => a > b,
};

function compare(left: string, how: string, right: string): boolean | Rejected {
  if (how === "=") return left === right;
  if (how === "!=") return left !== right;
  const comparison = comparisons[how];
  const [a, b] = [integer(left), integer(right)];
  if (comparison === undefined) return rejected("invalid-argument", `There is no test ${how}.\nUsage: ${usage}`);
  if (a === null || b === null) return rejected("invalid-argument", `${how} compares whole numbers.`);
  return comparison(a, b);
}

const test: Command = {
  name: "test",
  group: "scripts",
  summary: "compares words or numbers, for && and ||",
  usage,
  options: {},
  examples: ["test $friend = ae1… && pay $friend 1", "test -e notes.txt || echo 'no notes'"],
  spec: { passesOn: "all", positionals: { least: 2, most: 3 } },
  complete: homePaths,
  run: async (context, { positionals }) => {
    const [first = "", second = "", third] = positionals;
    let holds: boolean | Rejected;
    if (third !== undefined) holds = compare(first, second, third);
    else if (first === "-n") holds = second !== "";
    else if (first === "-z") holds = second === "";
    else if (first === "-e") holds = (await homePaths(context)).includes(second);
    else holds = rejected("invalid-argument", `There is no test ${first}.\nUsage: ${usage}`);
    if (typeof holds === "boolean") return holds ? 0 : 1;
    context.refuse(holds);
    return 2;
  },
};

/** Commands of scripts. */
export const scriptCommands: readonly Command[] = [sh, set, unset, test];
