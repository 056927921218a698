/**
 * What an identity keeps in its vault's file besides its keys: names of people, credentials, keys of documents and of files
 * among peers, replaced keys. Read and written with the keys of the identity, and brought together where two files of one identity meet.
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
import type { SharedContents } from "#identity/device-sync/items.ts";
import {
  type HeldCredential,
  mergeHeldCredentials,
  openCredentials,
  sealCredentials,
  sealedCredentialsOf,
  withSealedCredentials,
} from "#identity/held-credentials.ts";
import {
  type HeldDocument,
  mergeHeldDocuments,
  openDocuments,
  sealDocuments,
  sealedDocumentsOf,
  withSealedDocuments,
} from "#identity/held-documents.ts";
import { mergeHeldFiles, openHeldFiles, sealedFilesOf, sealHeldFiles, withSealedFiles } from "#identity/held-files.ts";
import type { IdentityKeys } from "#identity/keys.ts";
import { mostSealedContentsBytes, nonceBytes, readVault, writeVault } from "#identity/vault-format.ts";
import type { Entropy } from "#node/ports.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** One kind of what is kept. */
export interface Contents<T> {
  read(file: Uint8Array, keys: IdentityKeys): Result<readonly T[]>;
  /** The file with these in the place of those it has. */
  write(file: Uint8Array, kept: readonly T[], keys: IdentityKeys, entropy: Entropy): Result<Uint8Array>;
}

/** How one kind is sealed, and where it stands in a file. */
interface Sealing<T> {
  open(sealed: Uint8Array, keys: IdentityKeys): Result<readonly T[]>;
  seal(kept: readonly T[], keys: IdentityKeys, nonce: Uint8Array): Uint8Array;
  sealedIn(file: Uint8Array): Result<Uint8Array>;
  put(file: Uint8Array, sealed: Uint8Array): Result<Uint8Array>;
}

function contentsOf<T>({ open, seal, sealedIn, put }: Sealing<T>): Contents<T> {
  return {
    read: (file, keys) => {
      const sealed = sealedIn(file);
      return sealed.ok ? open(sealed.value, keys) : sealed;
    },
    write: (file, kept, keys, entropy) => put(file, seal(kept, keys, entropy.bytes(nonceBytes))),
  };
}

/** The names of people. */
export const names: Contents<Contact> = contentsOf({
  open: openContacts,
  seal: sealContacts,
  sealedIn: sealedContactsOf,
  put: withSealedContacts,
});

/** The credentials that are held. */
export const credentials: Contents<HeldCredential> = contentsOf({
  open: openCredentials,
  seal: sealCredentials,
  sealedIn: sealedCredentialsOf,
  put: withSealedCredentials,
});

/** The documents that can be opened. */
export const documents: Contents<HeldDocument> = contentsOf({
  open: openDocuments,
  seal: sealDocuments,
  sealedIn: sealedDocumentsOf,
  put: withSealedDocuments,
});

/** The files that were left among peers. */
export const files: Contents<HeldFile> = contentsOf({
  open: openHeldFiles,
  seal: sealHeldFiles,
  sealedIn: sealedFilesOf,
  put: withSealedFiles,
});

/** All that the devices of an identity keep in step; refused if a part of it cannot be read. */
export function readShared(file: Uint8Array, keys: IdentityKeys): Result<SharedContents> {
  const people = names.read(file, keys);
  if (!people.ok) return people;
  const held = credentials.read(file, keys);
  if (!held.ok) return held;
  const opened = documents.read(file, keys);
  if (!opened.ok) return opened;
  const kept = files.read(file, keys);
  if (!kept.ok) return kept;
  const [contacts, all] = [people.value, { credentials: held.value, documents: opened.value, files: kept.value }];
  return accepted({ contacts, ...all });
}

/** The file with these in the place of what it has of them. */
export function writeShared(
  file: Uint8Array,
  shared: SharedContents,
  keys: IdentityKeys,
  entropy: Entropy,
): Result<Uint8Array> {
  const body = readVault(file);
  if (!body.ok) return body;
  const none = new Uint8Array();
  // What goes must not take the room of what comes.
  const bare = writeVault({ ...body.value, contacts: none, credentials: none, documents: none, files: none });
  const named = names.write(bare, shared.contacts, keys, entropy);
  const held = named.ok ? credentials.write(named.value, shared.credentials, keys, entropy) : named;
  const opened = held.ok ? documents.write(held.value, shared.documents, keys, entropy) : held;
  return opened.ok ? files.write(opened.value, shared.files, keys, entropy) : opened;
}

/** A file of an identity with all that another of the same identity keeps, unread, if it can be read. */
export function keepingContents(old: Uint8Array | undefined, file: Uint8Array): Result<Uint8Array> {
  const kept = old === undefined ? null : readVault(old);
  const body = readVault(file);
  if (!body.ok || !kept?.ok) return body.ok ? accepted(file) : body;
  const { contacts, earlier, credentials, documents, files } = kept.value;
  return accepted(writeVault({ ...body.value, contacts, earlier, credentials, documents, files }));
}

/** What can be read; nothing of what cannot. */
const readable = <T>(kept: Result<readonly T[]>): readonly T[] => (kept.ok ? kept.value : []);

const altered = rejected(
  "backup-damaged",
  "The names, credentials, documents or files in this backup are not what its keys have sealed: somebody has altered the file. Nothing was changed. Take another copy of it, or your recovery words with `id restore`.",
);

/**
 * A file that brings an identity, with what another of the same identity keeps besides; what `old` has counts more. Refused
 * if it brings what its own keys cannot read.
 */
export function withContentsOf(
  old: Uint8Array | undefined,
  file: Uint8Array,
  keys: IdentityKeys,
  entropy: Entropy,
): Result<Uint8Array> {
  const broughtNames = names.read(file, keys);
  const brought = credentials.read(file, keys);
  const broughtDocuments = documents.read(file, keys);
  const broughtFiles = files.read(file, keys);
  if (!broughtNames.ok || !brought.ok || !broughtDocuments.ok || !broughtFiles.ok) return altered;
  const kept = old === undefined ? null : readVault(old);
  const body = readVault(file);
  if (old === undefined || !kept?.ok || !body.ok) return body.ok ? accepted(file) : body;
  // Without any, the file is of a device that never had the replaced keys.
  const { earlier } = body.value.earlier.length > 0 ? body.value : kept.value;
  const none = { credentials: new Uint8Array(), documents: new Uint8Array(), files: new Uint8Array() };
  const bare = writeVault({ ...body.value, earlier, ...none });
  // What here cannot be read gives way to what the file brings.
  const ownNames = readable(names.read(old, keys));
  const own = readable(credentials.read(old, keys));
  const joined = (contacts: readonly Contact[]): Result<Uint8Array> => {
    const named = names.write(bare, contacts, keys, entropy);
    const sealed = named.ok ? sealedContactsOf(named.value) : named;
    if (!named.ok) return named;
    if (!sealed.ok) return sealed;
    const kept = documents.write(
      named.value,
      mergeHeldDocuments(readable(documents.read(old, keys)), broughtDocuments.value),
      keys,
      entropy,
    );
    const sealedKeys = kept.ok ? sealedDocumentsOf(kept.value) : kept;
    if (!kept.ok) return kept;
    if (!sealedKeys.ok) return sealedKeys;
    let roomBytes = mostSealedContentsBytes - sealed.value.length - sealedKeys.value.length;
    // What is here already has its room before what is brought.
    const ownFiles = readable(files.read(old, keys));
    const ownBytes = sealCredentials(own, keys, new Uint8Array(nonceBytes)).length;
    const merged = mergeHeldFiles(ownFiles, broughtFiles.value, roomBytes - ownBytes);
    const filed = files.write(kept.value, merged, keys, entropy);
    const sealedFiles = filed.ok ? sealedFilesOf(filed.value) : filed;
    if (!filed.ok) return filed;
    if (!sealedFiles.ok) return sealedFiles;
    roomBytes -= sealedFiles.value.length;
    return credentials.write(filed.value, mergeHeldCredentials(own, brought.value, roomBytes), keys, entropy);
  };
  const all = joined(mergeContacts(ownNames, broughtNames.value));
  // Names that are brought must not take the room of credentials that are here.
  return all.ok || all.code !== "too-large" ? all : joined(ownNames);
}

/** The file of keys that take over, with the names, credentials, documents and files of those they replace. */
export function takingContents(
  old: Uint8Array,
  previous: IdentityKeys,
  file: Uint8Array,
  keys: IdentityKeys,
  entropy: Entropy,
): Result<Uint8Array> {
  // What cannot be read must not keep the keys from being replaced.
  const next = names.write(file, readable(names.read(old, previous)), keys, entropy);
  const held = next.ok ? credentials.write(next.value, readable(credentials.read(old, previous)), keys, entropy) : next;
  const written = held.ok ? documents.write(held.value, readable(documents.read(old, previous)), keys, entropy) : held;
  return written.ok ? files.write(written.value, readable(files.read(old, previous)), keys, entropy) : written;
}
