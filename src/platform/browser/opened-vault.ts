/**
 * What a vault's file holds once it has been decrypted: entropy and the keys made of it, checked against what the file
 * says of itself.
 * @module
 */
import { earlierSecretsOf } from "#identity/earlier-secrets.ts";
import { accountsOfSeed, type IdentityKeys, keysOfSeed, wipeKeys } from "#identity/keys.ts";
import { phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import { readVaultFile } from "#identity/vault.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { spaceNames } from "#sdk/spaces.ts";

/** Entropy and keys in clear: whoever has them wipes all. */
export interface OpenedVault {
  readonly entropy: Uint8Array;
  /** What the phrase of the entropy makes, 64 bytes. */
  readonly seed: Uint8Array;
  /** Those that the file names: of the first space. */
  readonly keys: IdentityKeys;
}

/** What recovery entropy opens. */
export function openedBy(entropy: Uint8Array): OpenedVault {
  const seed = seedOfPhrase(phraseFromEntropy(entropy));
  return { entropy, seed, keys: keysOfSeed(seed) };
}

/** The keys of recovery entropy. */
export function keysOfEntropy(entropy: Uint8Array): IdentityKeys {
  const { seed, keys } = openedBy(entropy);
  seed.fill(0);
  return keys;
}

/** Overwrites all. */
export function wipeOpened({ entropy, seed, keys }: OpenedVault): void {
  entropy.fill(0);
  seed.fill(0);
  wipeKeys(keys);
}

/** The keys of all spaces of a seed, in the order of {@link spaceNames}. */
export function spacesOfSeed(seed: Uint8Array): readonly IdentityKeys[] {
  return accountsOfSeed(seed, spaceNames.length);
}

/**
 * The keys of all spaces, each with those it has replaced; wiping them is the caller's. Takes a moment for each replaced
 * phrase: it is for who opens the vault, not for who looks into the file.
 */
export function spacesOf({ seed, keys }: OpenedVault, file: Uint8Array): readonly IdentityKeys[] {
  const secrets = earlierSecretsOf(file, keys);
  // That they cannot be read must not close the vault.
  const replaced = (secrets.ok ? secrets.value : []).map((entropy) => {
    const earlier = openedBy(entropy);
    const spaces = spacesOfSeed(earlier.seed);
    wipeOpened(earlier);
    return spaces;
  });
  return spacesOfSeed(seed).map((space, at) => ({
    ...space,
    earlier: replaced.map((spaces) => spaces[at] as IdentityKeys),
  }));
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
  const opened = openedBy(entropy.value);
  if (equalBytes(opened.keys.signingKey, facts.value.publicKey)) return accepted(opened);
  wipeOpened(opened);
  return rejected("storage-corrupt", "The vault holds other keys than it says; restore yours with `id restore`.");
}
