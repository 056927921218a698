/**
 * `id backup`, `id drill`, `id restore`, `id address`: copies of the keys outside of this browser, and the address, which
 * is shown once such a copy was proved to work.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { checkPassphrase } from "#identity/passphrase.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { VaultStatus, WordAnswer } from "#sdk/contract.ts";
import { bytes as inBytes } from "../format.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type CommandContext, exitCodes } from "./command.ts";
import { contents } from "./files.ts";

/** What is said to who has no keys, where none are to be made. */
export const noIdentity = rejected("vault-missing", "There is no identity on this device yet; make one with `id new`.");

/** Tries a passphrase gets before a command gives up; nothing is lost then either. */
export const passphraseTries = 3;

/** Words asked back; with fewer the vault does not take it for a proof. */
const askedBack = 3;

/** Words asked for are among the first twelve: every phrase has those. */
const wordPlaces = 12;

/** Ends a command that the user gave up. */
export function cancelled(context: CommandContext): number {
  context.print("Cancelled; nothing was changed.", "dim");
  return exitCodes.stopped;
}

/** Whether people may be given the address: what is paid to it would survive this browser, or its owner goes without. */
export function isAddressShown({ backup }: VaultStatus): boolean {
  return backup !== "none";
}

/** Whether it was proved that the keys would survive this browser. */
export function isBackupProved({ backup }: Pick<VaultStatus, "backup">): boolean {
  return backup !== "none" && backup !== "waived";
}

/** How it stands about a backup. */
export const backupWords: Readonly<Record<VaultStatus["backup"], string>> = {
  none: "backup not proved yet: `id drill`",
  words: "backup proved by your recovery words",
  file: "backup proved by its file",
  shares: "backup proved by shares, which brought your keys back",
  waived: "no backup proved, as you chose: `id drill`",
};

/** A passphrase that was right, with what came of it; else the exit code, its reason said. */
export type Tried<Value> =
  | { readonly ok: true; readonly passphrase: string; readonly value: Value }
  | { readonly ok: false; readonly code: number };

/**
 * Asks for a passphrase until `use` takes it, a few times: who mistypes it would else type it at the prompt, in clear. The vault
 * slows guesses down, however they are asked for.
 */
export async function tryPassphrase<Value>(
  context: CommandContext,
  question: string,
  use: (passphrase: string) => Promise<Result<Value>>,
): Promise<Tried<Value>> {
  for (let tries = 1; ; tries++) {
    const passphrase = await context.ask(question, true);
    if (passphrase === null) return { ok: false, code: cancelled(context) };
    const done = await use(passphrase);
    if (done.ok) return { ok: true, passphrase, value: done.value };
    const code = context.refuse(done);
    if (done.code !== "wrong-passphrase") return { ok: false, code };
    if (tries < passphraseTries) continue;
    context.print("Type the command again to try again.", "dim");
    return { ok: false, code };
  }
}

/** The same for the passphrase of the keys that are here; says it at once where there are none. */
export async function tryOwnPassphrase<Value>(
  context: CommandContext,
  question: string,
  use: (passphrase: string) => Promise<Result<Value>>,
): Promise<Tried<Value>> {
  const status = await context.client.vaultStatus();
  if (!status.ok) return { ok: false, code: context.refuse(status) };
  if (!status.value.exists) return { ok: false, code: context.refuse(noIdentity) };
  return tryPassphrase(context, question, use);
}

/** Asks for a new passphrase twice; null if the user gave up. */
export async function newPassphrase(context: CommandContext): Promise<string | null> {
  for (;;) {
    const first = await context.ask("Passphrase (at least 8 characters): ", true);
    if (first === null) return null;
    const fitting = checkPassphrase(first);
    if (!fitting.ok) {
      context.print(`${fitting.message} Nothing was made yet; try again, or leave with Ctrl-C.`, "warning");
      continue;
    }
    const second = await context.ask("Again: ", true);
    if (second === null) return null;
    if (first === second) return first;
    context.print("The two differ. Nothing was made yet; try again, or leave with Ctrl-C.", "warning");
  }
}

/** So many different places of the phrase, drawn from random bytes, in order. */
export function drawPlaces(randomBytes: (length: number) => Uint8Array): readonly number[] {
  const left = Array.from({ length: wordPlaces }, (_, place) => place);
  const drawn: number[] = [];
  while (drawn.length < askedBack) {
    const [byte = 0] = randomBytes(1);
    // A byte's last incomplete round would favour the first places.
    if (byte < 256 - (256 % left.length)) drawn.push(...left.splice(byte % left.length, 1));
  }
  return drawn.sort((a, b) => a - b);
}

/** Words in a row: as many as fit on the narrowest phone, so that none stands alone where nobody looks for it. */
const wordsInRow = 2;

/** Shows a phrase. */
function showPhrase(context: CommandContext, phrase: string): void {
  const words = phrase.split(" ");
  for (let row = 0; row < words.length; row += wordsInRow) {
    const cells = words
      .slice(row, row + wordsInRow)
      .map((word, i) => `${String(row + i + 1).padStart(2)} ${word.padEnd(10)}`);
    context.print(`  ${cells.join(" ")}`, "strong");
  }
}

/** How words are proved, and what is said to who does not prove them now. */
export interface WordProof {
  prove(answers: readonly WordAnswer[]): Promise<Result<unknown>>;
  readonly later: string;
}

/** Asks for some words; null if the user gave up. Those that were typed leave the screen in any case. */
async function askWords(context: CommandContext): Promise<readonly WordAnswer[] | null> {
  const answers: WordAnswer[] = [];
  for (const place of drawPlaces((length) => context.environment.randomBytes(length))) {
    const word = await context.ask(`Word ${place + 1} (or Enter for later): `);
    if (word === null || word.trim() === "") {
      if (answers.length > 0) context.clear();
      return null;
    }
    answers.push({ place, word });
  }
  context.clear();
  return answers;
}

/** Asks for some words and lets the vault compare them; true if they are right. */
export async function proveWords(context: CommandContext, { prove, later }: WordProof): Promise<boolean> {
  const answers = await askWords(context);
  if (answers === null) {
    context.print(later, "warning");
    return false;
  }
  const proved = await prove(answers);
  if (!proved.ok) context.refuse(proved);
  return proved.ok;
}

/** Lets words be written down, takes them off the screen and asks for some of them: true if that proved them, null if the user left the question. `why`: what hangs on them. */
export async function learnPhrase(
  context: CommandContext,
  phrase: string,
  why: string,
  proof: WordProof,
): Promise<boolean | null> {
  context.print(why, "warning");
  showPhrase(context, phrase);
  const said = await context.ask("Press Enter when they are on paper, or type later: ");
  context.clear();
  if (said?.trim() === "") return proveWords(context, proof);
  context.print(proof.later, "warning");
  return said === null ? null : false;
}

/** Shows the address, to be given to others. */
export function printAddress(context: CommandContext, { did }: VaultStatus): void {
  context.print(`Your address: ${did}`, "good");
}

/** `id drill [FILE]`. */
export async function drill(context: CommandContext, path: string | undefined): Promise<number> {
  const backup = path === undefined ? null : await contents(context, path);
  if (backup !== null && !backup.ok) return context.refuse(backup);
  const { client } = context;
  // Words are asked for once the passphrase is known to be right: they would be typed for nothing.
  const tried = await tryOwnPassphrase(context, "Passphrase: ", (passphrase) =>
    backup === null ? client.unlockVault(passphrase) : client.proveBackupFile(backup.value, passphrase),
  );
  if (!tried.ok) return tried.code;
  if (backup === null) {
    const prove: WordProof["prove"] = (answers) => client.proveBackupWords(tried.passphrase, answers);
    const later = "Later, then: `id drill` asks again, `id phrase` shows the words.";
    if (!(await proveWords(context, { prove, later }))) return 1;
  }
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  context.print("Proved: your keys would survive this browser.", "good");
  printAddress(context, status.value);
  return 0;
}

/** `id backup [FILE]`. */
export async function backup(context: CommandContext, path: string | undefined): Promise<number> {
  const made = await tryOwnPassphrase(context, "Passphrase: ", (passphrase) => context.client.exportBackup(passphrase));
  if (!made.ok) return made.code;
  const { environment } = context;
  const size = inBytes(made.value.length);
  if (path === undefined) {
    const name = `aether-backup-${new Date(environment.nowMs()).toISOString().slice(0, 10)}.aether`;
    environment.saveFile(name, made.value);
    context.print(`Handed to the browser's downloads: ${name}, ${size}. Keep it on another device, too.`, "good");
  } else {
    const written = await environment.files.write(path, made.value);
    if (!written.ok) return context.refuse(written);
    context.print(`Written: ${sanitise(path)}, ${size}. It is in this browser only until you \`save\` it.`, "good");
  }
  context.print(
    "It opens with the passphrase of today, also after you change it here. `id drill -` proves that it does.",
    "dim",
  );
  return 0;
}

/** Says it to who brings back keys that were replaced: they look whole, and can do nothing. */
async function tellIfReplaced(context: CommandContext, { keyHash }: VaultStatus): Promise<void> {
  const standing = keyHash === null ? null : await context.client.succession(keyHash);
  if (standing?.ok && standing.value.successor !== null)
    context.print(replacedWords(standing.value.successor), "warning");
}

/** What is said of keys that were replaced. */
export function replacedWords(successor: Uint8Array): string {
  return `These keys were replaced by ${didOf(successor)}: they can do nothing on the chain any more, and all that is paid to them is that address's. If you have its recovery words, \`id rotate\` takes them here.`;
}

/** `id restore [FILE]`. */
export async function restore(context: CommandContext, path: string | undefined): Promise<number> {
  if (path !== undefined) return restoreFile(context, path);
  const phrase = await context.ask("Your recovery words: ", true);
  if (phrase === null) return cancelled(context);
  const passphrase = await newPassphrase(context);
  if (passphrase === null) return cancelled(context);
  const restored = await context.client.restoreVault(phrase, passphrase);
  if (!restored.ok) return context.refuse(restored);
  context.print(`Restored: ${restored.value.did}`, "good");
  await tellIfReplaced(context, restored.value);
  return 0;
}

async function restoreFile(context: CommandContext, path: string): Promise<number> {
  const file = await contents(context, path);
  if (!file.ok) return context.refuse(file);
  const restored = await tryPassphrase(context, "Passphrase of the backup: ", (passphrase) =>
    context.client.restoreBackup(file.value, passphrase),
  );
  if (!restored.ok) return restored.code;
  context.print(`Restored: ${restored.value.did}`, "good");
  await tellIfReplaced(context, restored.value);
  return 0;
}

/** `id address [--without-backup]`. */
export async function address(context: CommandContext, flags: ReadonlySet<string>): Promise<number> {
  const before = await context.client.vaultStatus();
  if (!before.ok) return context.refuse(before);
  if (!before.value.exists) {
    context.print("There is no identity on this device yet. `id new` makes one; you can look around without.");
    return 1;
  }
  if (isAddressShown(before.value)) {
    printAddress(context, before.value);
    return 0;
  }
  if (!flags.has("without-backup")) {
    context.print(
      "Your address is shown once you have proved that your keys would survive this browser: what others pay you hangs on it.",
      "warning",
    );
    context.print("  id drill      asks for three of your recovery words; `id phrase` shows them to be written down");
    context.print("  id backup     makes an encrypted file of your keys; then `id drill -` opens it again");
    context.print("  id address --without-backup", "dim");
    context.print(
      "                shows it now and notes your choice: for coins that are worth nothing, as on dev",
      "dim",
    );
    return 1;
  }
  const waived = await context.client.waiveBackup();
  if (!waived.ok) return context.refuse(waived);
  context.print(
    "Noted: without a backup all that is paid here goes with this browser's data. `id drill` stays open.",
    "warning",
  );
  printAddress(context, waived.value);
  return 0;
}
