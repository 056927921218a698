/**
 * The first keys: how `id new` makes them, and how the first command that needs some does so in its place.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import { cancelled, learnPhrase, newPassphrase, printAddress } from "./backup.ts";
import type { CommandContext } from "./command.ts";
import { offerInstall } from "./installed.ts";

/** Lets the words of these keys be learnt: true if that proved them, null if the user left the question. */
export function learnOwnPhrase(context: CommandContext, phrase: string, passphrase: string): Promise<boolean | null> {
  const why =
    "Write these words down, in order, on paper. Whoever has them has everything; without them a lost device is a lost purse.";
  return learnPhrase(context, phrase, why, {
    prove: (answers) => context.client.proveBackupWords(passphrase, answers),
    later:
      "Later, then: `id phrase` shows them again, `id drill` asks for three. Until then your address is not shown; do not keep much here.",
  });
}

/**
 * Makes keys where there are none, the installation offered before: keys of a page may be thrown away with its data, and on
 * some devices the installed app does not see them. Null if the user gave up, which has been said.
 */
export async function createIdentity(
  context: CommandContext,
): Promise<Result<{ readonly isProved: boolean | null }> | null> {
  context.print(
    "This makes your keys, on this device only. Twelve words restore them anywhere; a passphrase protects them here.",
  );
  const passphrase = (await offerInstall(context)) ? await newPassphrase(context) : null;
  if (passphrase === null) {
    cancelled(context);
    return null;
  }
  const made = await context.client.createVault(passphrase);
  if (!made.ok) return made;
  context.print("");
  const { phrase, status } = made.value;
  if (status.keyHash !== null) await context.client.setRewardKey(status.keyHash);
  const isProved = await learnOwnPhrase(context, phrase, passphrase);
  context.print("");
  if (isProved) printAddress(context, status);
  return accepted({ isProved });
}

/** Makes the keys that a command is the first to need; false if there are none now, which has been said. */
export async function firstKeys(context: CommandContext): Promise<boolean> {
  context.print(
    "This needs keys that sign for you, and this device has none yet: a minute now, then your command goes on. Ctrl-C leaves all as it is. Keys of another device: `id restore` or `pair join` brings them here.",
    "strong",
  );
  const made = await createIdentity(context);
  if (made === null) return false;
  if (!made.ok) {
    context.refuse(made);
    return false;
  }
  if (made.value.isProved === null) {
    context.print("Your keys are made; your command was not run. Type it again when you like.", "warning");
    return false;
  }
  context.print("Your keys are ready; your command goes on.", "good");
  return true;
}
