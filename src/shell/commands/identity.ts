/**
 * `id`: keys, from the first phrase to unlocking them.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { nearest } from "../did-you-mean.ts";
import {
  address,
  backup,
  backupWords,
  cancelled,
  drill,
  isAddressShown,
  isBackupProved,
  newPassphrase,
  passphraseTries,
  replacedWords,
  restore,
  tryOwnPassphrase,
} from "./backup.ts";
import { type Command, type CommandContext, exitCodes } from "./command.ts";
import { homePaths } from "./files.ts";
import { createIdentity, firstKeys, learnOwnPhrase } from "./new-identity.ts";
import { passkey, unlockByPasskey } from "./passkeys.ts";

async function show(context: CommandContext, json: boolean): Promise<number> {
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  const { exists, did, unlocked, backup: proof } = status.value;
  const isShown = isAddressShown(status.value);
  const standing = status.value.keyHash === null ? null : await context.client.succession(status.value.keyHash);
  const succession = standing?.ok ? standing.value : { successor: null, earlier: [] };
  const earlier = succession.earlier.map(didOf);
  const successor = succession.successor === null ? null : didOf(succession.successor);
  if (json) context.json({ ...status.value, did: isShown ? did : null, successor, earlier });
  else if (!exists)
    context.print("There is no identity on this device yet. `id new` makes one; you can look around without.");
  else {
    context.print(isShown ? `${did}` : "Your keys are here; `id address` shows your address.");
    context.print(
      `${unlocked ? "unlocked" : "locked"}, ${backupWords[proof]}`,
      isBackupProved(status.value) ? "dim" : "warning",
    );
    if (succession.successor !== null) context.print(replacedWords(succession.successor), "warning");
    for (const one of earlier) context.print(`took over from ${one}: what is paid there is yours`, "dim");
  }
  return 0;
}

async function phrase(context: CommandContext): Promise<number> {
  const revealed = await tryOwnPassphrase(context, "Passphrase: ", (passphrase) =>
    context.client.revealPhrase(passphrase),
  );
  if (!revealed.ok) return revealed.code;
  if (await learnOwnPhrase(context, revealed.value, revealed.passphrase))
    context.print("Proved: you have your words.", "good");
  return 0;
}

async function changePassphrase(context: CommandContext): Promise<number> {
  // Before the new one is typed twice for nothing.
  const old = await tryOwnPassphrase(context, "Passphrase now: ", (passphrase) =>
    context.client.unlockVault(passphrase),
  );
  if (!old.ok) return old.code;
  const passphrase = await newPassphrase(context);
  if (passphrase === null) return cancelled(context);
  const changed = await context.client.changePassphrase(old.passphrase, passphrase);
  if (!changed.ok) return context.refuse(changed);
  context.print("Your keys are under the new passphrase now. Your recovery words stay the same.", "good");
  return 0;
}

/** `id new`. */
async function create(context: CommandContext): Promise<number> {
  const before = await context.client.vaultStatus();
  if (!before.ok) return context.refuse(before);
  if (before.value.exists) {
    return context.refuse({
      ok: false,
      code: "vault-exists",
      message: "This device already has an identity; it is never overwritten. `id` tells of it.",
    });
  }
  const made = await createIdentity(context);
  if (made === null) return exitCodes.stopped;
  if (!made.ok) return context.refuse(made);
  if (!made.value.isProved)
    context.print("Your keys are ready: `faucet` gets coins on dev, `pay` spends them.", "good");
  return 0;
}

/**
 * Makes sure the vault is there and open, asking in place; null if it is not to be. `makes`: whether keys that are made now
 * would serve, so that who has none makes them here; false where it is about something that older keys have.
 */
export async function unlocked(
  context: CommandContext,
  { makes = true }: { readonly makes?: boolean } = {},
): Promise<{ keyHash: Uint8Array; publicKey: Uint8Array } | null> {
  for (let tries = 0; tries <= passphraseTries; tries++) {
    const status = await context.client.vaultStatus();
    if (!status.ok) {
      context.refuse(status);
      return null;
    }
    const { exists, unlocked: open, keyHash, publicKey, passkeys } = status.value;
    if (!exists || keyHash === null || publicKey === null) {
      if (makes && context.isByHand) {
        if (!(await firstKeys(context))) return null;
        continue;
      }
      context.print(
        makes
          ? "You need an identity for this. `id new` makes one in a minute; then type this again (arrow up)."
          : "You need the identity that this is about, and there is none on this device yet. `id restore` brings yours back, `id new` makes one.",
        "warning",
      );
      return null;
    }
    if (open) return { keyHash, publicKey };
    if (tries === passphraseTries) {
      context.print("Your keys stay locked, and all you have stays yours. Type the command again to try again.", "dim");
      break;
    }
    const hasPasskey = passkeys.length > 0 && (await context.environment.passkeys.obstacle()) === null;
    const question = `Passphrase to unlock your keys${hasPasskey ? " (Enter: your passkey)" : ""}: `;
    const passphrase = await context.ask(question, true);
    if (passphrase === null) return null;
    if (hasPasskey && passphrase === "") {
      await unlockByPasskey(context, status.value);
      continue;
    }
    const opened = await context.client.unlockVault(passphrase);
    if (!opened.ok) context.refuse(opened);
  }
  return null;
}

/** Makes keys for who asks for their address without any; false if that was declined. What else is amiss the command tells. */
async function hasKeys(context: CommandContext): Promise<boolean> {
  const status = await context.client.vaultStatus();
  return !status.ok || status.value.exists || !context.isByHand || (await firstKeys(context));
}

/** What `id` can do, by its first word. */
const actions: Readonly<
  Record<string, (context: CommandContext, word: string | undefined, flags: ReadonlySet<string>) => Promise<number>>
> = {
  new: create,
  show: (context, _word, flags) => show(context, flags.has("json")),
  address: async (context, _word, flags) => ((await hasKeys(context)) ? address(context, flags) : 1),
  unlock: async (context) => ((await unlocked(context, { makes: false })) === null ? 1 : show(context, false)),
  lock: async (context) => {
    await context.client.lockVault();
    return show(context, false);
  },
  backup,
  drill,
  restore,
  phrase,
  passphrase: changePassphrase,
  rotate: async (context, _word, flags) => (await import("../rotation/rotate.ts")).rotate(context, flags),
  passkey,
};

/** Actions that take a second word. */
const withWord: ReadonlySet<string> = new Set(["backup", "drill", "restore", "passkey"]);

/** `id`. */
export const identityCommand: Command = {
  name: "id",
  group: "identity",
  summary: "your keys and your address",
  usage:
    "id [show] [--json] | new | address [--without-backup] | unlock | lock | backup [FILE] | drill [FILE] | restore [FILE] | phrase | passphrase | passkey [add|remove] | rotate [--all-spaces] [--yes] [--dry-run] [--json]",
  options: {
    "--without-backup": "with address: show it without a proved backup, and note that",
    "--all-spaces": "with rotate: replace the keys also of spaces in which nothing is",
    "--yes": "with rotate: do not ask before signing",
    "--dry-run": "with rotate: show what would happen, make and sign nothing",
    "--json": "with show and rotate: print one line of JSON",
  },
  examples: ["id new", "id backup", "id drill -", "id restore -", "id address", "id rotate"],
  spends: "always",
  spec: { flags: ["json", "without-backup", "all-spaces", "yes", "dry-run"], positionals: { least: 0, most: 2 } },
  complete: (world, operands) => (operands.includes("FILE") ? homePaths(world) : Promise.resolve([])),
  run: async (context, { positionals, flags }) => {
    const [name = "show", word] = positionals;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action !== undefined && (word === undefined || withWord.has(name))) return action(context, word, flags);
    const near = nearest(name, Object.keys(actions));
    const hint = near === null ? "" : ` Did you mean id ${near}?`;
    const what = action === undefined ? `id has no "${name}".${hint}` : `id ${name} takes nothing more.`;
    const message = `${what}\nUsage: ${identityCommand.usage}`;
    return context.refuse({ ok: false, code: "invalid-argument", message });
  },
};
