/**
 * `put`, `pin`, `unpin`, `deal`, `unshare`: files that peers keep for their owner. What they do is loaded with their first use.
 * @module
 */
import type { Command } from "./command.ts";
import { heldNames, homePaths } from "./files.ts";
import { spendingOptions } from "./spending.ts";

const changing = {
  "--yes": "do not ask",
  "--dry-run": "say what would happen, and change nothing",
  "--json": "print one line of JSON",
} as const;

const put: Command = {
  name: "put",
  group: "files",
  summary: "keeps files among peers, for you alone",
  usage: "put FILE…|- [--name NAME] [--yes] [--dry-run] [--json]",
  options: { "--name NAME": "keep it under another name", ...changing },
  examples: ["put report.pdf", "put *.txt", "cat a.txt b.txt | put - --name both.txt"],
  spec: { flags: ["yes", "dry-run", "json"], values: ["name"], positionals: { least: 1, most: 64 } },
  readsInput: true,
  complete: homePaths,
  run: async (context, options) => (await import("../files/keep.ts")).putFiles(context, options),
};

const pin: Command = {
  name: "pin",
  group: "files",
  summary: "keeps a kept or published file longer than 30 days",
  usage: "pin NAME [--for TIME] [--dry-run] [--json]",
  options: {
    "--for TIME": "until then, as 90d; until you `unpin` it if not said",
    "--dry-run": changing["--dry-run"],
    "--json": changing["--json"],
  },
  examples: ["pin report.pdf", "pin report.pdf --for 90d"],
  spec: { flags: ["dry-run", "json"], values: ["for"], positionals: { least: 1, most: 1 } },
  complete: (world) => heldNames(world, "kept"),
  optionWords: { for: ["90d", "365d"] },
  run: async (context, options) => (await import("../files/lasting.ts")).pinFile(context, options, true),
};

const unpin: Command = {
  name: "unpin",
  group: "files",
  summary: "ends `pin`",
  usage: "unpin NAME [--dry-run] [--json]",
  options: { "--dry-run": changing["--dry-run"], "--json": changing["--json"] },
  examples: ["unpin report.pdf"],
  spec: { flags: ["dry-run", "json"], positionals: { least: 1, most: 1 } },
  complete: (world) => heldNames(world, "kept"),
  run: async (context, options) => (await import("../files/lasting.ts")).pinFile(context, options, false),
};

const unshare: Command = {
  name: "unshare",
  group: "files",
  summary: "ends links that `share` made",
  usage: "unshare NAME|LINK [--yes] [--dry-run] [--json]",
  options: changing,
  examples: ["unshare notes.txt", "unshare bafkrei….k3y…"],
  spec: { flags: ["yes", "dry-run", "json"], positionals: { least: 1, most: 1 } },
  complete: (world) => heldNames(world, "linked"),
  run: async (context, options) => (await import("../files/let-go.ts")).unshare(context, options),
};

const deal: Command = {
  name: "deal",
  group: "files",
  summary: "pays keepers that answer for a kept file with a bond",
  usage: "deal make NAME [--audits N] | deal list | deal offers | deal end ID [--yes] [--dry-run] [--json]",
  options: { "--audits N": "for how many audits (24 unless you say otherwise)", ...spendingOptions },
  examples: ["deal offers", "deal make report.pdf", "deal list", "deal end 3f2a9c01"],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], values: ["audits"], positionals: { least: 1, most: 2 } },
  complete: (world) => heldNames(world, "kept"),
  optionWords: { audits: ["24", "168", "720"] },
  run: async (context, options) => (await import("../files/deals.ts")).runDeals(context, options, deal),
};

/** Commands about files that are kept among peers. */
export const keptFileCommands: readonly Command[] = [put, pin, unpin, deal, unshare];
