/**
 * `id`: keys, from the first phrase to unlocking them.
 * @module
 */
import { nearest } from "../did-you-mean.ts";
import type { Command, CommandContext } from "./command.ts";

/** Tries a passphrase gets before the command gives up; nothing is lost then either. */
const passphraseTries = 3;

/** Words asked back after the phrase was shown. */
const askedBack = 2;

async function newPassphrase(context: CommandContext): Promise<string | null> {
  for (;;) {
    const first = await context.ask("Passphrase (at least 8 characters): ", true);
    if (first === null) return null;
    const second = await context.ask("Again: ", true);
    if (second === null) return null;
    if (first === second) return first;
    context.print("The two differ. Nothing was made yet; try again.", "warning");
  }
}

function showPhrase(context: CommandContext, phrase: string): void {
  const words = phrase.split(" ");
  for (let row = 0; row < words.length; row += 4) {
    const cells = words.slice(row, row + 4).map((word, i) => `${String(row + i + 1).padStart(2)} ${word.padEnd(10)}`);
    context.print(`  ${cells.join(" ")}`, "strong");
  }
}

async function confirmPhrase(context: CommandContext, phrase: string): Promise<boolean> {
  const words = phrase.split(" ");
  const [a = 0, b = 1] = context.environment.randomBytes(askedBack);
  const first = a % words.length;
  const second = (first + 1 + (b % (words.length - 1))) % words.length;
  for (const place of [first, second]) {
    const typed = await context.ask(`Word ${place + 1} (or Enter for later): `);
    if (typed === null || typed.trim() === "") return false;
    if (typed.trim().toLowerCase() !== words[place]) {
      context.print("That is not the word. Look again, and run `id phrase` when you have it.", "warning");
      return false;
    }
  }
  return true;
}

async function create(context: CommandContext): Promise<number> {
  const before = await context.client.vaultStatus();
  if (!before.ok) return context.refuse(before);
  if (before.value.exists) {
    return context.refuse({
      ok: false,
      code: "vault-exists",
      message: `This device already has an identity: ${before.value.did}. It is never overwritten.`,
    });
  }
  context.print(
    "This makes your keys, on this device only. Twelve words restore them anywhere; a passphrase protects them here.",
  );
  const passphrase = await newPassphrase(context);
  if (passphrase === null) return cancelled(context);
  const made = await context.client.createVault(passphrase);
  if (!made.ok) return context.refuse(made);
  context.print("");
  context.print(
    "Write these words down, in order, on paper. Whoever has them has everything; without them a lost device is a lost purse.",
    "warning",
  );
  showPhrase(context, made.value.phrase);
  if (await confirmPhrase(context, made.value.phrase)) await context.client.confirmBackup();
  else
    context.print(
      "You can see the words again with `id phrase`. Until you have them on paper, do not keep much here.",
      "warning",
    );
  if (made.value.status.keyHash !== null) await context.client.setRewardKey(made.value.status.keyHash);
  context.print("");
  context.print(`Your address: ${made.value.status.did}`, "good");
  return 0;
}

function cancelled(context: CommandContext): number {
  context.print("Cancelled; nothing was changed.", "dim");
  return 130;
}

async function restore(context: CommandContext): Promise<number> {
  const phrase = await context.ask("Your recovery words: ", true);
  if (phrase === null) return cancelled(context);
  const passphrase = await newPassphrase(context);
  if (passphrase === null) return cancelled(context);
  const restored = await context.client.restoreVault(phrase, passphrase);
  if (!restored.ok) return context.refuse(restored);
  context.print(`Restored: ${restored.value.did}`, "good");
  return 0;
}

async function show(context: CommandContext, json: boolean): Promise<number> {
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  const { exists, did, unlocked, backedUp } = status.value;
  if (json) context.json(status.value);
  else if (!exists)
    context.print("There is no identity on this device yet. `id new` makes one; you can look around without.");
  else {
    context.print(`${did}`);
    context.print(
      `${unlocked ? "unlocked" : "locked"}, recovery words ${backedUp ? "confirmed" : "not confirmed yet: `id phrase`"}`,
      backedUp ? "dim" : "warning",
    );
  }
  return 0;
}

async function phrase(context: CommandContext): Promise<number> {
  const passphrase = await context.ask("Passphrase: ", true);
  if (passphrase === null) return cancelled(context);
  const revealed = await context.client.revealPhrase(passphrase);
  if (!revealed.ok) return context.refuse(revealed);
  showPhrase(context, revealed.value);
  if (await confirmPhrase(context, revealed.value)) await context.client.confirmBackup();
  return 0;
}

async function changePassphrase(context: CommandContext): Promise<number> {
  const old = await context.ask("Passphrase now: ", true);
  if (old === null) return cancelled(context);
  const passphrase = await newPassphrase(context);
  if (passphrase === null) return cancelled(context);
  const changed = await context.client.changePassphrase(old, passphrase);
  if (!changed.ok) return context.refuse(changed);
  context.print("Your keys are under the new passphrase now. Your recovery words stay the same.", "good");
  return 0;
}

/** Makes sure the vault is there and open, asking in place; null if it is not to be. */
export async function unlocked(
  context: CommandContext,
): Promise<{ keyHash: Uint8Array; publicKey: Uint8Array } | null> {
  for (let tries = 0; tries <= passphraseTries; tries++) {
    const status = await context.client.vaultStatus();
    if (!status.ok) {
      context.refuse(status);
      return null;
    }
    const { exists, unlocked: open, keyHash, publicKey } = status.value;
    if (!exists || keyHash === null || publicKey === null) {
      context.print(
        "You need an identity for this. `id new` makes one in a minute; then type this again (arrow up).",
        "warning",
      );
      return null;
    }
    if (open) return { keyHash, publicKey };
    if (tries === passphraseTries) {
      context.print("Your keys stay locked, and all you have stays yours. Type the command again to try again.", "dim");
      break;
    }
    const passphrase = await context.ask("Passphrase to unlock your keys: ", true);
    if (passphrase === null) return null;
    const opened = await context.client.unlockVault(passphrase);
    if (!opened.ok) context.refuse(opened);
  }
  return null;
}

const actions = ["new", "show", "unlock", "lock", "restore", "phrase", "passphrase"] as const;

/** `id`. */
export const identityCommand: Command = {
  name: "id",
  group: "identity",
  summary: "your keys and your address",
  usage: "id new|show|unlock|lock|restore|phrase|passphrase [--json]",
  options: { "--json": "with show: print one line of JSON" },
  manual:
    "new         makes keys under a passphrase and shows twelve recovery words once\n" +
    "show        your address (did:key) and whether the keys are unlocked\n" +
    "unlock      opens the vault; it locks itself after 15 minutes without use\n" +
    "lock        closes it at once\n" +
    "restore     makes the same keys again from the twelve words; where these keys are already, sets a new passphrase\n" +
    "phrase      shows the words again, for the passphrase\n" +
    "passphrase  changes the passphrase; keys and words stay\n" +
    "After two wrong passphrases each further try waits longer, half a minute at most; nothing is ever deleted.\n" +
    "Keys live encrypted in this browser and in clear only in a thread of their own while unlocked.",
  examples: ["id new", "id show", "id lock"],
  spends: "always",
  spec: { flags: ["json"], positionals: { least: 0, most: 1 } },
  complete: () => Promise.resolve(actions),
  run: async (context, { positionals, flags }) => {
    switch (positionals[0] ?? "show") {
      case "new":
        return create(context);
      case "show":
        return show(context, flags.has("json"));
      case "restore":
        return restore(context);
      case "phrase":
        return phrase(context);
      case "passphrase":
        return changePassphrase(context);
      case "unlock":
        return (await unlocked(context)) === null ? 1 : show(context, false);
      case "lock":
        await context.client.lockVault();
        return show(context, false);
      default: {
        const near = nearest(positionals[0] ?? "", actions);
        const hint = near === null ? "" : ` Did you mean id ${near}?`;
        const message = `id has no "${positionals[0]}".${hint}\nUsage: ${identityCommand.usage}`;
        return context.refuse({ ok: false, code: "invalid-argument", message });
      }
    }
  },
};
