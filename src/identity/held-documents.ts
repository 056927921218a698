/**
 * The documents that an identity can open: their names here, and their keys. They are kept in the vault's file, encrypted
 * under a key that only the identity can make, and go with it into backup files.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { bytes32, decode, encode, list, record, type Schema, text } from "#protocol/codec/schema.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type BoxKeys, type BoxPurpose, openBox, sealBox } from "./sealed-box.ts";
import { mostSealedContentsBytes, readVault, withSealedContents } from "./vault-format.ts";

/** A document under the name that its holder gave it; others may call it something else. */
export interface HeldDocument {
  readonly name: string;
  readonly id: Uint8Array;
  /** All that are known, the newest last; with only one, it is the document's first, see {@link missingKey}. */
  readonly keys: readonly Uint8Array[];
}

/** Stands before a key that is not the first, until those before it are known. */
export const missingKey = new Uint8Array(documentLimits.keyBytes);

/** Letters of a name. */
const mostNameLetters = 32;

/** One as it is written. */
export const documentSchema: Schema<HeldDocument> = record<HeldDocument>({
  name: text(documentLimits.nameBytes),
  id: bytes32,
  keys: list(bytes32, documentLimits.epochs, 1),
});

const documentsSchema = record<{ readonly documents: readonly HeldDocument[] }>({
  documents: list(documentSchema, documentLimits.documents),
});

const purpose: BoxPurpose = { key: "aether/held-documents-key/1", context: "aether/held-documents/1" };

const unreadable = rejected(
  "storage-corrupt",
  "The keys of documents in the vault cannot be read. Your own keys and coins are not touched by that; a backup file brings them back (`id restore FILE`).",
);

const noRoom = rejected(
  "too-large",
  `There is no room in the vault for this document's key: all documents, credentials, names and kept files together have ${mostSealedContentsBytes} bytes. Nothing was changed; \`edit NAME --forget\` or \`credential remove NAME\` makes room.`,
);

const namePattern = new RegExp(`^[\\p{L}\\p{N}_][\\p{L}\\p{N}_.-]{0,${mostNameLetters - 1}}$`, "u");

/** A name as it is kept. */
export function documentName(typed: string): Result<string> {
  const name = typed.normalize("NFC");
  if (namePattern.test(name)) return accepted(name);
  const message = `A document's name has up to ${mostNameLetters} letters and digits, and - _ . between them.`;
  return rejected("invalid-argument", message);
}

/** The document of a name. */
export function documentNamed(held: readonly HeldDocument[], typed: string): Result<HeldDocument> {
  const name = documentName(typed);
  if (!name.ok) return name;
  const found = held.find((one) => one.name === name.value);
  return found === undefined ? rejected("not-found", `You have no document ${name.value}.`) : accepted(found);
}

/** With a document more. The same again changes nothing; a name that another one has is refused. */
export function withHeldDocument(held: readonly HeldDocument[], added: HeldDocument): Result<readonly HeldDocument[]> {
  const name = documentName(added.name);
  if (!name.ok) return name;
  const known = held.find(({ id }) => equalBytes(id, added.id));
  if (known?.name === name.value) return accepted(held);
  if (known !== undefined)
    return rejected("invalid-argument", `You have this document already: \`edit ${known.name}\` opens it.`);
  if (held.some((one) => one.name === name.value))
    return rejected("invalid-argument", `You have another document ${name.value} already; give this one another name.`);
  if (held.length >= documentLimits.documents)
    return rejected(
      "too-many",
      `There is room for ${documentLimits.documents} documents; \`edit NAME --forget\` makes some.`,
    );
  return accepted(sorted([...held, { ...added, name: name.value }]));
}

/** With the keys that a document has had, the newest last; others that are known stay before them. */
export function withDocumentKeys(
  held: readonly HeldDocument[],
  id: Uint8Array,
  keys: readonly Uint8Array[],
): readonly HeldDocument[] {
  return held.map((one) => {
    if (!equalBytes(one.id, id)) return one;
    const others = one.keys.filter((key) => ![missingKey, ...keys].some((other) => equalBytes(other, key)));
    return { ...one, keys: [...others, ...keys].slice(-documentLimits.epochs) };
  });
}

/** Without a document: what is sealed with its keys never opens again here. */
export function withoutHeldDocument(held: readonly HeldDocument[], typed: string): Result<readonly HeldDocument[]> {
  const found = documentNamed(held, typed);
  return found.ok ? accepted(held.filter((one) => one !== found.value)) : found;
}

/** Documents that are here and those that are brought; of one that both have, the one with more keys under the name here. */
export function mergeHeldDocuments(
  here: readonly HeldDocument[],
  brought: readonly HeldDocument[],
): readonly HeldDocument[] {
  const kept = here.map((one) => {
    const other = brought.find(({ id }) => equalBytes(id, one.id));
    return other !== undefined && other.keys.length > one.keys.length ? { ...one, keys: other.keys } : one;
  });
  const joined = [...kept];
  for (const one of brought) {
    if (here.some(({ id }) => equalBytes(id, one.id))) continue;
    const taken = (name: string): boolean => joined.some((other) => other.name === name);
    // Two documents of one name, made on two devices: both stay.
    let name = one.name;
    for (let number = 2; taken(name); number++)
      name = `${[...one.name].slice(0, mostNameLetters - 3).join("")}-${number}`;
    joined.push({ ...one, name });
  }
  return sorted(joined.slice(0, documentLimits.documents));
}

function sorted(held: readonly HeldDocument[]): readonly HeldDocument[] {
  return [...held].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Encrypted for the identity of a vault; none are no bytes. */
export function sealDocuments(documents: readonly HeldDocument[], keys: BoxKeys, nonce: Uint8Array): Uint8Array {
  return documents.length === 0
    ? new Uint8Array()
    : sealBox(encode(documentsSchema, { documents }), keys, purpose, nonce);
}

/** What was sealed. Never throws; all of it is checked, whoever wrote it. */
export function openDocuments(sealed: Uint8Array, keys: BoxKeys): Result<readonly HeldDocument[]> {
  if (sealed.length === 0) return accepted([]);
  const clear = openBox(sealed, keys, purpose);
  const read = clear === null ? unreadable : decode(documentsSchema, clear, mostSealedContentsBytes);
  if (!read.ok) return unreadable;
  const { documents } = read.value;
  return documents.every(({ name }) => documentName(name).ok) ? accepted(documents) : unreadable;
}

/** The sealed documents in a vault's file. */
export function sealedDocumentsOf(file: Uint8Array): Result<Uint8Array> {
  const body = readVault(file);
  return body.ok ? accepted(body.value.documents) : body;
}

/** The same vault with other sealed documents, if there is room for them. */
export function withSealedDocuments(file: Uint8Array, documents: Uint8Array): Result<Uint8Array> {
  return withSealedContents(file, { documents }, noRoom);
}
