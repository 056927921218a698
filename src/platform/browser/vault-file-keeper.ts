/**
 * The vault's file: made, opened, proved and changed, each change as one replacement of what was read, so that no two tabs
 * undo each other. Holds no secret longer than a call takes.
 * @module
 */
import { backupOfVault, vaultOfBackup } from "#identity/backup.ts";
import type { SharedContents } from "#identity/device-sync/items.ts";
import type { IdentityKeys } from "#identity/keys.ts";
import { addPasskey, type PasskeyAnswer, removePasskeys, unlockByPasskey } from "#identity/passkey.ts";
import { checkPassphrase } from "#identity/passphrase.ts";
import { phraseFromEntropy } from "#identity/phrase.ts";
import {
  changeVaultPassphrase,
  createVaultFile,
  markBackup,
  readVaultFile,
  unlockVaultFile,
  type VaultFacts,
  type VaultTools,
} from "#identity/vault.ts";
import type { BackupStanding, KdfCost } from "#identity/vault-format.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { WordAnswer } from "#sdk/contract.ts";
import { GuessBrake } from "./guess-brake.ts";
import { type OpenedVault, openVault, wipeOpened } from "./opened-vault.ts";
import { type Contents, keepingContents, readShared, writeShared } from "./vault-contents.ts";
import type { VaultStore } from "./vault-store.ts";

/** What the vault is kept with. */
export interface KeeperParts {
  readonly store: VaultStore;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly kdf: VaultTools["kdf"];
  calibrate(): Promise<KdfCost>;
}

/** What a file holds, and its bytes. */
export type OpenedFile = OpenedVault & { readonly file: Uint8Array };

/** Words that are asked back at least: who guesses them from the list of 2 048 has no chance. */
const leastWords = 3;

/** Of what need not be protected against guesses. */
const leastCost: KdfCost = { memoryKib: 8, passes: 1, lanes: 1 };

const missing = rejected("vault-missing", "There is no identity on this device yet; make one with `id new`.");
const changed = rejected("vault-exists", "The vault was changed from another tab meanwhile; try again.");

const unreadableAgain = rejected(
  "storage-corrupt",
  "What was to be kept in the vault could not be read back from it. Nothing was changed in it.",
);

/** Refuses to put an identity in the place of another. */
export const occupied = rejected("vault-exists", "This device already has another identity; it is never overwritten.");

/** The one file of a profile's vault. */
export class VaultFileKeeper {
  private readonly parts: KeeperParts;
  private readonly tools: VaultTools;
  private readonly brake: GuessBrake;

  constructor(parts: KeeperParts) {
    this.parts = parts;
    this.tools = { kdf: parts.kdf, random: (length) => parts.entropy.bytes(length) };
    this.brake = new GuessBrake(parts.clock);
  }

  /** Its public facts; null if there is none. */
  async facts(): Promise<Result<VaultFacts | null>> {
    const file = await this.parts.store.read();
    return file === undefined ? accepted(null) : readVaultFile(file);
  }

  /** Whether there is one, damaged or not. */
  async exists(): Promise<boolean> {
    return (await this.parts.store.read()) !== undefined;
  }

  /** Makes it from recovery entropy; answers with it. `replacing`: what may be there now; anything else is kept. */
  async make(
    secret: { readonly entropy: Uint8Array; readonly publicKey: Uint8Array },
    passphrase: string,
    replacing: Uint8Array | undefined,
  ): Promise<Result<Uint8Array>> {
    const strength = checkPassphrase(passphrase);
    if (!strength.ok) return strength;
    const cost = await this.cost();
    const made = cost.ok ? await createVaultFile(secret, passphrase, cost.value, this.tools) : cost;
    // The same identity under another passphrase keeps what it has.
    const file = made.ok ? keepingContents(replacing, made.value) : made;
    const replaced = file.ok ? await this.replace(replacing, file.value) : file;
    return replaced.ok ? file : replaced;
  }

  /** Puts a file in the place of what may be there now; refused if anything else is. */
  async replace(replacing: Uint8Array | undefined, file: Uint8Array): Promise<Result<null>> {
    return (await this.parts.store.replace(replacing, file)) ? accepted(null) : occupied;
  }

  /** Replaces the file of an identity by that of the keys that took over from it. */
  succeed(publicKey: Uint8Array, next: (old: Uint8Array) => Result<Uint8Array>): Promise<Result<null>> {
    return this.rewrite((file) => {
      const facts = readVaultFile(file);
      if (!facts.ok) return facts;
      return equalBytes(facts.value.publicKey, publicKey) ? next(file) : occupied;
    });
  }

  /**
   * What may be replaced by the identity of a key: nothing, a damaged vault, or the same identity (its passphrase was
   * forgotten). Another identity and a newer app's vault are kept.
   */
  async replaceable(publicKey: Uint8Array): Promise<Result<{ readonly old: Uint8Array | undefined }>> {
    const old = await this.parts.store.read();
    const facts = old === undefined ? null : readVaultFile(old);
    if (facts?.ok && !equalBytes(facts.value.publicKey, publicKey)) return occupied;
    if (facts !== null && !facts.ok && facts.code !== "storage-corrupt") return facts;
    return accepted({ old });
  }

  /** The vault's file for the passphrase, as a file to be kept elsewhere. */
  async exportBackup(passphrase: string): Promise<Result<Uint8Array>> {
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    wipeOpened(opened.value);
    return backupOfVault(opened.value.file);
  }

  /** Proves a backup by words of the phrase, typed by their places (from 0). */
  async proveWords(passphrase: string, answers: readonly WordAnswer[]): Promise<Result<null>> {
    if (new Set(answers.map(({ place }) => place)).size < leastWords) {
      return rejected("invalid-argument", `At least ${leastWords} words are asked for.`);
    }
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    const { file } = opened.value;
    const words = phraseFromEntropy(opened.value.entropy).split(" ");
    wipeOpened(opened.value);
    const wrong = answers.find(({ place, word }) => words[place] !== word.normalize("NFKD").trim().toLowerCase());
    if (wrong === undefined) {
      // It is these words that were proved, and not those of keys that have come in their place meanwhile.
      const marked = markBackup(file, "words");
      if (!marked.ok) return marked;
      return (await this.parts.store.replace(file, marked.value)) ? accepted(null) : changed;
    }
    return rejected(
      "drill-failed",
      `Word ${wrong.place + 1} is another one. Nothing is lost: \`id phrase\` shows the words again, \`id drill\` asks again.`,
    );
  }

  /** Proves a backup by opening its file. */
  async proveFile(backup: Uint8Array, passphrase: string): Promise<Result<null>> {
    const own = await this.facts();
    if (!own.ok) return own;
    if (own.value === null) return missing;
    const opened = await this.openBackup(backup, passphrase);
    if (!opened.ok) return opened;
    wipeOpened(opened.value);
    if (equalBytes(opened.value.keys.signingKey, own.value.publicKey)) return this.markBackup("file");
    return rejected("drill-failed", "That is a backup of another identity; this one's is made with `id backup`.");
  }

  /** Writes down what is known about a backup. */
  markBackup(standing: BackupStanding): Promise<Result<null>> {
    return this.rewrite((file) => markBackup(file, standing));
  }

  /** What of one kind is in it, for who has its keys. */
  async contents<T>(kind: Contents<T>, keys: IdentityKeys): Promise<Result<readonly T[]>> {
    const file = await this.parts.store.read();
    return file === undefined ? missing : kind.read(file, keys);
  }

  /** Changes what of one kind is in it; answers with what is then. */
  async changeContents<T>(
    kind: Contents<T>,
    keys: IdentityKeys,
    change: (kept: readonly T[]) => Result<readonly T[]>,
  ): Promise<Result<readonly T[]>> {
    let kept: Result<readonly T[]> = missing;
    const done = await this.rewrite((file) => {
      const before = kind.read(file, keys);
      kept = before.ok ? change(before.value) : before;
      if (!kept.ok) return kept;
      const written = kind.write(file, kept.value, keys, this.parts.entropy);
      // What could not be read again would be lost, and with it all else of its kind.
      return written.ok && !kind.read(written.value, keys).ok ? unreadableAgain : written;
    });
    return done.ok ? kept : done;
  }

  /** All in it that the devices of its identity keep in step. */
  async shared(keys: IdentityKeys): Promise<Result<SharedContents>> {
    const file = await this.parts.store.read();
    return file === undefined ? missing : readShared(file, keys);
  }

  /** Changes that at once. */
  changeShared(keys: IdentityKeys, change: (shared: SharedContents) => Result<SharedContents>): Promise<Result<null>> {
    return this.rewrite((file) => {
      const before = readShared(file, keys);
      const next = before.ok ? change(before.value) : before;
      if (!next.ok) return next;
      const written = writeShared(file, next.value, keys, this.parts.entropy);
      return written.ok && !readShared(written.value, keys).ok ? unreadableAgain : written;
    });
  }

  /** Lets a passkey open it, too; its secret is wiped. */
  async addPasskey(passphrase: string, answer: PasskeyAnswer): Promise<Result<null>> {
    const added = await this.rewrite((file) =>
      this.brake.check(() => addPasskey(file, passphrase, answer, this.tools)),
    );
    answer.secret.fill(0);
    return added;
  }

  /** Lets only the passphrase open it. */
  removePasskeys(): Promise<Result<null>> {
    return this.rewrite(removePasskeys);
  }

  /** The phrase, for the passphrase. */
  async reveal(passphrase: string): Promise<Result<string>> {
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    const phrase = phraseFromEntropy(opened.value.entropy);
    wipeOpened(opened.value);
    return accepted(phrase);
  }

  /** Whether a passphrase opens the vault's file. */
  async provePassphrase(passphrase: string): Promise<Result<null>> {
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    wipeOpened(opened.value);
    return accepted(null);
  }

  /** What is in the vault's file, for the passphrase, and the file. */
  async openFile(passphrase: string): Promise<Result<OpenedFile>> {
    const file = await this.parts.store.read();
    return file === undefined ? missing : this.openByPassphrase(file, passphrase);
  }

  /** What is in a backup file, for the passphrase it was made under. */
  async openBackup(backup: Uint8Array, passphrase: string): Promise<Result<OpenedFile>> {
    const file = vaultOfBackup(backup);
    if (!file.ok) return file;
    const opened = await this.openByPassphrase(file.value, passphrase);
    if (opened.ok || opened.code !== "wrong-passphrase") return opened;
    return { ...opened, message: `${opened.message} A backup opens with the passphrase it was made under.` };
  }

  private openByPassphrase(file: Uint8Array, passphrase: string): Promise<Result<OpenedFile>> {
    return this.opened(file, () => this.brake.check(() => unlockVaultFile(file, passphrase, this.tools.kdf)));
  }

  private async opened(file: Uint8Array, decrypt: Parameters<typeof openVault>[1]): Promise<Result<OpenedFile>> {
    const opened = await openVault(file, decrypt);
    return opened.ok ? accepted({ ...opened.value, file }) : opened;
  }

  /** Puts the data key under another passphrase. */
  changePassphrase(old: string, passphrase: string): Promise<Result<null>> {
    return this.rewrite((file) => this.rewrapped(file, old, passphrase));
  }

  /** A vault's file under another passphrase; that of this vault stays as it is. */
  async rewrapped(file: Uint8Array, old: string, passphrase: string): Promise<Result<Uint8Array>> {
    const strength = checkPassphrase(passphrase);
    const cost = strength.ok ? await this.cost() : strength;
    if (!cost.ok) return cost;
    return this.brake.check(() => changeVaultPassphrase(file, { old, new: passphrase }, cost.value, this.tools));
  }

  /** The vault for another device, for the passphrase: as a backup file that opens with `secret`, which nobody can guess. */
  async forDevice(passphrase: string, secret: string): Promise<Result<Uint8Array>> {
    const file = await this.parts.store.read();
    if (file === undefined) return missing;
    // A phone need not spend a desktop's memory on a secret of 256 bits.
    const made = await this.brake.check(() =>
      changeVaultPassphrase(file, { old: passphrase, new: secret }, leastCost, this.tools),
    );
    return made.ok ? backupOfVault(made.value) : made;
  }

  private async cost(): Promise<Result<KdfCost>> {
    try {
      return accepted(await this.parts.calibrate());
    } catch (error) {
      return rejected("out-of-memory", "There is too little free memory to protect a passphrase; close other tabs.", {
        cause: String(error),
      });
    }
  }

  /** Replaces the file by what `change` makes of it, unless somebody else has replaced it meanwhile. */
  private async rewrite(
    change: (file: Uint8Array) => Result<Uint8Array> | Promise<Result<Uint8Array>>,
  ): Promise<Result<null>> {
    const file = await this.parts.store.read();
    const next = file === undefined ? missing : await change(file);
    if (!next.ok) return next;
    return (await this.parts.store.replace(file, next.value)) ? accepted(null) : changed;
  }

  /** What is in it, for a passkey that has answered; the secret is wiped. */
  async openByPasskey(answer: PasskeyAnswer): Promise<Result<OpenedFile>> {
    const file = await this.parts.store.read();
    const opened = file === undefined ? missing : await this.opened(file, (bytes) => unlockByPasskey(bytes, answer));
    answer.secret.fill(0);
    return opened;
  }
}
