/**
 * What a vault's file holds once it has been decrypted: entropy and the keys made of it, checked against what the file
 * says of itself.
 * @module
 */
import { earlierSecretsOf } from "#identity/earlier-secrets.ts";
import { accountsOfSeed, type IdentityKeys, wipeKeys } from "#identity/keys.ts";
import { phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import { readVaultFile } from "#identity/vault.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { spaceNames } from "#sdk/spaces.ts";

/** Entropy and keys in clear: whoever has them wipes all. */
export interface OpenedVault {
  readonly entropy: Uint8Array;
  /** Those that the file names: of the first space. */
  readonly keys: IdentityKeys;
  /** Those of all spaces, the first among them. */
  readonly spaces: readonly IdentityKeys[];
}

function accountsOf(entropy: Uint8Array, accounts: number): readonly IdentityKeys[] {
  const seed = seedOfPhrase(phraseFromEntropy(entropy));
  const keys = accountsOfSeed(seed, accounts);
  seed.fill(0);
  return keys;
}

/** The keys of recovery entropy. */
export function keysOfEntropy(entropy: Uint8Array): IdentityKeys {
  const [keys] = accountsOf(entropy, 1);
  return keys as IdentityKeys;
}

/** What recovery entropy opens. */
export function openedBy(entropy: Uint8Array): OpenedVault {
  const spaces = accountsOf(entropy, spaceNames.length);
  return { entropy, keys: spaces[0] as IdentityKeys, spaces };
}

/** Overwrites all. */
export function wipeOpened({ entropy, spaces }: OpenedVault): void {
  entropy.fill(0);
  for (const keys of spaces) wipeKeys(keys);
}

/** The keys that a vault's own have replaced; none if they cannot be read, for that must not close the vault. */
function earlierKeysIn(file: Uint8Array, keys: IdentityKeys): readonly IdentityKeys[] {
  const secrets = earlierSecretsOf(file, keys);
  if (!secrets.ok) return [];
  return secrets.value.map((entropy) => {
    const earlier = keysOfEntropy(entropy);
    entropy.fill(0);
    return earlier;
  });
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
  if (equalBytes(opened.keys.signingKey, facts.value.publicKey)) {
    const keys = { ...opened.keys, earlier: earlierKeysIn(file, opened.keys) };
    return accepted({ ...opened, keys, spaces: [keys, ...opened.spaces.slice(1)] });
  }
  wipeOpened(opened);
  return rejected("storage-corrupt", "The vault holds other keys than it says; restore yours with `id restore`.");
}
