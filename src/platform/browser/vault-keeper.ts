/**
 * The vault's state: keys in clear while it is unlocked, and the timer that locks it. Locking zeroes them.
 * @module
 */
import type { Contact } from "#identity/contacts.ts";
import { tokenDigest } from "#identity/credentials/jws.ts";
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, wipeKeys } from "#identity/keys.ts";
import type { PasskeyAnswer } from "#identity/passkey.ts";
import { entropyOfPhrase, parsePhrase, phraseEntropyBytes, phraseFromEntropy } from "#identity/phrase.ts";
import { markBackup } from "#identity/vault.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf, signDigest } from "#protocol/crypto/signature.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ContactView, VaultRequests, VaultStatus } from "#sdk/contract.ts";
import { keysOfEntropy, type OpenedVault } from "./opened-vault.ts";
import { withNamesOf } from "./vault-contacts.ts";
import { type KeeperParts, occupied, VaultFileKeeper } from "./vault-file-keeper.ts";

/** After this long without a signature or an opened message the vault locks itself. */
export const idleLockMs = 15 * 60_000;

const noVault: VaultStatus = {
  exists: false,
  unlocked: false,
  did: null,
  keyHash: null,
  publicKey: null,
  backup: "none",
  passkeys: [],
};

const locked = rejected("vault-locked", "The vault is locked; unlock it with `id unlock`.");

function viewsOf(contacts: readonly Contact[]): readonly ContactView[] {
  return contacts.map(({ name, publicKey }) => ({ name, did: didOf(publicKey) }));
}

/** The vault's state: the keys while it is unlocked, and the timer that locks it. */
export class VaultKeeper {
  /** Its file, for all that needs no keys in clear. */
  readonly file: VaultFileKeeper;
  private readonly parts: KeeperParts;
  private keys: IdentityKeys | null = null;
  private cancelIdle: () => void = () => undefined;
  /** Calls of `lock`: what began before one must not open the vault after it, and a passphrase takes a second to check. */
  private locks = 0;

  constructor(parts: KeeperParts) {
    this.parts = parts;
    this.file = new VaultFileKeeper(parts);
  }

  lock(): void {
    this.locks += 1;
    this.wipe();
  }

  private wipe(): void {
    this.cancelIdle();
    if (this.keys !== null) wipeKeys(this.keys);
    this.keys = null;
  }

  async status(): Promise<Result<VaultStatus>> {
    const facts = await this.file.facts();
    if (!facts.ok) return facts;
    if (facts.value === null) return accepted(noVault);
    const { publicKey, backup, passkeys } = facts.value;
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
      passkeys,
    });
  }

  /** Makes the file from recovery entropy and opens it. `replacing`: what may be there now; anything else is kept. */
  private async make(
    entropy: Uint8Array,
    passphrase: string,
    replacing: Uint8Array | undefined,
  ): Promise<Result<null>> {
    const { locks } = this;
    const keys = keysOfEntropy(entropy);
    let opened = false;
    try {
      const made = await this.file.make({ entropy, publicKey: keys.signingKey }, passphrase, replacing);
      opened = made.ok && this.open(keys, locks);
      return made;
    } finally {
      if (!opened) wipeKeys(keys);
    }
  }

  /** Makes a new identity where there is none: not even a damaged vault is replaced by one. */
  async create(passphrase: string): ReturnType<VaultRequests["createVault"]> {
    if (await this.file.exists()) return occupied;
    const secret = this.parts.entropy.bytes(phraseEntropyBytes);
    try {
      const made = await this.make(secret, passphrase, undefined);
      if (!made.ok) return made;
      const status = await this.status();
      return status.ok ? accepted({ phrase: phraseFromEntropy(secret), status: status.value }) : status;
    } finally {
      secret.fill(0);
    }
  }

  /** Makes the identity of a phrase, where it may be. */
  async restore(typed: string, passphrase: string): Promise<Result<VaultStatus>> {
    const phrase = parsePhrase(typed);
    if (!phrase.ok) return phrase;
    const entropy = entropyOfPhrase(phrase.value);
    try {
      const taken = await this.takeEntropy(entropy, passphrase);
      // Who typed the words has them.
      const proved = taken.ok ? await this.file.markBackup("words") : taken;
      return proved.ok ? this.status() : proved;
    } finally {
      entropy.fill(0);
    }
  }

  /** Makes the identity of recovery entropy, where it may be, under a passphrase. */
  async takeEntropy(entropy: Uint8Array, passphrase: string): Promise<Result<null>> {
    const keys = keysOfEntropy(entropy);
    wipeKeys(keys);
    const place = await this.file.replaceable(keys.signingKey);
    return place.ok ? this.make(entropy, passphrase, place.value.old) : place;
  }

  /** Takes over the vault of a backup file, where it may be, under the passphrase it was made with. */
  async restoreBackup(backup: Uint8Array, passphrase: string): Promise<Result<VaultStatus>> {
    const { locks } = this;
    const opened = await this.file.openBackup(backup, passphrase);
    if (!opened.ok) return opened;
    const { file, keys, entropy } = opened.value;
    entropy.fill(0);
    let isKept = false;
    try {
      const place = await this.file.replaceable(keys.signingKey);
      if (!place.ok) return place;
      const named = withNamesOf(place.value.old, file, keys, this.parts.entropy);
      // Who restores from the file has it.
      const proved = named.ok ? markBackup(named.value, "file") : named;
      if (!proved.ok) return proved;
      const replaced = await this.file.replace(place.value.old, proved.value);
      if (!replaced.ok) return replaced;
      isKept = this.open(keys, locks);
      return this.status();
    } finally {
      if (!isKept) wipeKeys(keys);
    }
  }

  async unlock(passphrase: string): Promise<Result<VaultStatus>> {
    const { locks } = this;
    return this.takeOver(await this.file.openFile(passphrase), locks);
  }

  async unlockByPasskey(answer: PasskeyAnswer): Promise<Result<VaultStatus>> {
    const { locks } = this;
    return this.takeOver(await this.file.openByPasskey(answer), locks);
  }

  private async takeOver(opened: Result<OpenedVault>, locks: number): Promise<Result<VaultStatus>> {
    if (!opened.ok) return opened;
    const { entropy, keys } = opened.value;
    entropy.fill(0);
    if (!this.open(keys, locks)) wipeKeys(keys);
    return this.status();
  }

  /** The names of people, while it is open. */
  async contacts(): Promise<Result<readonly ContactView[]>> {
    const { keys } = this;
    if (keys === null) return locked;
    const names = await this.file.contacts(keys);
    return names.ok ? accepted(viewsOf(names.value)) : names;
  }

  /** Changes the names of people, while it is open; answers with all of them. */
  async changeContacts(
    change: (contacts: readonly Contact[]) => Result<readonly Contact[]>,
  ): Promise<Result<readonly ContactView[]>> {
    const { keys } = this;
    if (keys === null) return locked;
    this.startIdleTimer();
    const changed = await this.file.changeContacts(keys, change);
    return changed.ok ? this.contacts() : changed;
  }

  sign(id: Uint8Array): Result<Uint8Array> {
    if (id.length !== 32) return rejected("invalid-argument", "A transaction id has 32 bytes.");
    return this.signed(id);
  }

  /** Signs a token that this identity may sign; no transaction can be passed off as one. */
  signToken(token: string): Result<Uint8Array> {
    if (this.keys === null) return locked;
    const digest = tokenDigest(token, this.keys.signingKey);
    return digest.ok ? this.signed(digest.value) : digest;
  }

  /** Lends the keys while it is open. `isUse`: whether that puts off the hour at which it locks itself. */
  lend<T>(action: (keys: IdentityKeys) => Result<T>, isUse: boolean): Result<T> {
    if (this.keys === null) return locked;
    if (isUse) this.startIdleTimer();
    return action(this.keys);
  }

  private signed(digest: Uint8Array): Result<Uint8Array> {
    return this.lend(({ signingSecret }) => accepted(signingSecret.use((secret) => signDigest(digest, secret))), true);
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
