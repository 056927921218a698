/**
 * What of a vault the devices of an identity keep in step, as things that are compared and sent one by one: names of people,
 * credentials, keys of documents, and files among peers. Of what was changed apart nothing is lost: what can be brought
 * together is, and two things of one name both stay, under names of their own that are the same on every device.
 * @module
 */
import { compareBytes, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { decode, encode, type Schema, union } from "#protocol/codec/schema.ts";
import { deviceSyncLimits } from "#protocol/device-sync/limits.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { looksOf, mostNameLetters, readName } from "../contact-name.ts";
import { type Contact, contactSchema, mostContacts } from "../contacts.ts";
import { credentialSchema, freeName, type HeldCredential, withHeldCredential } from "../held-credentials.ts";
import { documentSchema, type HeldDocument, mergeHeldDocuments } from "../held-documents.ts";
import { freeFileName, heldFileSchema, withHeldFiles } from "../held-files.ts";

/** All that is kept in step. */
export interface SharedContents {
  readonly contacts: readonly Contact[];
  readonly credentials: readonly HeldCredential[];
  readonly documents: readonly HeldDocument[];
  readonly files: readonly HeldFile[];
}

/** One thing of it. */
export type SyncItem =
  | { readonly type: "contact"; readonly contact: Contact }
  | { readonly type: "credential"; readonly credential: HeldCredential }
  | { readonly type: "document"; readonly document: HeldDocument }
  | { readonly type: "file"; readonly file: HeldFile };

const itemSchema: Schema<SyncItem> = union<SyncItem>("unknown-version", {
  contact: { number: 1, fields: { contact: contactSchema } },
  credential: { number: 2, fields: { credential: credentialSchema } },
  document: { number: 3, fields: { document: documentSchema } },
  file: { number: 4, fields: { file: heldFileSchema } },
});

/** Bytes of one. */
export function encodeItem(item: SyncItem): Uint8Array {
  return encode(itemSchema, item);
}

/** Strictly decodes one; what a newer app keeps is refused. */
export function decodeItem(bytes: Uint8Array): Result<SyncItem> {
  return decode(itemSchema, bytes, deviceSyncLimits.itemBytes);
}

function keyOf(item: SyncItem): Uint8Array {
  switch (item.type) {
    case "contact":
      return item.contact.publicKey;
    case "credential":
      return utf8ToBytes(item.credential.text);
    case "document":
      return item.document.id;
    case "file":
      return item.file.digest;
  }
}

/** What it goes by, whatever is changed of it: 32 bytes. */
export function itemId(item: SyncItem): Uint8Array {
  return taggedHash("aether/sync-item/1", utf8ToBytes(item.type), keyOf(item));
}

/**
 * What of it its owner decides, 32 bytes: another digest is a change. That keepers keep a pinned file longer by now is none:
 * each device hears of that by itself, and a file that was deleted on one must not come back for it from another.
 */
export function itemDigest(item: SyncItem): Uint8Array {
  const decided = item.type === "file" ? { ...item, file: { ...item.file, untilMs: 0 } } : item;
  return taggedHash("aether/sync-item/1", encodeItem(decided));
}

/** Contents as things. */
export function itemsOf({ contacts, credentials, documents, files }: SharedContents): readonly SyncItem[] {
  return [
    ...contacts.map((contact): SyncItem => ({ type: "contact", contact })),
    ...credentials.map((credential): SyncItem => ({ type: "credential", credential })),
    ...documents.map((document): SyncItem => ({ type: "document", document })),
    ...files.map((file): SyncItem => ({ type: "file", file })),
  ];
}

/** Of two states of one thing that were made apart one that lacks nothing of either; `newer` counts where they contradict. */
export function mergedItem(older: SyncItem, newer: SyncItem): SyncItem {
  if (older.type === "file" && newer.type === "file") {
    // Kept for longer is the mistake that loses nothing.
    const untilMs = Math.max(older.file.untilMs, newer.file.untilMs);
    const pinnedUntilMs = Math.max(older.file.pinnedUntilMs, newer.file.pinnedUntilMs);
    return { type: "file", file: { ...newer.file, untilMs, pinnedUntilMs } };
  }
  if (older.type === "document" && newer.type === "document") {
    const [document = newer.document] = mergeHeldDocuments([newer.document], [older.document]);
    return { type: "document", document };
  }
  return newer;
}

const inOrder = <T>(items: readonly T[], key: (item: T) => Uint8Array): readonly T[] =>
  items.toSorted((a, b) => compareBytes(key(a), key(b)));

/**
 * People of one name on two devices are `name-1` and `name-2` on both: if one of them kept the name, a payment to it from the
 * other device would go to somebody else from then on.
 */
function settledContacts(contacts: readonly Contact[]): Result<readonly Contact[]> {
  const looks = new Map<string, Contact[]>();
  for (const one of contacts) looks.set(looksOf(one.name), [...(looks.get(looksOf(one.name)) ?? []), one]);
  const taken = new Set(looks.keys());
  const settled: Contact[] = [];
  for (const alike of looks.values()) {
    if (alike.length === 1) {
      settled.push(...alike);
      continue;
    }
    let number = 1;
    for (const one of inOrder(alike, ({ publicKey }) => publicKey)) {
      let name = "";
      do {
        const ending = `-${number++}`;
        name = `${[...one.name].slice(0, mostNameLetters - ending.length).join("")}${ending}`;
      } while (taken.has(looksOf(name)));
      taken.add(looksOf(name));
      settled.push({ ...one, name });
    }
  }
  const wrong = settled.map(({ name }) => readName(name)).find(({ ok }) => !ok);
  if (wrong !== undefined && !wrong.ok) return wrong;
  return settled.length <= mostContacts
    ? accepted(settled.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    : rejected("too-many", `There is room for ${mostContacts} names.`);
}

function settledCredentials(credentials: readonly HeldCredential[]): Result<readonly HeldCredential[]> {
  let held: Result<readonly HeldCredential[]> = accepted([]);
  for (const { name, text } of inOrder(credentials, ({ text }) => utf8ToBytes(text))) {
    if (!held.ok) return held;
    held = withHeldCredential(held.value, freeName(held.value, name), text);
  }
  return held;
}

function settledDocuments(documents: readonly HeldDocument[]): Result<readonly HeldDocument[]> {
  if (documents.length > documentLimits.documents)
    return rejected("too-many", `There is room for ${documentLimits.documents} documents.`);
  return accepted(
    mergeHeldDocuments(
      [],
      inOrder(documents, ({ id }) => id),
    ),
  );
}

function settledFiles(files: readonly HeldFile[]): Result<readonly HeldFile[]> {
  const ordered = files.toSorted((a, b) => a.madeAtMs - b.madeAtMs || compareBytes(a.digest, b.digest));
  const named: HeldFile[] = [];
  for (const one of ordered) named.push({ ...one, name: freeFileName(named, one) });
  return withHeldFiles([], { remove: [], add: named });
}

const ofType = <K extends SyncItem["type"]>(items: readonly SyncItem[], type: K) =>
  items.filter((one): one is Extract<SyncItem, { readonly type: K }> => one.type === type);

/** Things as contents, each under a name of its own; the same for the same things, in whatever order they come. */
export function contentsOf(items: readonly SyncItem[]): Result<SharedContents> {
  const contacts = settledContacts(ofType(items, "contact").map(({ contact }) => contact));
  if (!contacts.ok) return contacts;
  const credentials = settledCredentials(ofType(items, "credential").map(({ credential }) => credential));
  if (!credentials.ok) return credentials;
  const documents = settledDocuments(ofType(items, "document").map(({ document }) => document));
  if (!documents.ok) return documents;
  const files = settledFiles(ofType(items, "file").map(({ file }) => file));
  if (!files.ok) return files;
  const [people, held, keys, kept] = [contacts.value, credentials.value, documents.value, files.value];
  return accepted({ contacts: people, credentials: held, documents: keys, files: kept });
}

/** By what a thing is found in maps. */
export const itemName = (item: SyncItem): string => toHex(itemId(item));
