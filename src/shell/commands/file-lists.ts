/**
 * `ls` and `rm`: files of this browser, and those that are kept among peers. What they do among peers is loaded with its first
 * use.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { type HomeFile, homeLimits } from "#sdk/home-files.ts";
import { duration, bytes as inBytes, table } from "../format.ts";
import { quoted } from "../language/tokens.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command } from "./command.ts";
import { heldNames, homePaths, lockedWords } from "./files.ts";

const ls: Command = {
  name: "ls",
  group: "files",
  summary: "lists your files in this browser, or those among peers",
  usage: "ls [FILE…] [--kept|--shared] [--json]",
  options: {
    "--kept": "those that you `put` among peers, with until when they are kept and how many links open them",
    "--shared": "links that are remembered, with until when they open something",
    "--json": "print one line of JSON",
  },
  examples: ["ls", "ls *.txt", "ls --kept", "ls --shared --json"],
  spec: { flags: ["kept", "shared", "json"], positionals: { least: 0, most: homeLimits.files } },
  complete: homePaths,
  run: async (context, options) => {
    const { flags, positionals } = options;
    if (flags.has("kept") || flags.has("shared")) return (await import("../files/keep.ts")).listHeld(context, options);
    const files = await context.environment.files.list();
    if (!files.ok) return context.refuse(files);
    const there = new Set(files.value.map(({ path }) => path));
    const missing = positionals.filter((path) => !there.has(path));
    for (const path of missing)
      context.refuse(
        rejected("not-found", `There is no file ${path}.${path.startsWith("-") ? " `man ls` lists its options." : ""}`),
      );
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
  summary: "deletes files, of this browser or kept among peers",
  usage: "rm FILE…|NAME… [--kept] [--yes] [--dry-run]",
  options: {
    "--kept": "files that you keep among peers, where this browser has one of that name, too",
    "--yes": "do not ask",
    "--dry-run": "say what would be deleted, and delete nothing",
  },
  examples: ["rm notes.txt", "rm a.txt b.txt --yes", "rm report.pdf --kept"],
  spec: { flags: ["kept", "yes", "dry-run"], positionals: { least: 1, most: homeLimits.files } },
  complete: async (world, operands) => [
    ...(operands.includes("FILE") ? await homePaths(world) : []),
    ...(operands.includes("NAME") ? await heldNames(world, "kept") : []),
  ],
  run: async (context, { positionals, flags }) => {
    const removeKept = async (): Promise<number> =>
      (await import("../files/let-go.ts")).removeKept(context, positionals, flags);
    if (flags.has("kept")) return removeKept();
    const { files } = context.environment;
    const there = await files.list();
    if (!there.ok) return context.refuse(there);
    const missing = positionals.find((path) => !there.value.some((file) => file.path === path));
    if (missing !== undefined) {
      const kept = await heldNames(context, "kept");
      const isKept = (path: string): boolean =>
        kept.includes(path.normalize("NFC")) && !there.value.some((file) => file.path === path);
      if (positionals.every(isKept)) return removeKept();
      const locked = await lockedWords(context, `rm ${sanitise(quoted(missing))} --kept`);
      return context.refuse(rejected("not-found", `There is no file ${missing}.${locked} Nothing was deleted.`));
    }
    const what = positionals.length === 1 ? sanitise(positionals[0] ?? "") : `${positionals.length} files`;
    if (flags.has("dry-run")) {
      context.print(`Would delete ${what} from this browser.`);
      return 0;
    }
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

/** Commands about which files there are. */
export const fileListCommands: readonly Command[] = [ls, rm];
