/**
 * `space`: which of a person's identities is used.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client, VaultStatus } from "#sdk/contract.ts";
import { type SpaceName, type SpaceView, spaceNames } from "#sdk/spaces.ts";
import { formatAmount, sumNano } from "#wallet/amount.ts";
import { nearest } from "../did-you-mean.ts";
import { table } from "../format.ts";
import { text } from "../text.ts";
import { isAddressShown } from "./backup.ts";
import type { Command, CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";

interface SpaceHoldings extends SpaceView {
  readonly balanceNano: bigint;
}

async function holdings(client: Client): Promise<Result<readonly SpaceHoldings[]>> {
  const spaces = await client.spaces();
  if (!spaces.ok) return spaces;
  const found: SpaceHoldings[] = [];
  for (const space of spaces.value) {
    const coins = await client.coins(space.keyHash);
    if (!coins.ok) return coins;
    found.push({ ...space, balanceNano: sumNano(coins.value.coins) });
  }
  return accepted(found);
}

/** What a space's address may be shown as. */
const addressWords = ({ did }: SpaceView, status: VaultStatus): string | null => (isAddressShown(status) ? did : null);

async function list(context: CommandContext, json: boolean): Promise<number> {
  if ((await unlocked(context)) === null) return 1;
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  const spaces = await holdings(context.client);
  if (!spaces.ok) return context.refuse(spaces);
  if (json) {
    context.json(
      spaces.value.map((space) => ({
        space: space.space,
        chosen: space.chosen,
        did: addressWords(space, status.value),
        balanceNano: space.balanceNano,
      })),
    );
    return 0;
  }
  const rows = spaces.value.map((space) => [
    space.chosen ? "you are here" : "",
    space.space,
    `${formatAmount(space.balanceNano)} AETH`,
    addressWords(space, status.value) ?? "address: `id drill` first",
  ]);
  for (const line of table(rows)) context.print(line);
  return 0;
}

async function choose(context: CommandContext, space: SpaceName, json: boolean): Promise<number> {
  if ((await unlocked(context)) === null) return 1;
  const chosen = await context.client.chooseSpace(space);
  if (!chosen.ok) return context.refuse(chosen);
  const did = isAddressShown(chosen.value) ? chosen.value.did : null;
  if (json) {
    context.json({ space, did });
    return 0;
  }
  const as = did === null ? "with its own keys" : `as ${did}`;
  context.print(`You are in ${text.spaces[space]}, ${as}. Payments, messages and credentials are its own.`, "good");
  return 0;
}

/** `space`. */
export const spaceCommand: Command = {
  name: "space",
  group: "identity",
  summary: "personal, work, public: three identities of yours, kept apart",
  usage: `space [${spaceNames.join("|")}] [--json]`,
  options: { "--json": "print one line of JSON" },
  examples: ["space", "space work", "space personal"],
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  run: async (context, { positionals, flags }) => {
    const [word] = positionals;
    const json = flags.has("json");
    if (word === undefined) return list(context, json);
    const space = spaceNames.find((name) => name === word.toLowerCase());
    if (space !== undefined) return choose(context, space, json);
    const near = nearest(word, spaceNames);
    const hint = near === null ? "" : ` Did you mean space ${near}?`;
    return context.refuse(
      rejected("invalid-argument", `There is no space ${word}; there are ${spaceNames.join(", ")}.${hint}`),
    );
  },
};
