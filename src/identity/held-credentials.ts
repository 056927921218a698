/**
 * The credentials that an identity holds. They are kept in the vault's file, encrypted under a key that only the identity
 * can make, and go with it into backup files: what others have said of its owner is for nobody else to read.
 * @module
 */
import { decode, encode, list, record, type Schema, text } from "#protocol/codec/schema.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type BoxKeys, type BoxPurpose, boxOverheadBytes, openBox, sealBox } from "./sealed-box.ts";
import { mostSealedContentsBytes, readVault, withSealedContents } from "./vault-format.ts";

/** A credential under the name that its holder gave it. */
export interface HeldCredential {
  readonly name: string;
  /** SD-JWT in its compact form (RFC 9901), with all of its disclosures. */
  readonly text: string;
}

/** Credentials of one identity. */
export const mostHeldCredentials = 256;

/** Letters of a name. */
const mostNameLetters = 64;

/** One as it is written. */
export const credentialSchema: Schema<HeldCredential> = record<HeldCredential>({
  name: text(4 * mostNameLetters),
  text: text(mostSealedContentsBytes),
});

const credentialsSchema = record<{ readonly credentials: readonly HeldCredential[] }>({
  credentials: list(credentialSchema, mostHeldCredentials),
});

const purpose: BoxPurpose = { key: "aether/held-credentials-key/1", context: "aether/held-credentials/1" };

const unreadable = rejected(
  "storage-corrupt",
  "The credentials in the vault cannot be read. Keys and coins are not touched by that; a backup file brings its credentials back (`id restore FILE`).",
);

const noRoom = rejected(
  "too-large",
  `There is no room in the vault for this credential: all credentials and names together have ${mostSealedContentsBytes} bytes. It was not taken in; \`credential remove NAME\` makes room, and it can be presented from its file as it is.`,
);

const namePattern = new RegExp(`^[\\p{L}\\p{N}_-][\\p{L}\\p{N}_./-]{0,${mostNameLetters - 1}}$`, "u");

/** Everything that an SD-JWT in its compact form is written with. */
const textPattern = /^[\w.~-]+$/;

/** A name as it is kept. */
export function credentialName(typed: string): Result<string> {
  const name = typed.normalize("NFC");
  if (namePattern.test(name)) return accepted(name);
  const message = `A credential's name has up to ${mostNameLetters} letters and digits, and - _ . / between them.`;
  return rejected("invalid-argument", message);
}

/** With a credential more. The same again changes nothing; a name that another one has is refused. */
export function withHeldCredential(
  held: readonly HeldCredential[],
  typed: string,
  given: string,
): Result<readonly HeldCredential[]> {
  const name = credentialName(typed);
  if (!name.ok) return name;
  const credential = given.trim();
  if (!textPattern.test(credential)) return rejected("bad-credential", "This is no credential. Nothing was kept.");
  if (held.some((one) => one.text === credential)) return accepted(held);
  if (held.some((one) => one.name === name.value)) {
    const message = `You hold another credential of the name ${name.value} already; it is kept. Name this one: credential hold FILE NAME`;
    return rejected("invalid-argument", message);
  }
  if (held.length >= mostHeldCredentials) {
    return rejected("too-many", `There is room for ${mostHeldCredentials} credentials.`);
  }
  return accepted(sorted([...held, { name: name.value, text: credential }]));
}

/** Without the credential of a name. */
export function withoutHeldCredential(
  held: readonly HeldCredential[],
  typed: string,
): Result<readonly HeldCredential[]> {
  const left = held.filter(({ name }) => name !== typed.normalize("NFC"));
  return left.length < held.length
    ? accepted(left)
    : rejected("not-found", "You hold no credential of that name; `credential list` lists them. Nothing was changed.");
}

/**
 * Credentials that are here and those that are brought, within `roomBytes` once sealed: those here stay as they are; one that
 * is brought under the name of another gets a name beside it; for what has no room, there is still the file that brings it.
 */
export function mergeHeldCredentials(
  here: readonly HeldCredential[],
  brought: readonly HeldCredential[],
  roomBytes: number,
): readonly HeldCredential[] {
  return brought.reduce((all, { name, text }) => {
    if (all.some((one) => one.text === text)) return all;
    const next = sorted([...all, { name: freeName(all, name), text }]);
    return next.length <= mostHeldCredentials && sealedBytes(next) <= roomBytes ? next : all;
  }, here);
}

/** A name that no other credential has: the one that is wanted, or with a number behind it. */
export function freeName(held: readonly HeldCredential[], wanted: string): string {
  let free = wanted;
  for (let n = 2; held.some(({ name }) => name === free); n++) {
    const ending = `-${n}`;
    free = `${[...wanted].slice(0, mostNameLetters - ending.length).join("")}${ending}`;
  }
  return free;
}

function sorted(held: readonly HeldCredential[]): readonly HeldCredential[] {
  return [...held].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function sealedBytes(credentials: readonly HeldCredential[]): number {
  return encode(credentialsSchema, { credentials }).length + boxOverheadBytes;
}

/** Encrypted for the identity of a vault; none are no bytes. */
export function sealCredentials(credentials: readonly HeldCredential[], keys: BoxKeys, nonce: Uint8Array): Uint8Array {
  if (credentials.length === 0) return new Uint8Array();
  return sealBox(encode(credentialsSchema, { credentials }), keys, purpose, nonce);
}

/** What was sealed. Never throws; all of it is checked, whoever wrote it. */
export function openCredentials(sealed: Uint8Array, keys: BoxKeys): Result<readonly HeldCredential[]> {
  if (sealed.length === 0) return accepted([]);
  const clear = openBox(sealed, keys, purpose);
  const read = clear === null ? unreadable : decode(credentialsSchema, clear, mostSealedContentsBytes);
  clear?.fill(0);
  if (!read.ok) return unreadable;
  const { credentials } = read.value;
  const names = new Set(credentials.map(({ name }) => name));
  const areSound = credentials.every(({ name, text }) => credentialName(name).ok && textPattern.test(text));
  return areSound && names.size === credentials.length ? accepted(credentials) : unreadable;
}

/** The sealed credentials in a vault's file. */
export function sealedCredentialsOf(file: Uint8Array): Result<Uint8Array> {
  const body = readVault(file);
  return body.ok ? accepted(body.value.credentials) : body;
}

/** The same vault with other sealed credentials, if there is room for them. */
export function withSealedCredentials(file: Uint8Array, credentials: Uint8Array): Result<Uint8Array> {
  return withSealedContents(file, { credentials }, noRoom);
}
