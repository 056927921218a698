/**
 * `ls`, `cat`, `echo`, `rm`, `save`: the files kept in this browser, and words to feed programs with.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type HomeFile, homeLimits } from "#sdk/home-files.ts";
import { duration, bytes as inBytes, table } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";

const whereTheyAre =
  "Files are kept in this browser only: they are not encrypted, not copied anywhere unless you `share` one, and gone when the browser's data for this page is cleared; `save` gives you a copy.";

/** Paths of all files, for completion. */
export async function homePaths({ environment }: Pick<CommandContext, "environment">): Promise<readonly string[]> {
  const files = await environment.files.list();
  return files.ok ? files.value.map(({ path }) => path) : [];
}

/** Lets the user choose a file of the device. */
export async function chosenFile(context: CommandContext, accept: string): Promise<Result<Uint8Array>> {
  const file = await context.environment.openFile(accept, homeLimits.fileBytes);
  if (file === null) return rejected("cancelled", "No file was chosen; nothing was changed.");
  return file.bytes.length <= homeLimits.fileBytes
    ? accepted(file.bytes)
    : rejected("too-large", `${file.name} has more than ${inBytes(homeLimits.fileBytes)}.`);
}

const echo: Command = {
  name: "echo",
  group: "files",
  summary: "gives out words",
  usage: "echo [WORD…]",
  options: {},
  manual: "Gives out its words with a space between them and a line end behind them. Useful before a pipe.",
  examples: ["echo hello", "echo hello | sha256", "echo 'a note' > notes.txt"],
  spec: { passesOn: "all", positionals: { least: 0, most: Number.POSITIVE_INFINITY } },
  run: (context, { positionals }) => {
    context.write(utf8ToBytes(`${positionals.join(" ")}\n`));
    return Promise.resolve(0);
  },
};

/** What is in a file of this browser; `-`: what a pipe or `<` brought, or a file of the device. */
export async function contents(context: CommandContext, path: string): Promise<Result<Uint8Array>> {
  if (path !== "-") return context.environment.files.read(path);
  return context.input === null ? chosenFile(context, "") : accepted(context.input);
}

const cat: Command = {
  name: "cat",
  group: "files",
  summary: "gives out files, one after another",
  usage: "cat [FILE…]",
  options: {},
  manual: `Gives out files as they are. Without a file, or with -, it passes on what a pipe or < brings; with - and nothing brought, you choose a file of your device: \`cat - > notes.txt\` takes one in. ${whereTheyAre}`,
  examples: ["cat notes.txt", "cat a.txt b.txt > both.txt", "cat - > notes.txt", "primes 1 100 | cat"],
  spec: { positionals: { least: 0, most: homeLimits.files } },
  readsInput: true,
  complete: homePaths,
  run: async (context, { positionals }) => {
    // One after the other: all of them together may be more than there is memory for.
    for (const path of positionals.length === 0 ? ["-"] : positionals) {
      const part = await contents(context, path);
      if (!part.ok) return context.refuse(part);
      context.write(part.value);
    }
    return 0;
  },
};

const ls: Command = {
  name: "ls",
  group: "files",
  summary: "lists your files in this browser",
  usage: "ls [FILE…] [--json]",
  options: { "--json": "print one line of JSON" },
  manual: `Lists files with size and age: all, or those that are named. \`> FILE\` behind a command makes one. ${whereTheyAre}`,
  examples: ["ls", "ls *.txt", "ls --json"],
  spec: { flags: ["json"], positionals: { least: 0, most: homeLimits.files } },
  complete: homePaths,
  run: async (context, { flags, positionals }) => {
    const files = await context.environment.files.list();
    if (!files.ok) return context.refuse(files);
    const there = new Set(files.value.map(({ path }) => path));
    const missing = positionals.filter((path) => !there.has(path));
    for (const path of missing) context.refuse(rejected("not-found", `There is no file ${path}.`));
    const code = missing.length === 0 ? 0 : 1;
    const meant = positionals.length === 0 ? files.value : files.value.filter(({ path }) => positionals.includes(path));
    if (flags.has("json")) {
      context.json(meant);
      return code;
    }
    if (files.value.length === 0 && code === 0) {
      context.print("No files yet. `echo hello > hello.txt` makes one, `cat - > FILE` takes one in.", "dim");
    }
    const nowMs = context.environment.nowMs();
    const row = ({ path, sizeBytes, changedMs }: HomeFile): readonly string[] => [
      sanitise(path),
      inBytes(sizeBytes),
      `${duration(nowMs - changedMs)} ago`,
    ];
    for (const line of table(meant.map(row))) context.print(line);
    return code;
  },
};

const rm: Command = {
  name: "rm",
  group: "files",
  summary: "deletes files",
  usage: "rm FILE… [--yes]",
  options: { "--yes": "do not ask" },
  manual:
    "Deletes files from this browser, after a question: there is no other copy. If one is missing, none is deleted.",
  examples: ["rm notes.txt", "rm a.txt b.txt --yes"],
  spec: { flags: ["yes"], positionals: { least: 1, most: homeLimits.files } },
  complete: homePaths,
  run: async (context, { positionals, flags }) => {
    const { files } = context.environment;
    const there = await files.list();
    if (!there.ok) return context.refuse(there);
    const missing = positionals.find((path) => !there.value.some((file) => file.path === path));
    if (missing !== undefined) {
      return context.refuse(rejected("not-found", `There is no file ${missing}. Nothing was deleted.`));
    }
    const what = positionals.length === 1 ? sanitise(positionals[0] ?? "") : `${positionals.length} files`;
    if (!flags.has("yes") && !(await context.confirm(`Delete ${what}? There is no other copy.`))) {
      context.print("Nothing was deleted.", "dim");
      return 130;
    }
    for (const path of new Set(positionals)) {
      const removed = await files.remove(path);
      if (!removed.ok) return context.refuse(removed);
    }
    return 0;
  },
};

const save: Command = {
  name: "save",
  group: "files",
  summary: "gives you a copy of a file, outside of this browser's storage",
  usage: "save FILE",
  options: {},
  manual: "Hands a file to the browser's downloads.",
  examples: ["save notes.txt"],
  spec: { positionals: { least: 1, most: 1 } },
  complete: homePaths,
  run: async (context, { positionals }) => {
    const [path = ""] = positionals;
    const read = await context.environment.files.read(path);
    if (!read.ok) return context.refuse(read);
    context.environment.saveFile(path.split("/").at(-1) ?? path, read.value);
    context.print(`Handed to the browser's downloads: ${sanitise(path)}, ${inBytes(read.value.length)}.`, "good");
    return 0;
  },
};

/** Commands about files. */
export const fileCommands: readonly Command[] = [ls, cat, echo, rm, save];
