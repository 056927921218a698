/**
 * The vault's state: keys in clear while it is unlocked, and the timer that locks it. Locking zeroes them.
 * @module
 */
import { tokenDigest } from "#identity/credentials/jws.ts";
import type { SharedContents } from "#identity/device-sync/items.ts";
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, signWith, wipeKeys } from "#identity/keys.ts";
import type { PasskeyAnswer } from "#identity/passkey.ts";
import { entropyOfPhrase, parsePhrase, phraseEntropyBytes, phraseFromEntropy } from "#identity/phrase.ts";
import { markBackup } from "#identity/vault.ts";
import type { BackupStanding } from "#identity/vault-format.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { signedAwayNano } from "#protocol/ledger/signed-away.ts";
import { transactionId } from "#protocol/ledger/transaction.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { VaultRequests, VaultStatus } from "#sdk/contract.ts";
import { type SpaceName, type SpaceView, spaceNames } from "#sdk/spaces.ts";
import { type OpenedVault, openedBy, spacesOf, wipeOpened } from "./opened-vault.ts";
import { type ChosenSpace, chooseSpace, chosenSpace } from "./space-choice.ts";
import { readBody, type SpendingBudget } from "./spending-budget.ts";
import { type Contents, withContentsOf } from "./vault-contents.ts";
import { type KeeperParts, type OpenedFile, occupied, VaultFileKeeper } from "./vault-file-keeper.ts";
import type { VaultStore } from "./vault-store.ts";

/** After this long without a signature or an opened message the vault locks itself. */
export const idleLockMs = 15 * 60_000;

/** What the vault's state is kept with. */
export interface VaultKeeperParts extends KeeperParts {
  /** Where it is written which space is chosen. */
  readonly spaceStore: VaultStore;
  /** Where it is written what was seen of other devices of the identity; an empty file is none. */
  readonly syncStore: VaultStore;
  /** Hears that the vault was opened, locked or changed, or that another space was chosen. */
  onChange(): void;
}

const noVault: VaultStatus = {
  exists: false,
  unlocked: false,
  space: spaceNames[0],
  did: null,
  keyHash: null,
  publicKey: null,
  backup: "none",
  passkeys: [],
};

const locked = rejected("vault-locked", "The vault is locked; unlock it with `id unlock`.");

/** The vault's state: the keys while it is unlocked, and the timer that locks it. */
export class VaultKeeper {
  /** Its file, for all that needs no keys in clear. */
  readonly file: VaultFileKeeper;
  private readonly parts: VaultKeeperParts;
  /** The keys of all spaces while it is open, in the order of {@link spaceNames}. */
  private spaceKeys: readonly IdentityKeys[] | null = null;
  /** Place of the chosen one. */
  private chosen = 0;
  private cancelIdle: () => void = () => undefined;
  /** Calls of `lock`: what began before one must not open the vault after it, and a passphrase takes a second to check. */
  locks = 0;

  constructor(parts: VaultKeeperParts) {
    this.parts = parts;
    this.file = new VaultFileKeeper(parts);
  }

  /** Keys of the chosen space; null while it is locked. */
  private get keys(): IdentityKeys | null {
    return this.spaceKeys?.[this.chosen] ?? null;
  }

  /** Keys of the space that the file names: what belongs to all spaces is encrypted with them. */
  private get vaultKeys(): IdentityKeys | null {
    return this.spaceKeys?.[0] ?? null;
  }

  lock(): void {
    this.locks += 1;
    const wasOpen = this.spaceKeys !== null;
    this.wipe();
    if (wasOpen) this.parts.onChange();
  }

  private wipe(): void {
    this.cancelIdle();
    for (const keys of this.spaceKeys ?? []) wipeKeys(keys);
    this.spaceKeys = null;
  }

  async status(): Promise<Result<VaultStatus>> {
    const facts = await this.file.facts();
    if (!facts.ok) return facts;
    if (facts.value === null) return accepted(noVault);
    const { publicKey: vaultKey, backup, passkeys } = facts.value;
    // Another tab has put another identity in the place of a damaged one: these keys are not this vault's any more.
    if (this.vaultKeys !== null && !equalBytes(this.vaultKeys.signingKey, vaultKey)) this.lock();
    const chosen = this.chosenNow() ?? (await chosenSpace(this.parts.spaceStore, vaultKey));
    // It may have been opened or locked while that was read.
    const { space, publicKey } = this.chosenNow() ?? chosen;
    return accepted({
      exists: true,
      unlocked: this.keys !== null,
      space,
      did: didOf(publicKey),
      keyHash: keyHashOf(publicKey),
      publicKey,
      backup,
      passkeys,
    });
  }

  /** The chosen space, while it is open. */
  private chosenNow(): ChosenSpace | null {
    const { keys } = this;
    return keys === null ? null : { space: spaceNames[this.chosen] ?? spaceNames[0], publicKey: keys.signingKey };
  }

  /** Makes the file of what was opened, and opens the vault with it. `replacing`: what may be there now; anything else is kept. */
  private async make(
    opened: OpenedVault,
    passphrase: string,
    replacing: Uint8Array | undefined,
  ): Promise<Result<null>> {
    const { locks } = this;
    const secret = { entropy: opened.entropy, publicKey: opened.keys.signingKey };
    await this.forgetSync();
    const made = await this.file.make(secret, passphrase, replacing);
    if (!made.ok) return made;
    await this.open({ ...opened, file: made.value }, locks);
    return accepted(null);
  }

  /** A file that comes whole may hold less than was here before: what it lacks must not count as deleted on other devices. */
  private async forgetSync(): Promise<void> {
    const { syncStore } = this.parts;
    const book = await syncStore.read();
    if (book !== undefined) await syncStore.replace(book, new Uint8Array());
  }

  /** Makes a new identity where there is none: not even a damaged vault is replaced by one. */
  async create(passphrase: string): ReturnType<VaultRequests["createVault"]> {
    if (await this.file.exists()) return occupied;
    const opened = openedBy(this.parts.entropy.bytes(phraseEntropyBytes));
    try {
      const made = await this.make(opened, passphrase, undefined);
      if (!made.ok) return made;
      const status = await this.status();
      return status.ok ? accepted({ phrase: phraseFromEntropy(opened.entropy), status: status.value }) : status;
    } finally {
      wipeOpened(opened);
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
    const opened = openedBy(entropy.slice());
    try {
      const place = await this.file.replaceable(opened.keys.signingKey);
      return place.ok ? await this.make(opened, passphrase, place.value.old) : place;
    } finally {
      wipeOpened(opened);
    }
  }

  /** Takes over the vault of a backup file, where it may be, under the passphrase it was made with. */
  restoreBackup(backup: Uint8Array, passphrase: string): Promise<Result<VaultStatus>> {
    // Who restores from the file has it.
    return this.takeBackup(backup, passphrase, (file) => markBackup(file, "file"));
  }

  /**
   * Takes over what another device has handed over, where it may be, under a passphrase of its own here; `secret` opens it.
   * `prepare` comes before anything of the vault is written.
   */
  takeHandedOver(
    backup: Uint8Array,
    { secret, passphrase, standing }: { secret: string; passphrase: string; standing: BackupStanding },
    prepare: (keys: IdentityKeys) => Promise<Result<null>>,
  ): Promise<Result<VaultStatus>> {
    return this.takeBackup(backup, secret, async (file, keys) => {
      const marked = markBackup(file, standing);
      const own = marked.ok ? await this.file.rewrapped(marked.value, secret, passphrase) : marked;
      if (!own.ok) return own;
      const prepared = await prepare(keys);
      return prepared.ok ? own : prepared;
    });
  }

  private async takeBackup(
    backup: Uint8Array,
    passphrase: string,
    finish: (file: Uint8Array, keys: IdentityKeys) => Result<Uint8Array> | Promise<Result<Uint8Array>>,
  ): Promise<Result<VaultStatus>> {
    const { locks } = this;
    const opened = await this.file.openBackup(backup, passphrase);
    if (!opened.ok) return opened;
    const { file, keys } = opened.value;
    try {
      const place = await this.file.replaceable(keys.signingKey);
      if (!place.ok) return place;
      const whole = withContentsOf(place.value.old, file, keys, this.parts.entropy);
      const finished = whole.ok ? await finish(whole.value, keys) : whole;
      if (!finished.ok) return finished;
      await this.forgetSync();
      const replaced = await this.file.replace(place.value.old, finished.value);
      if (!replaced.ok) return replaced;
      await this.open({ ...opened.value, file: finished.value }, locks);
      // Awaited here: it is wiped only then.
      return await this.status();
    } finally {
      wipeOpened(opened.value);
    }
  }

  /**
   * Puts the file of the keys that replace its own in the place of theirs, and opens it unless it has been locked since
   * `locks`.
   */
  async takeOverFrom(
    publicKey: Uint8Array,
    next: (old: Uint8Array) => Result<Uint8Array>,
    opened: OpenedFile,
    locks: number,
  ): Promise<Result<null>> {
    const taken = await this.file.succeed(publicKey, next);
    if (taken.ok) await this.open(opened, locks);
    return taken;
  }

  async unlock(passphrase: string): Promise<Result<VaultStatus>> {
    const { locks } = this;
    return this.takeOver(await this.file.openFile(passphrase), locks);
  }

  async unlockByPasskey(answer: PasskeyAnswer): Promise<Result<VaultStatus>> {
    const { locks } = this;
    return this.takeOver(await this.file.openByPasskey(answer), locks);
  }

  private async takeOver(opened: Result<OpenedFile>, locks: number): Promise<Result<VaultStatus>> {
    if (!opened.ok) return opened;
    await this.open(opened.value, locks);
    wipeOpened(opened.value);
    return this.status();
  }

  /** All spaces, while it is open. */
  spaces(): Result<readonly SpaceView[]> {
    if (this.spaceKeys === null) return locked;
    return accepted(
      this.spaceKeys.map(({ signingKey, keyHash }, at) => ({
        space: spaceNames[at] ?? spaceNames[0],
        did: didOf(signingKey),
        keyHash,
        chosen: at === this.chosen,
      })),
    );
  }

  /** Chooses a space, while it is open; durable when it answers. */
  async chooseSpace(space: SpaceName): Promise<Result<VaultStatus>> {
    const at = spaceNames.indexOf(space);
    const { vaultKeys } = this;
    const keys = this.spaceKeys?.[at];
    if (vaultKeys === null) return locked;
    if (keys === undefined) return rejected("invalid-argument", `Spaces are ${spaceNames.join(", ")}.`);
    const chosen = { space, publicKey: keys.signingKey };
    const written = await chooseSpace(this.parts.spaceStore, vaultKeys.signingKey, chosen);
    if (!written.ok) return written;
    this.chosen = at;
    this.startIdleTimer();
    this.parts.onChange();
    return this.status();
  }

  /** What of one kind is kept in the file, while it is open. */
  async contents<T>(kind: Contents<T>): Promise<Result<readonly T[]>> {
    const { vaultKeys } = this;
    return vaultKeys === null ? locked : this.file.contents(kind, vaultKeys);
  }

  /** Changes what of one kind is kept in the file, while it is open; answers with what is then. */
  async changeContents<T>(
    kind: Contents<T>,
    change: (kept: readonly T[]) => Result<readonly T[]>,
  ): Promise<Result<readonly T[]>> {
    const { vaultKeys } = this;
    if (vaultKeys === null) return locked;
    this.startIdleTimer();
    const changed = await this.file.changeContents(kind, vaultKeys, change);
    if (changed.ok) this.parts.onChange();
    return changed;
  }

  /** All that the devices of the identity keep in step, while it is open. */
  async shared(): Promise<Result<SharedContents>> {
    const { vaultKeys } = this;
    return vaultKeys === null ? locked : this.file.shared(vaultKeys);
  }

  /** Changes that at once, while it is open; it locks itself no later for it. */
  async changeShared(change: (shared: SharedContents) => Result<SharedContents>): Promise<Result<null>> {
    const { vaultKeys } = this;
    if (vaultKeys === null) return locked;
    const changed = await this.file.changeShared(vaultKeys, change);
    if (changed.ok) this.parts.onChange();
    return changed;
  }

  /** Whether the chosen space is the one that something was planned in. */
  checkSigner(signer: Uint8Array | undefined): Result<null> {
    const fitting = this.fittingKeys(signer);
    return fitting.ok ? accepted(null) : fitting;
  }

  private fittingKeys(signer: Uint8Array | undefined): Result<IdentityKeys> {
    if (this.keys === null) return locked;
    if (signer === undefined || equalBytes(signer, this.keys.signingKey)) return accepted(this.keys);
    return rejected(
      "space-changed",
      "Another space was chosen while this was being prepared; nothing was signed. Choose the one you mean with `space` and type the command again.",
    );
  }

  /**
   * Signs a transaction once what it gives away is counted; what was counted stays so even if nothing is signed then.
   * `signer`: the key it was planned for.
   */
  async signTransaction(
    bytes: Uint8Array,
    inputsNano: bigint,
    signer: Uint8Array | undefined,
    budget: SpendingBudget,
  ): Promise<Result<Uint8Array>> {
    const fitting = this.fittingKeys(signer);
    if (!fitting.ok) return fitting;
    const { keyHash, signingKey } = fitting.value;
    const body = readBody(bytes);
    if (!body.ok) return body;
    const id = transactionId(body.value);
    const taken = await budget.take(id, signedAwayNano(body.value, inputsNano, keyHash));
    if (!taken.ok) return taken;
    // It may have been locked meanwhile, or opened on another space.
    const still = this.fittingKeys(signingKey);
    return still.ok ? this.signed(id) : still;
  }

  /** Signs a token that this identity may sign; no transaction can be passed off as one. */
  signToken(token: string): Result<Uint8Array> {
    if (this.keys === null) return locked;
    const digest = tokenDigest(token, this.keys.signingKey);
    return digest.ok ? this.signed(digest.value) : digest;
  }

  /** Lends the chosen space's keys while it is open. `isUse`: whether that puts off the hour at which it locks itself. */
  lend<T>(action: (keys: IdentityKeys) => Result<T>, isUse: boolean): Result<T> {
    return this.lendKeys(this.keys, action, isUse);
  }

  /** The same with the keys that the file names: what holds for all spaces is signed with them. */
  lendVaultKeys<T>(action: (keys: IdentityKeys) => Result<T>, isUse: boolean): Result<T> {
    return this.lendKeys(this.vaultKeys, action, isUse);
  }

  /** The same with the keys of all spaces, in the order of {@link spaceNames}: for what may be any one's. */
  lendAll<T>(action: (spaces: readonly IdentityKeys[]) => Result<T>, isUse: boolean): Result<T> {
    return this.lendKeys(this.spaceKeys, action, isUse);
  }

  private lendKeys<Keys, T>(keys: Keys | null, action: (keys: Keys) => Result<T>, isUse: boolean): Result<T> {
    if (keys === null) return locked;
    if (isUse) this.startIdleTimer();
    return action(keys);
  }

  private signed(digest: Uint8Array): Result<Uint8Array> {
    return this.lend((keys) => accepted(signWith(keys, digest)), true);
  }

  /** Opens it with the keys of all spaces unless it has been locked since `locks`; wiping what was opened is the caller's. */
  private async open(opened: OpenedFile, locks: number): Promise<void> {
    const { space, publicKey } = await chosenSpace(this.parts.spaceStore, opened.keys.signingKey);
    if (this.locks !== locks) return;
    this.wipe();
    const spaces = spacesOf(opened, opened.file);
    this.spaceKeys = spaces;
    const at = spaceNames.indexOf(space);
    // A choice whose key is another than the phrase makes was altered.
    this.chosen = equalBytes(spaces[at]?.signingKey ?? new Uint8Array(), publicKey) ? at : 0;
    this.startIdleTimer();
    this.parts.onChange();
  }

  private startIdleTimer(): void {
    this.cancelIdle();
    this.cancelIdle = this.parts.clock.schedule(idleLockMs, () => this.lock());
  }
}
