/**
 * The names that an identity has for addresses. They are kept in the vault's file, encrypted under a key that only the
 * identity can make, and go with it into backup files; who does not hold the keys cannot tell whom its owner knows.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { byteString, decode, encode, list, record, type Schema, text } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { looksOf, mostNameLetters, readName } from "./contact-name.ts";
import { publicKeyOfDid } from "./did.ts";
import { type BoxKeys, type BoxPurpose, openBox, sealBox } from "./sealed-box.ts";
import { mostSealedContactsBytes, mostSealedContentsBytes, readVault, withSealedContents } from "./vault-format.ts";

/** A name and whom it means. */
export interface Contact {
  readonly name: string;
  /** Compressed, 33 bytes. */
  readonly publicKey: Uint8Array;
}

/** Names of one identity. */
export const mostContacts = 256;

/** One as it is written; a letter takes four bytes at most. */
export const contactSchema: Schema<Contact> = record<Contact>({
  name: text(4 * mostNameLetters),
  publicKey: byteString(33, 33),
});

const contactsSchema = record<{ readonly contacts: readonly Contact[] }>({
  contacts: list(contactSchema, mostContacts),
});

const purpose: BoxPurpose = { key: null, context: "aether/contacts/1" };

const unreadable = rejected(
  "storage-corrupt",
  "The names in the vault cannot be read. Keys and coins are not touched by that; a backup file brings its names back (`id restore FILE`).",
);

const noRoom = rejected(
  "too-large",
  `There is no room in the vault for this name: all names and credentials together have ${mostSealedContentsBytes} bytes. Nothing was changed; \`credential remove NAME\` makes room.`,
);

/** With a name more. The same again changes nothing; a name or an address that is taken, or looks like one, is refused. */
export function withContact(contacts: readonly Contact[], typed: string, did: string): Result<readonly Contact[]> {
  const name = readName(typed);
  if (!name.ok) return name;
  const key = publicKeyOfDid(did);
  if (!key.ok) return key;
  const named = contacts.find((one) => equalBytes(one.publicKey, key.value));
  if (named?.name === name.value) return accepted(contacts);
  if (named !== undefined)
    return rejected("invalid-argument", `That address is @${named.name} already. \`contact rm ${named.name}\` first.`);
  const near = contacts.find((one) => looksOf(one.name) === looksOf(name.value));
  if (near?.name === name.value) {
    const message = `@${near.name} is another address already. \`contact rm ${near.name}\` first, if it is to mean this one.`;
    return rejected("invalid-argument", message);
  }
  if (near !== undefined)
    return rejected("invalid-argument", `@${name.value} looks like @${near.name}, whom you know. Take another name.`);
  if (contacts.length >= mostContacts) return rejected("too-many", `There is room for ${mostContacts} names.`);
  return accepted(sorted([...contacts, { name: name.value, publicKey: key.value }]));
}

/** Without a name. */
export function withoutContact(contacts: readonly Contact[], typed: string): Result<readonly Contact[]> {
  const name = readName(typed);
  if (!name.ok) return name;
  const left = contacts.filter((one) => one.name !== name.value);
  return left.length < contacts.length
    ? accepted(left)
    : rejected("not-found", `You have no name @${name.value}; \`contact list\` lists them. Nothing was changed.`);
}

/** Names that are here and those that are brought: where they differ, or look alike, those here stay. */
export function mergeContacts(here: readonly Contact[], brought: readonly Contact[]): readonly Contact[] {
  const free = brought.filter(
    ({ name, publicKey }) =>
      !here.some((one) => looksOf(one.name) === looksOf(name) || equalBytes(one.publicKey, publicKey)),
  );
  return sorted([...here, ...free].slice(0, mostContacts));
}

function sorted(contacts: readonly Contact[]): readonly Contact[] {
  return [...contacts].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Encrypted for the identity of a vault; none are no bytes. */
export function sealContacts(contacts: readonly Contact[], keys: BoxKeys, nonce: Uint8Array): Uint8Array {
  if (contacts.length === 0) return new Uint8Array();
  return sealBox(encode(contactsSchema, { contacts }), keys, purpose, nonce);
}

/** What was sealed. Never throws; all of it is checked, whoever wrote it. */
export function openContacts(sealed: Uint8Array, keys: BoxKeys): Result<readonly Contact[]> {
  if (sealed.length === 0) return accepted([]);
  const clear = openBox(sealed, keys, purpose);
  const read = clear === null ? unreadable : decode(contactsSchema, clear, mostSealedContactsBytes);
  if (!read.ok) return unreadable;
  const { contacts } = read.value;
  return contacts.every(({ name }) => readName(name).ok) ? accepted(contacts) : unreadable;
}

/** The sealed names in a vault's file. */
export function sealedContactsOf(file: Uint8Array): Result<Uint8Array> {
  const body = readVault(file);
  return body.ok ? accepted(body.value.contacts) : body;
}

/** The same vault with other sealed names, if there is room for them. */
export function withSealedContacts(file: Uint8Array, contacts: Uint8Array): Result<Uint8Array> {
  return withSealedContents(file, { contacts }, noRoom);
}
