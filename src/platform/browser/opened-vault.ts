/**
 * What a vault's file holds once it has been decrypted: entropy and the keys made of it, checked against what the file
 * says of itself.
 * @module
 */
import { type IdentityKeys, keysOfSeed, wipeKeys } from "#identity/keys.ts";
import { phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import { readVaultFile } from "#identity/vault.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** Entropy and keys in clear: whoever has them wipes both. */
export interface OpenedVault {
  readonly entropy: Uint8Array;
  readonly keys: IdentityKeys;
}

/** The keys of recovery entropy. */
export function keysOfEntropy(entropy: Uint8Array): IdentityKeys {
  const seed = seedOfPhrase(phraseFromEntropy(entropy));
  const keys = keysOfSeed(seed);
  seed.fill(0);
  return keys;
}

/** Overwrites both. */
export function wipeOpened({ entropy, keys }: OpenedVault): void {
  entropy.fill(0);
  wipeKeys(keys);
}

/** Opens a file by whatever gives its entropy; refused if the keys are not those the file names. */
export async function openVault(
  file: Uint8Array,
  decrypt: (file: Uint8Array) => Result<Uint8Array> | Promise<Result<Uint8Array>>,
): Promise<Result<OpenedVault>> {
  const facts = readVaultFile(file);
  if (!facts.ok) return facts;
  const entropy = await decrypt(file);
  if (!entropy.ok) return entropy;
  const opened = { entropy: entropy.value, keys: keysOfEntropy(entropy.value) };
  if (equalBytes(opened.keys.signingKey, facts.value.publicKey)) return accepted(opened);
  wipeOpened(opened);
  return rejected("storage-corrupt", "The vault holds other keys than it says; restore yours with `id restore`.");
}
