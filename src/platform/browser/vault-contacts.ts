/**
 * The names of people in a vault's file, read and written with the keys of its identity.
 * @module
 */
import {
  type Contact,
  mergeContacts,
  openContacts,
  sealContacts,
  sealedContactsOf,
  withSealedContacts,
} from "#identity/contacts.ts";
import type { IdentityKeys } from "#identity/keys.ts";
import { nonceBytes, readVault, writeVault } from "#identity/vault-format.ts";
import type { Entropy } from "#node/ports.ts";
import { accepted, type Result } from "#protocol/result.ts";

/** The names in a file. */
export function namesIn(file: Uint8Array, keys: IdentityKeys): Result<readonly Contact[]> {
  const sealed = sealedContactsOf(file);
  return sealed.ok ? openContacts(sealed.value, keys) : sealed;
}

/** The file with other names. */
export function withNames(
  file: Uint8Array,
  contacts: readonly Contact[],
  keys: IdentityKeys,
  entropy: Entropy,
): Result<Uint8Array> {
  return withSealedContacts(file, sealContacts(contacts, keys, entropy.bytes(nonceBytes)));
}

/** A file of an identity with the names and replaced keys that another of the same identity has, unread, if it can be read. */
export function keepingNames(old: Uint8Array | undefined, file: Uint8Array): Result<Uint8Array> {
  const kept = old === undefined ? null : readVault(old);
  const body = readVault(file);
  if (!body.ok || !kept?.ok) return body.ok ? accepted(file) : body;
  const { contacts, earlier } = kept.value;
  return accepted(writeVault({ ...body.value, contacts, earlier }));
}

/** A file of an identity with the names that another of the same identity has besides its own; those of `old` count more. */
export function withNamesOf(
  old: Uint8Array | undefined,
  file: Uint8Array,
  keys: IdentityKeys,
  entropy: Entropy,
): Result<Uint8Array> {
  const here = old === undefined ? null : namesIn(old, keys);
  // Nothing here that could be read: the file's are all there is.
  if (!here?.ok) return accepted(file);
  const brought = namesIn(file, keys);
  const named = withNames(file, mergeContacts(here.value, brought.ok ? brought.value : []), keys, entropy);
  const body = named.ok ? readVault(named.value) : named;
  const kept = old === undefined ? null : readVault(old);
  if (!body.ok || !kept?.ok || body.value.earlier.length > 0) return named;
  // The file is of a device that never had the replaced keys.
  return accepted(writeVault({ ...body.value, earlier: kept.value.earlier }));
}
