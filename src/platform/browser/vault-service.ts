/**
 * The vault: keeps the keys, answers with signatures. Lives in a worker of its own; keys are here while it is unlocked
 * and nowhere else, and locking zeroes them. Refuses to overwrite keys that are there.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, keysOfSeed } from "#identity/keys.ts";
import { entropyOfPhrase, parsePhrase, phraseEntropyBytes, phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import {
  changeVaultPassphrase,
  checkPassphrase,
  createVaultFile,
  type KdfCost,
  markBackedUp,
  readVaultFile,
  unlockVaultFile,
  type VaultTools,
} from "#identity/vault.ts";
import { type Clock, type Entropy, StorageFailure } from "#node/ports.ts";
import { bigEndian, equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf, signDigest } from "#protocol/crypto/signature.ts";
import { stampBytes, stampPreimage, stampTarget } from "#protocol/ledger/stamp.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { VaultRequests, VaultStatus } from "#sdk/contract.ts";
import { GuessBrake } from "./guess-brake.ts";
import type { VaultStore } from "./vault-store.ts";

/** Tries `count` nonces after 64 bytes from `first` on: the first whose SHA-256 meets the target, or null. */
export type StampSearch = (preimage: Uint8Array, target: Uint8Array, first: bigint, count: number) => bigint | null;

/** What the vault needs. */
export interface VaultParts {
  readonly store: VaultStore;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly kdf: VaultTools["kdf"];
  calibrate(): Promise<KdfCost>;
  stampSearch(): Promise<StampSearch>;
}

/** After this long without a signature the vault locks itself. */
export const idleLockMs = 15 * 60_000;

/** Most stamp bits anybody is made to search for. */
const mostStampBits = 32;

/** Stamps tried before other requests get their turn: about a tenth of a second. */
const stampSliceTries = 1 << 19;

const locked = rejected("vault-locked", "The vault is locked; unlock it with `id unlock`.");
const missing = rejected("vault-missing", "There is no identity on this device yet; make one with `id new`.");
const occupied = rejected("vault-exists", "This device already has another identity; it is never overwritten.");
const changed = rejected("vault-exists", "The vault was changed from another tab meanwhile; try again.");

function keysOfEntropy(entropy: Uint8Array): IdentityKeys {
  const seed = seedOfPhrase(phraseFromEntropy(entropy));
  const keys = keysOfSeed(seed);
  seed.fill(0);
  return keys;
}

function publicKeyOfEntropy(entropy: Uint8Array): Uint8Array {
  const keys = keysOfEntropy(entropy);
  keys.signingSecret.zero();
  return keys.signingKey;
}

/** The vault's state: the keys while it is unlocked, and the timer that locks it. */
class Vault {
  private readonly parts: VaultParts;
  private readonly tools: VaultTools;
  private readonly brake: GuessBrake;
  private keys: IdentityKeys | null = null;
  private cancelIdle: () => void = () => undefined;
  /** Calls of `lock`: what began before one must not open the vault after it, and a passphrase takes a second to check. */
  private locks = 0;

  constructor(parts: VaultParts) {
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
      return accepted({ exists: false, unlocked: false, did: null, keyHash: null, publicKey: null, backedUp: false });
    }
    const facts = readVaultFile(file);
    if (!facts.ok) return facts;
    const { publicKey, backedUp } = facts.value;
    // Another tab has put another identity in the place of a damaged one: these keys are not this vault's any more.
    if (this.keys !== null && !equalBytes(this.keys.signingKey, publicKey)) this.lock();
    const unlocked = this.keys !== null;
    return accepted({
      exists: true,
      unlocked,
      did: didOf(publicKey),
      keyHash: keyHashOf(publicKey),
      publicKey,
      backedUp,
    });
  }

  /** Makes the vault's file from recovery entropy. `replacing`: what may be there now; anything else is kept. */
  async make(secret: Uint8Array, passphrase: string, replacing: Uint8Array | undefined): Promise<Rejected | null> {
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
   * Makes the identity of a phrase where there is none, where a damaged vault is, or anew where it is there already (its
   * passphrase was forgotten); another identity and a newer app's vault are kept.
   */
  async restore(typed: string, passphrase: string): Promise<Result<VaultStatus>> {
    const phrase = parsePhrase(typed);
    if (!phrase.ok) return phrase;
    const old = await this.parts.store.read();
    const facts = old === undefined ? null : readVaultFile(old);
    if (facts !== null && !facts.ok && facts.code !== "storage-corrupt") return facts;
    const secret = entropyOfPhrase(phrase.value);
    try {
      if (facts?.ok && !equalBytes(facts.value.publicKey, publicKeyOfEntropy(secret))) return occupied;
      const refusal = await this.make(secret, passphrase, old);
      // Who typed the words has them.
      return refusal ?? (await this.rewrite(markBackedUp));
    } finally {
      secret.fill(0);
    }
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
    const { entropy, keys } = opened.value;
    keys.signingSecret.zero();
    const phrase = phraseFromEntropy(entropy);
    entropy.fill(0);
    return accepted(phrase);
  }

  /** Entropy and keys, for the passphrase; refused if the keys are not those the file names. */
  private async openFile(passphrase: string): Promise<Result<{ entropy: Uint8Array; keys: IdentityKeys }>> {
    const file = await this.parts.store.read();
    if (file === undefined) return missing;
    const facts = readVaultFile(file);
    if (!facts.ok) return facts;
    const entropy = await this.brake.check(() => unlockVaultFile(file, passphrase, this.tools.kdf));
    if (!entropy.ok) return entropy;
    const keys = keysOfEntropy(entropy.value);
    if (equalBytes(keys.signingKey, facts.value.publicKey)) return accepted({ entropy: entropy.value, keys });
    keys.signingSecret.zero();
    entropy.value.fill(0);
    return rejected("storage-corrupt", "The vault holds other keys than it says; restore yours with `id restore`.");
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
  async rewrite(
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

/** Searches in slices, so that signing and locking never wait for a stamp. */
async function makeStamp(parts: VaultParts, id: Uint8Array, bits: number): Promise<Result<Uint8Array>> {
  if (bits > mostStampBits) {
    return rejected("stamp-too-weak", "The free lane is too crowded now; pay a fee or try later.");
  }
  if (id.length !== 32) return rejected("invalid-argument", "A transaction id has 32 bytes.");
  const search = await parts.stampSearch();
  const preimage = stampPreimage(id);
  const target = stampTarget(bits);
  for (let first = 0n; ; first += BigInt(stampSliceTries)) {
    const found = search(preimage, target, first, stampSliceTries);
    if (found !== null) return accepted(bigEndian(found, stampBytes));
    await new Promise<void>((resolve) => parts.clock.schedule(0, resolve));
  }
}

/** A failing store becomes a refusal, never an exception. */
async function guarded<T>(action: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof StorageFailure) return rejected(error.code, error.message);
    throw error;
  }
}

/** Makes the vault's request handlers. */
export function createVaultService(parts: VaultParts): VaultRequests {
  const vault = new Vault(parts);
  return {
    vaultStatus: () => guarded(() => vault.status()),
    createVault: (passphrase) => guarded(() => vault.create(passphrase)),
    restoreVault: (typed, passphrase) => guarded(() => vault.restore(typed, passphrase)),
    unlockVault: (passphrase) => guarded(() => vault.unlock(passphrase)),
    lockVault: () => {
      vault.lock();
      return guarded(() => vault.status());
    },
    changePassphrase: (old, passphrase) => guarded(() => vault.changePassphrase(old, passphrase)),
    revealPhrase: (passphrase) => guarded(() => vault.reveal(passphrase)),
    confirmBackup: () => guarded(() => vault.rewrite(markBackedUp)),
    signTransactionId: (id) => Promise.resolve(vault.sign(id)),
    makeStamp: (id, bits) => makeStamp(parts, id, bits),
  };
}
