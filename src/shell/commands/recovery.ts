/**
 * `recovery`: keys back through people you trust, some of them together. What it does is loaded with its first use.
 * @module
 */

import { knownPeople } from "../contacts.ts";
import { type RecoveryAction, recoveryActionNames } from "../recovery/action-names.ts";
import type { Command } from "./command.ts";
import { homePaths } from "./files.ts";
import { type LateActions, runAction } from "./late-actions.ts";

const actions: LateActions<RecoveryAction> = {
  names: recoveryActionNames,
  writing: new Set(["key", "begin", "give"]),
  load: async () => (await import("../recovery/recovery-actions.ts")).recoveryActions,
};

/** `recovery`. */
export const recoveryCommand: Command = {
  name: "recovery",
  group: "identity",
  summary: "your keys back through people you trust, some of them together",
  usage:
    "recovery share NEEDED HOLDER… [--wait HOURS] [--json] | key | show SHARE [--json] | begin | give SHARE REQUEST | stop DID|@NAME… | finish DID SHARE… [--drill]",
  options: {
    "--wait HOURS": "share: how long holders wait once they are asked; 48 unless said, 0 to 720",
    "--drill": "finish: say whether these shares would bring the keys back, and change nothing",
    "--json": "share, show: print one line of JSON",
  },
  examples: [
    "recovery share 2 @alice did:key:zQ3sx… bo.key",
    "recovery begin > request.txt",
    "recovery give share.txt request.txt > given.txt",
    "recovery finish did:key:zQ3sh… given-a.txt given-b.txt --drill",
  ],
  spends: "always",
  spec: { flags: ["drill", "json"], values: ["wait"], positionals: { least: 1, most: 34 } },
  complete: async (world, operands) => [
    ...(operands.some((one) => /^(HOLDER|SHARE|REQUEST)$/.test(one)) ? await homePaths(world) : []),
    ...(operands.some((one) => /^(HOLDER|DID)$/.test(one)) ? await knownPeople(world.client, world.longWords) : []),
  ],
  run: (context, options) => runAction(recoveryCommand, actions, context, options),
};
