/**
 * `pair`: one identity on several devices. What it does is loaded with its first use.
 * @module
 */
import { type PairAction, pairActionNames } from "../pairing/action-names.ts";
import type { Command } from "./command.ts";
import { type LateActions, runAction } from "./late-actions.ts";

const actions: LateActions<PairAction> = {
  names: pairActionNames,
  writing: new Set(),
  load: async () => (await import("../pairing/pair-actions.ts")).pairActions,
};

/** `pair`. */
export const pairCommand: Command = {
  name: "pair",
  group: "identity",
  summary: "your identity on another device, and the list of your devices",
  usage:
    "pair [show] [--name NAME] | pair join [LINK|CODE] [--name NAME] | pair list [--json] | pair sync [--json] | pair remove NAME [--yes] [--dry-run] [--json]",
  options: {
    "--name NAME": "show, join: what this device is called on the list, if it has no name yet",
    "--yes": "remove: do not ask",
    "--dry-run": "remove: say what would happen, and sign nothing",
    "--json": "list, sync, remove: print one line of JSON",
  },
  examples: [
    "pair --name laptop",
    "pair join 4K7Q-2M9X-0HTB-W5RA --name phone",
    "pair list",
    "pair sync",
    "pair remove phone",
  ],
  spends: "always",
  spec: { flags: ["yes", "dry-run", "json"], values: ["name"], positionals: { least: 0, most: 2 } },
  complete: async ({ client }, operands) => {
    if (!operands.includes("NAME")) return [];
    const known = await client.devices([]);
    return known.ok ? known.value.devices.map(({ name }) => name) : [];
  },
  run: (context, options) => {
    const positionals = options.positionals.length === 0 ? ["show"] : options.positionals;
    return runAction(pairCommand, actions, context, { ...options, positionals });
  },
};
