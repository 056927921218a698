/**
 * The vault: keeps the keys, answers with signatures. Lives in a worker of its own; keys are here while it is unlocked
 * and nowhere else, and locking zeroes them. The file has a database of its own that is never pruned.
 * @module
 */
import { openDB } from "idb";
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, keysOfSeed } from "#identity/keys.ts";
import { entropyOfPhrase, parsePhrase, phraseEntropyBytes, phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import {
  checkPassphrase,
  createVaultFile,
  type KdfCost,
  markBackedUp,
  type PassphraseKdf,
  readVaultFile,
  unlockVaultFile,
} from "#identity/vault.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { keyHashOf, signDigest } from "#protocol/crypto/signature.ts";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { VaultRequests, VaultStatus } from "#sdk/contract.ts";

/** Where the one file of the vault is kept. */
export interface VaultStore {
  read(): Promise<Uint8Array | undefined>;
  /** Durable when it resolves. */
  write(file: Uint8Array): Promise<void>;
}

/** What the vault needs. */
export interface VaultParts {
  readonly store: VaultStore;
  readonly entropy: Entropy;
  readonly clock: Clock;
  readonly kdf: PassphraseKdf;
  calibrate(): Promise<KdfCost>;
}

/** After this long without a signature the vault locks itself. */
const idleLockMs = 15 * 60_000;

/** Most stamp bits anybody is made to search for. */
const mostStampBits = 32;

const locked = rejected("vault-locked", "The vault is locked; unlock it with `id unlock`.");
const missing = rejected("vault-missing", "There is no identity on this device yet; make one with `id new`.");

/** The vault's file in IndexedDB. */
export async function openVaultStore(): Promise<VaultStore> {
  const database = await openDB<{ vault: { key: string; value: Uint8Array } }>("aether-vault", 1, {
    upgrade: (opened) => void opened.createObjectStore("vault"),
  });
  return {
    read: () => database.get("vault", "file"),
    write: async (file) => {
      const transaction = database.transaction("vault", "readwrite", { durability: "strict" });
      await Promise.all([transaction.store.put(file, "file"), transaction.done]);
    },
  };
}

/** The vault's state: the keys while it is unlocked, and the timer that locks it. */
class Vault {
  private readonly parts: VaultParts;
  private keys: IdentityKeys | null = null;
  private cancelIdle: () => void = () => undefined;

  constructor(parts: VaultParts) {
    this.parts = parts;
  }

  lock(): void {
    this.cancelIdle();
    this.keys?.signingSecret.fill(0);
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
    const did = didOf(publicKey);
    return accepted({
      exists: true,
      unlocked: this.keys !== null,
      did,
      keyHash: keyHashOf(publicKey),
      publicKey,
      backedUp,
    });
  }

  /** Makes the vault's file from recovery entropy. A sound vault is never overwritten; a damaged one may be. */
  async make(secret: Uint8Array, passphrase: string): Promise<Rejected | null> {
    const { store, entropy, kdf, calibrate } = this.parts;
    const strength = checkPassphrase(passphrase);
    if (!strength.ok) return strength;
    const old = await store.read();
    if (old !== undefined && readVaultFile(old).ok) {
      return rejected("vault-exists", "This device already has an identity; it is never overwritten.");
    }
    const made = keysOfSeed(seedOfPhrase(phraseFromEntropy(secret)));
    const tools = { kdf, random: (length: number) => entropy.bytes(length) };
    const file = await createVaultFile(
      { entropy: secret, publicKey: made.signingKey },
      passphrase,
      await calibrate(),
      tools,
    );
    await store.write(file);
    this.open(made);
    return null;
  }

  /** The recovery entropy, for the passphrase. */
  async entropyFor(passphrase: string): Promise<Result<Uint8Array>> {
    const file = await this.parts.store.read();
    return file === undefined ? missing : unlockVaultFile(file, passphrase, this.parts.kdf);
  }

  async unlock(passphrase: string): Promise<Result<VaultStatus>> {
    const secret = await this.entropyFor(passphrase);
    if (!secret.ok) return secret;
    this.open(keysOfSeed(seedOfPhrase(phraseFromEntropy(secret.value))));
    secret.value.fill(0);
    return this.status();
  }

  async markBackedUp(): Promise<Result<VaultStatus>> {
    const file = await this.parts.store.read();
    const marked = file === undefined ? missing : markBackedUp(file);
    if (!marked.ok) return marked;
    await this.parts.store.write(marked.value);
    return this.status();
  }

  sign(id: Uint8Array): Result<Uint8Array> {
    if (this.keys === null) return locked;
    if (id.length !== 32) return rejected("invalid-argument", "A transaction id has 32 bytes.");
    this.open(this.keys);
    return accepted(signDigest(id, this.keys.signingSecret));
  }

  private open(keys: IdentityKeys): void {
    this.keys = keys;
    this.cancelIdle();
    this.cancelIdle = this.parts.clock.schedule(idleLockMs, () => this.lock());
  }
}

function makeStamp(id: Uint8Array, bits: number): Result<Uint8Array> {
  if (bits > mostStampBits) {
    return rejected("stamp-too-weak", "The free lane is too crowded now; pay a fee or try later.");
  }
  const stamp = searchStamp(id, bits, 0, Number.MAX_SAFE_INTEGER);
  return stamp === null ? rejected("cancelled", "No stamp was found.") : accepted(stamp);
}

/** Makes the vault's request handlers. */
export function createVaultService(parts: VaultParts): VaultRequests {
  const vault = new Vault(parts);
  return {
    vaultStatus: () => vault.status(),
    createVault: async (passphrase) => {
      const secret = parts.entropy.bytes(phraseEntropyBytes);
      const refusal = await vault.make(secret, passphrase);
      if (refusal !== null) return refusal;
      const status = await vault.status();
      return status.ok ? accepted({ phrase: phraseFromEntropy(secret), status: status.value }) : status;
    },
    restoreVault: async (typed, passphrase) => {
      const phrase = parsePhrase(typed);
      if (!phrase.ok) return phrase;
      return (await vault.make(entropyOfPhrase(phrase.value), passphrase)) ?? vault.status();
    },
    unlockVault: (passphrase) => vault.unlock(passphrase),
    lockVault: () => {
      vault.lock();
      return vault.status();
    },
    revealPhrase: async (passphrase) => {
      const secret = await vault.entropyFor(passphrase);
      return secret.ok ? accepted(phraseFromEntropy(secret.value)) : secret;
    },
    confirmBackup: () => vault.markBackedUp(),
    signTransactionId: (id) => Promise.resolve(vault.sign(id)),
    makeStamp: (id, bits) => Promise.resolve(makeStamp(id, bits)),
  };
}
