/**
 * The vault's state and its file: keys while it is unlocked, the timer that locks it, and every change of the file as one
 * replacement of what was read, so that no two tabs undo each other. Refuses to overwrite keys that are there.
 * @module
 */
import { backupOfVault, vaultOfBackup } from "#identity/backup.ts";
import { didOf } from "#identity/did.ts";
import type { IdentityKeys } from "#identity/keys.ts";
import { checkPassphrase } from "#identity/passphrase.ts";
import { entropyOfPhrase, parsePhrase, phraseEntropyBytes, phraseFromEntropy } from "#identity/phrase.ts";
import {
  changeVaultPassphrase,
  createVaultFile,
  markBackup,
  readVaultFile,
  unlockVaultFile,
  type VaultTools,
} from "#identity/vault.ts";
import type { BackupStanding, KdfCost } from "#identity/vault-format.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf, signDigest } from "#protocol/crypto/signature.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { VaultRequests, VaultStatus, WordAnswer } from "#sdk/contract.ts";
import { GuessBrake } from "./guess-brake.ts";
import { keysOfEntropy, type OpenedVault, openVault, wipeOpened } from "./opened-vault.ts";
import type { VaultStore } from "./vault-store.ts";

/** What the vault is kept with. */
export interface KeeperParts {
  readonly store: VaultStore;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly kdf: VaultTools["kdf"];
  calibrate(): Promise<KdfCost>;
}

/** After this long without a signature the vault locks itself. */
export const idleLockMs = 15 * 60_000;

const noVault: VaultStatus = {
  exists: false,
  unlocked: false,
  did: null,
  keyHash: null,
  publicKey: null,
  backup: "none",
};

/** Words that are asked back at least: who guesses them from the list of 2 048 has no chance. */
const leastWords = 3;

const locked = rejected("vault-locked", "The vault is locked; unlock it with `id unlock`.");
const missing = rejected("vault-missing", "There is no identity on this device yet; make one with `id new`.");
const occupied = rejected("vault-exists", "This device already has another identity; it is never overwritten.");
const changed = rejected("vault-exists", "The vault was changed from another tab meanwhile; try again.");

/** The vault's state: the keys while it is unlocked, and the timer that locks it. */
export class VaultKeeper {
  private readonly parts: KeeperParts;
  private readonly tools: VaultTools;
  private readonly brake: GuessBrake;
  private keys: IdentityKeys | null = null;
  private cancelIdle: () => void = () => undefined;
  /** Calls of `lock`: what began before one must not open the vault after it, and a passphrase takes a second to check. */
  private locks = 0;

  constructor(parts: KeeperParts) {
    this.parts = parts;
    this.tools = { kdf: parts.kdf, random: (length) => parts.entropy.bytes(length) };
    this.brake = new GuessBrake(parts.clock);
  }

  lock(): void {
    this.locks += 1;
    this.wipe();
  }

  private wipe(): void {
    this.cancelIdle();
    this.keys?.signingSecret.zero();
    this.keys = null;
  }

  async status(): Promise<Result<VaultStatus>> {
    const file = await this.parts.store.read();
    if (file === undefined) {
      return accepted(noVault);
    }
    const facts = readVaultFile(file);
    if (!facts.ok) return facts;
    const { publicKey, backup } = facts.value;
    // Another tab has put another identity in the place of a damaged one: these keys are not this vault's any more.
    if (this.keys !== null && !equalBytes(this.keys.signingKey, publicKey)) this.lock();
    const unlocked = this.keys !== null;
    return accepted({
      exists: true,
      unlocked,
      did: didOf(publicKey),
      keyHash: keyHashOf(publicKey),
      publicKey,
      backup,
    });
  }

  /** Makes the vault's file from recovery entropy. `replacing`: what may be there now; anything else is kept. */
  private async make(
    secret: Uint8Array,
    passphrase: string,
    replacing: Uint8Array | undefined,
  ): Promise<Rejected | null> {
    const strength = checkPassphrase(passphrase);
    if (!strength.ok) return strength;
    const { locks } = this;
    const keys = keysOfEntropy(secret);
    let opened = false;
    try {
      const cost = await this.cost();
      const facts = { entropy: secret, publicKey: keys.signingKey };
      const file = cost.ok ? await createVaultFile(facts, passphrase, cost.value, this.tools) : cost;
      if (!file.ok) return file;
      if (!(await this.parts.store.replace(replacing, file.value))) return occupied;
      opened = this.open(keys, locks);
      return null;
    } finally {
      if (!opened) keys.signingSecret.zero();
    }
  }

  /** Makes a new identity where there is none: not even a damaged vault is replaced by one. */
  async create(passphrase: string): ReturnType<VaultRequests["createVault"]> {
    if ((await this.parts.store.read()) !== undefined) return occupied;
    const secret = this.parts.entropy.bytes(phraseEntropyBytes);
    try {
      const refusal = await this.make(secret, passphrase, undefined);
      if (refusal !== null) return refusal;
      const status = await this.status();
      return status.ok ? accepted({ phrase: phraseFromEntropy(secret), status: status.value }) : status;
    } finally {
      secret.fill(0);
    }
  }

  /**
   * What may be replaced by the identity of a key: nothing, a damaged vault, or the same identity (its passphrase was
   * forgotten). Another identity and a newer app's vault are kept.
   */
  private async replaceable(publicKey: Uint8Array): Promise<Result<{ readonly old: Uint8Array | undefined }>> {
    const old = await this.parts.store.read();
    const facts = old === undefined ? null : readVaultFile(old);
    if (facts?.ok && !equalBytes(facts.value.publicKey, publicKey)) return occupied;
    if (facts !== null && !facts.ok && facts.code !== "storage-corrupt") return facts;
    return accepted({ old });
  }

  /** Makes the identity of a phrase, where it may be. */
  async restore(typed: string, passphrase: string): Promise<Result<VaultStatus>> {
    const phrase = parsePhrase(typed);
    if (!phrase.ok) return phrase;
    const entropy = entropyOfPhrase(phrase.value);
    try {
      const keys = keysOfEntropy(entropy);
      keys.signingSecret.zero();
      const place = await this.replaceable(keys.signingKey);
      if (!place.ok) return place;
      const refusal = await this.make(entropy, passphrase, place.value.old);
      // Who typed the words has them.
      return refusal ?? (await this.markBackup("words"));
    } finally {
      entropy.fill(0);
    }
  }

  /** Takes over the vault of a backup file, where it may be, under the passphrase it was made with. */
  async restoreBackup(backup: Uint8Array, passphrase: string): Promise<Result<VaultStatus>> {
    const { locks } = this;
    const opened = await this.openBackup(backup, passphrase);
    if (!opened.ok) return opened;
    const { file, keys, entropy } = opened.value;
    entropy.fill(0);
    let isKept = false;
    try {
      const place = await this.replaceable(keys.signingKey);
      if (!place.ok) return place;
      // Who restores from the file has it.
      const proved = markBackup(file, "file");
      if (!proved.ok) return proved;
      if (!(await this.parts.store.replace(place.value.old, proved.value))) return changed;
      isKept = this.open(keys, locks);
      return this.status();
    } finally {
      if (!isKept) keys.signingSecret.zero();
    }
  }

  /** The vault's file for the passphrase, as a file to be kept elsewhere. */
  async exportBackup(passphrase: string): Promise<Result<Uint8Array>> {
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    wipeOpened(opened.value);
    return backupOfVault(opened.value.file);
  }

  /** Proves a backup by words of the phrase, typed by their places (from 0). */
  async proveWords(passphrase: string, answers: readonly WordAnswer[]): Promise<Result<VaultStatus>> {
    if (new Set(answers.map(({ place }) => place)).size < leastWords) {
      return rejected("invalid-argument", `At least ${leastWords} words are asked for.`);
    }
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    const words = phraseFromEntropy(opened.value.entropy).split(" ");
    wipeOpened(opened.value);
    const wrong = answers.find(({ place, word }) => words[place] !== word.normalize("NFKD").trim().toLowerCase());
    if (wrong === undefined) return this.markBackup("words");
    return rejected(
      "drill-failed",
      `Word ${wrong.place + 1} is another one. Nothing is lost: \`id phrase\` shows the words again, \`id drill\` asks again.`,
    );
  }

  /** Proves a backup by opening its file. */
  async proveFile(backup: Uint8Array, passphrase: string): Promise<Result<VaultStatus>> {
    const status = await this.status();
    if (!status.ok) return status;
    if (status.value.publicKey === null) return missing;
    const opened = await this.openBackup(backup, passphrase);
    if (!opened.ok) return opened;
    wipeOpened(opened.value);
    if (equalBytes(opened.value.keys.signingKey, status.value.publicKey)) return this.markBackup("file");
    return rejected("drill-failed", "That is a backup of another identity; this one's is made with `id backup`.");
  }

  /** Writes down what is known about a backup. */
  markBackup(standing: BackupStanding): Promise<Result<VaultStatus>> {
    return this.rewrite((file) => markBackup(file, standing));
  }

  async unlock(passphrase: string): Promise<Result<VaultStatus>> {
    const { locks } = this;
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    const { entropy, keys } = opened.value;
    entropy.fill(0);
    if (!this.open(keys, locks)) keys.signingSecret.zero();
    return this.status();
  }

  async reveal(passphrase: string): Promise<Result<string>> {
    const opened = await this.openFile(passphrase);
    if (!opened.ok) return opened;
    const phrase = phraseFromEntropy(opened.value.entropy);
    wipeOpened(opened.value);
    return accepted(phrase);
  }

  /** What is in the vault's file, for the passphrase, and the file. */
  private async openFile(passphrase: string): Promise<Result<OpenedVault & { readonly file: Uint8Array }>> {
    const file = await this.parts.store.read();
    return file === undefined ? missing : this.openByPassphrase(file, passphrase);
  }

  private async openBackup(
    backup: Uint8Array,
    passphrase: string,
  ): Promise<Result<OpenedVault & { readonly file: Uint8Array }>> {
    const file = vaultOfBackup(backup);
    if (!file.ok) return file;
    const opened = await this.openByPassphrase(file.value, passphrase);
    if (opened.ok || opened.code !== "wrong-passphrase") return opened;
    return { ...opened, message: `${opened.message} A backup opens with the passphrase it was made under.` };
  }

  private async openByPassphrase(
    file: Uint8Array,
    passphrase: string,
  ): Promise<Result<OpenedVault & { readonly file: Uint8Array }>> {
    const opened = await openVault(file, () =>
      this.brake.check(() => unlockVaultFile(file, passphrase, this.tools.kdf)),
    );
    return opened.ok ? accepted({ ...opened.value, file }) : opened;
  }

  async changePassphrase(old: string, passphrase: string): Promise<Result<VaultStatus>> {
    const strength = checkPassphrase(passphrase);
    if (!strength.ok) return strength;
    const cost = await this.cost();
    if (!cost.ok) return cost;
    return this.rewrite((file) =>
      this.brake.check(() => changeVaultPassphrase(file, { old, new: passphrase }, cost.value, this.tools)),
    );
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
  ): Promise<Result<VaultStatus>> {
    const file = await this.parts.store.read();
    const next = file === undefined ? missing : await change(file);
    if (!next.ok) return next;
    return (await this.parts.store.replace(file, next.value)) ? this.status() : changed;
  }

  sign(id: Uint8Array): Result<Uint8Array> {
    if (this.keys === null) return locked;
    if (id.length !== 32) return rejected("invalid-argument", "A transaction id has 32 bytes.");
    this.startIdleTimer();
    return accepted(this.keys.signingSecret.use((secret) => signDigest(id, secret)));
  }

  /** Takes keys over unless the vault has been locked since `locks`. */
  private open(keys: IdentityKeys, locks: number): boolean {
    if (this.locks !== locks) return false;
    this.wipe();
    this.keys = keys;
    this.startIdleTimer();
    return true;
  }

  private startIdleTimer(): void {
    this.cancelIdle();
    this.cancelIdle = this.parts.clock.schedule(idleLockMs, () => this.lock());
  }
}
