/**
 * `share`, `publish` and `get`: files by links, for some or for everybody. What they do is loaded with their first use.
 * @module
 */
import { looksPublic } from "#protocol/files/link.ts";
import { rejected } from "#protocol/result.ts";
import { homeLimits } from "#sdk/home-files.ts";
import { knownPeople } from "../contacts.ts";
import { quoted } from "../language/tokens.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command } from "./command.ts";
import { heldNames, homePaths, lockedWords } from "./files.ts";

const share: Command = {
  name: "share",
  group: "files",
  summary: "makes a link that opens a file, for all who have it or for certain people",
  usage: "share FILE|NAME|- [--with WHO]… [--send] [--kept] [--for TIME] [--yes] [--dry-run] [--json]",
  options: {
    "--with WHO": "only they, and you, can open it: an address or a @NAME; again for each of them",
    "--send": "with --with: send them the link as a message, too",
    "--kept": "the file of that name that you keep among peers, where this browser has one of that name, too",
    "--for TIME": "end it after that time, as 12h or 7d; 30 days if not said, and at most",
    "--yes": "do not ask",
    "--dry-run": "say what would happen, and share nothing",
    "--json": "print one line of JSON",
  },
  examples: [
    "share notes.txt",
    "share notes.txt --for 7d",
    "share notes.txt --with @bob --send",
    "cat a.txt b.txt | share -",
    "share notes.txt --yes | send-msg @bob",
  ],
  spec: {
    flags: ["send", "kept", "yes", "dry-run", "json"],
    values: ["for"],
    lists: ["with"],
    positionals: { least: 1, most: 1 },
  },
  readsInput: true,
  complete: async (world, operands) => [
    ...(operands.includes("FILE") ? await homePaths(world) : []),
    ...(operands.includes("NAME") ? await heldNames(world, "kept") : []),
  ],
  optionWords: { for: ["12h", "7d"], with: ({ client, longWords }) => knownPeople(client, longWords) },
  run: async (context, options) => {
    const [path = ""] = options.positionals;
    const isHome = path === "-" || (await homePaths(context)).includes(path);
    const kept = isHome ? [] : await heldNames(context, "kept");
    const isKept = options.flags.has("kept") || kept.includes(path.normalize("NFC"));
    const locked = isHome || isKept ? "" : await lockedWords(context, `share ${sanitise(quoted(path))} --kept`);
    if (locked !== "") return context.refuse(rejected("not-found", `There is no file ${sanitise(path)}.${locked}`));
    return isKept
      ? (await import("../files/lasting.ts")).shareKept(context, options)
      : (await import("../files/share.ts")).shareFile(context, options);
  },
};

const get: Command = {
  name: "get",
  group: "files",
  summary: "fetches a file by its link, or one that you keep among peers",
  usage: "get LINK|NAME [FILE|-] [--where] [--json]",
  options: {
    "--where": "say who keeps it now and who of them may go, and fetch nothing",
    "--json": "print one line of JSON",
  },
  examples: [
    "get bafkrei….k3y…",
    "get bafkrei….k3y… notes.txt",
    "get report.pdf",
    "get bafkrei….k3y… - | sha256",
    "get bafkrei….k3y… --where",
    "get ipfs://bafybei…/notes.txt",
    "get ipfs://bafybei… photos/",
  ],
  spec: { flags: ["where", "json"], positionals: { least: 1, most: 2 } },
  complete: (world, operands) => (operands.includes("NAME") ? heldNames(world, "kept") : Promise.resolve([])),
  run: async (context, options) =>
    looksPublic(options.positionals[0] ?? "")
      ? (await import("../files/get-public.ts")).getPublic(context, options)
      : (await import("../files/fetch.ts")).getFile(context, options),
};

const publish: Command = {
  name: "publish",
  group: "files",
  summary: "lets everybody read files, under an address",
  usage: "publish FILE… [--for TIME] [--yes] [--dry-run] [--json]",
  options: {
    "--for TIME": "ask keepers to let it go after that time, as 12h or 7d; 30 days if not said, and at most",
    "--yes": "do not ask",
    "--dry-run": "say what would happen and what the CID would be, and leave nothing with others",
    "--json": "print one line of JSON",
  },
  examples: ["publish notes.txt", "publish site/*", "publish notes.txt --dry-run"],
  spec: { flags: ["yes", "dry-run", "json"], values: ["for"], positionals: { least: 1, most: homeLimits.files } },
  complete: homePaths,
  optionWords: { for: ["12h", "7d"] },
  run: async (context, options) => (await import("../files/publish.ts")).publishFiles(context, options),
};

/** Commands about files of which there are links. */
export const sharedFileCommands: readonly Command[] = [share, get, publish];
