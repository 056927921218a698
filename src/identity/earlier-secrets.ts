/**
 * Recovery entropies of keys that were replaced, in the vault of the keys that replaced them: what was sealed for the old
 * ones stays readable. Encrypted under a key of the identity, so they open whichever way the vault was opened.
 * @module
 */
import { byteString, decode, encode, list, record } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { IdentityKeys } from "./keys.ts";
import { type BoxPurpose, openBox, sealBox } from "./sealed-box.ts";
import { mostSealedEarlierBytes, readVault, writeVault } from "./vault-format.ts";

/** So many replaced keys are kept; the oldest goes first. */
export const mostEarlierSecrets = 16;

const schema = record<{ readonly entropies: readonly Uint8Array[] }>({
  entropies: list(byteString(16, 32), mostEarlierSecrets),
});

const purpose: BoxPurpose = { key: "aether/earlier-secrets/1", context: "aether/earlier-secrets/1" };

/** The same vault with the entropies of replaced keys, the newest first. */
export function withEarlierSecrets(
  file: Uint8Array,
  entropies: readonly Uint8Array[],
  keys: IdentityKeys,
  nonce: Uint8Array,
): Result<Uint8Array> {
  const body = readVault(file);
  if (!body.ok) return body;
  const clear = encode(schema, { entropies: entropies.slice(0, mostEarlierSecrets) });
  const earlier = sealBox(clear, keys, purpose, nonce);
  clear.fill(0);
  return accepted(writeVault({ ...body.value, earlier }));
}

/** The entropies of replaced keys in a vault's file; wiping them is the caller's. */
export function earlierSecretsOf(file: Uint8Array, keys: IdentityKeys): Result<readonly Uint8Array[]> {
  const body = readVault(file);
  if (!body.ok) return body;
  const { earlier } = body.value;
  if (earlier.length === 0) return accepted([]);
  const broken = rejected("storage-corrupt", "The vault's replaced keys cannot be read. Its own keys are not touched.");
  const clear = openBox(earlier, keys, purpose);
  if (clear === null) return broken;
  const read = decode(schema, clear, mostSealedEarlierBytes);
  clear.fill(0);
  return read.ok ? accepted(read.value.entropies) : broken;
}
