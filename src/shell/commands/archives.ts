/**
 * `car`: files as other systems know them, in archives of blocks. What it does is loaded with its first use.
 * @module
 */
import { homeLimits } from "#sdk/home-files.ts";
import { type CarAction, carActionNames } from "../archives/action-names.ts";
import type { Command } from "./command.ts";
import { homePaths } from "./files.ts";
import { type LateActions, runAction } from "./late-actions.ts";

const actions: LateActions<CarAction> = {
  names: carActionNames,
  writing: new Set(["export"]),
  load: async () => (await import("../archives/car-actions.ts")).carActions,
};

/** `car`. */
export const carCommand: Command = {
  name: "car",
  group: "files",
  summary: "archives of public files, as IPFS has them: made, looked into, unpacked",
  usage:
    "car export FILE… [--indexed] [--dry-run] [--json] | car import FILE|- [FOLDER] [--dry-run] [--json] | car list FILE|- [--json]",
  options: {
    "--indexed": "export: write version 2 with an index, not version 1",
    "--dry-run": "export: say only what the CID would be; import: check everything, and keep nothing",
    "--json": "list, import, export with --dry-run: print one line of JSON",
  },
  examples: [
    "car export notes.txt > notes.car",
    "car export site/*.html --dry-run",
    "car list notes.car",
    "car import site.car pages",
  ],
  spec: { flags: ["indexed", "dry-run", "json"], positionals: { least: 2, most: 1 + homeLimits.files } },
  readsInput: true,
  complete: async (context, operands) => (operands.includes("FILE") ? homePaths(context) : []),
  run: (context, options) => runAction(carCommand, actions, context, options),
};
