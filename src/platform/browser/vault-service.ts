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

/** Makes the vault's request handlers. */
export function createVaultService(parts: VaultParts): VaultRequests {
  const { store, entropy, clock, kdf } = parts;
  let keys: IdentityKeys | null = null;
  let cancelIdle: () => void = () => undefined;

  const lock = (): void => {
    cancelIdle();
    keys?.signingSecret.fill(0);
    keys = null;
  };
  const touch = (): void => {
    cancelIdle();
    cancelIdle = clock.schedule(idleLockMs, lock);
  };
  const status = async (): Promise<Result<VaultStatus>> => {
    const file = await store.read();
    if (file === undefined) {
      return accepted({ exists: false, unlocked: false, did: null, keyHash: null, publicKey: null, backedUp: false });
    }
    const facts = readVaultFile(file);
    if (!facts.ok) return facts;
    const { publicKey, backedUp } = facts.value;
    return accepted({
      exists: true,
      unlocked: keys !== null,
      did: didOf(publicKey),
      keyHash: keyHashOf(publicKey),
      publicKey,
      backedUp,
    });
  };
  const make = async (secret: Uint8Array, passphrase: string): Promise<Rejected | null> => {
    const strength = checkPassphrase(passphrase);
    if (!strength.ok) return strength;
    // A damaged vault may be replaced from the phrase; a sound one never is.
    const old = await store.read();
    if (old !== undefined && readVaultFile(old).ok) {
      return rejected("vault-exists", "This device already has an identity; it is never overwritten.");
    }
    const made = keysOfSeed(seedOfPhrase(phraseFromEntropy(secret)));
    const tools = { kdf, random: (length: number) => entropy.bytes(length) };
    await store.write(
      await createVaultFile(
        { entropy: secret, publicKey: made.signingKey },
        passphrase,
        await parts.calibrate(),
        tools,
      ),
    );
    keys = made;
    touch();
    return null;
  };
  const unlock = async (passphrase: string): Promise<Result<Uint8Array>> => {
    const file = await store.read();
    return file === undefined ? missing : unlockVaultFile(file, passphrase, kdf);
  };

  return {
    vaultStatus: status,
    createVault: async (passphrase) => {
      const secret = entropy.bytes(phraseEntropyBytes);
      const refusal = await make(secret, passphrase);
      if (refusal !== null) return refusal;
      const made = await status();
      return made.ok ? accepted({ phrase: phraseFromEntropy(secret), status: made.value }) : made;
    },
    restoreVault: async (typed, passphrase) => {
      const phrase = parsePhrase(typed);
      if (!phrase.ok) return phrase;
      const refusal = await make(entropyOfPhrase(phrase.value), passphrase);
      return refusal ?? status();
    },
    unlockVault: async (passphrase) => {
      const secret = await unlock(passphrase);
      if (!secret.ok) return secret;
      keys = keysOfSeed(seedOfPhrase(phraseFromEntropy(secret.value)));
      secret.value.fill(0);
      touch();
      return status();
    },
    lockVault: () => {
      lock();
      return status();
    },
    revealPhrase: async (passphrase) => {
      const secret = await unlock(passphrase);
      return secret.ok ? accepted(phraseFromEntropy(secret.value)) : secret;
    },
    confirmBackup: async () => {
      const file = await store.read();
      const marked = file === undefined ? missing : markBackedUp(file);
      if (!marked.ok) return marked;
      await store.write(marked.value);
      return status();
    },
    signTransactionId: (id) => {
      if (keys === null) return Promise.resolve(locked);
      if (id.length !== 32) return Promise.resolve(rejected("invalid-argument", "A transaction id has 32 bytes."));
      touch();
      return Promise.resolve(accepted(signDigest(id, keys.signingSecret)));
    },
    makeStamp: (id, bits) => {
      if (bits > mostStampBits)
        return Promise.resolve(rejected("stamp-too-weak", "The free lane is too crowded now; pay a fee or try later."));
      const stamp = searchStamp(id, bits, 0, Number.MAX_SAFE_INTEGER);
      return Promise.resolve(stamp === null ? rejected("cancelled", "No stamp was found.") : accepted(stamp));
    },
  };
}
