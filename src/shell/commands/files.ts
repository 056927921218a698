/**
 * `cat`, `echo`, `save`: the files kept in this browser, and words to feed programs with.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { heldKinds } from "#protocol/files/held-file.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ByteSource, homeLimits, sourceOfBytes } from "#sdk/home-files.ts";
import { bytes as inBytes } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";

/** Paths of all files, for completion. */
export async function homePaths({ environment }: Pick<CommandContext, "environment">): Promise<readonly string[]> {
  const files = await environment.files.list();
  return files.ok ? files.value.map(({ path }) => path) : [];
}

const notChosen = rejected("cancelled", "No file was chosen; nothing was changed.");

/** Names of files that one keeps among peers, or of those that are shared; none while the vault is locked. */
export async function heldNames(
  { client }: Pick<CommandContext, "client">,
  which: "kept" | "linked",
): Promise<readonly string[]> {
  const held = await client.heldFiles();
  if (!held.ok) return [];
  const meant = held.value.filter(({ kind }) => (heldKinds[kind] === "kept") === (which === "kept"));
  return [...new Set(meant.map(({ name }) => name))];
}

/** What is said beside that a file is not here, where one may be kept under that name and the vault is locked. */
export async function lockedWords({ client }: Pick<CommandContext, "client">, command: string): Promise<string> {
  const status = await client.vaultStatus();
  return status.ok && status.value.exists && !status.value.unlocked
    ? ` If you keep it among peers: your keys are locked; \`${command}\` asks for them.`
    : "";
}

/** Lets the user choose a file of the device. */
export async function chosenFile(context: CommandContext, accept: string): Promise<Result<Uint8Array>> {
  const file = await context.environment.openFile(accept, homeLimits.wholeBytes);
  if (file === null) return notChosen;
  return file.bytes.length <= homeLimits.wholeBytes
    ? accepted(file.bytes)
    : rejected("too-large", `${file.name} has more than ${inBytes(homeLimits.wholeBytes)}.`);
}

const echo: Command = {
  name: "echo",
  group: "files",
  summary: "gives out words",
  usage: "echo [WORD…]",
  options: {},
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

/** The same, read as it is needed and of any size. */
export async function sourceOf(context: CommandContext, path: string): Promise<Result<ByteSource>> {
  if (path !== "-") return context.environment.files.open(path);
  if (context.input !== null) return accepted(sourceOfBytes(context.input));
  const file = await context.environment.chooseFile("");
  return file === null ? notChosen : accepted(file.content);
}

const cat: Command = {
  name: "cat",
  group: "files",
  summary: "gives out files, one after another",
  usage: "cat [FILE…]",
  options: {},
  examples: ["cat notes.txt", "cat a.txt b.txt > both.txt", "cat - > notes.txt", "primes 1 100 | cat"],
  spec: { positionals: { least: 0, most: homeLimits.files } },
  readsInput: true,
  complete: homePaths,
  run: async (context, { positionals }) => {
    for (const path of positionals.length === 0 ? ["-"] : positionals) {
      const part = await sourceOf(context, path);
      const given = part.ok ? await context.give(part.value) : part;
      if (!given.ok) return context.refuse(given);
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
  examples: ["save notes.txt"],
  spec: { positionals: { least: 1, most: 1 } },
  complete: homePaths,
  run: async (context, { positionals }) => {
    const [path = ""] = positionals;
    const source = await context.environment.files.open(path);
    if (!source.ok) return context.refuse(source);
    const saved = await context.environment.saveSource(path.split("/").at(-1) ?? path, source.value);
    if (!saved.ok) return context.refuse(saved);
    context.print(`Handed to the browser's downloads: ${sanitise(path)}, ${inBytes(source.value.sizeBytes)}.`, "good");
    return 0;
  },
};

/** Commands about files. */
export const fileCommands: readonly Command[] = [cat, echo, save];
