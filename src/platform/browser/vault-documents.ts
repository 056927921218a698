/**
 * The vault's requests about documents: it keeps their keys, seals and signs what its owner writes, and opens what others
 * have. Loaded with the first of them.
 * @module
 */
import { didOf } from "#identity/did.ts";
import {
  documentNamed,
  type HeldDocument,
  missingKey,
  withHeldDocument,
  withoutHeldDocument,
} from "#identity/held-documents.ts";
import { type IdentityKeys, signWith } from "#identity/keys.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import { readDocumentLink, writeDocumentLink } from "#protocol/documents/link.ts";
import { documentAccess } from "#protocol/documents/requests.ts";
import { foundedId, foundingSalt } from "#protocol/documents/rotation.ts";
import {
  type DocumentWriter,
  type EpochKeys,
  openPresence,
  openUpdate,
  sealPresence,
  sealUpdate,
} from "#protocol/documents/sealing.ts";
import { decodeUpdate, readPresence } from "#protocol/documents/update.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { DocumentVaultRequests, DocumentView, KeyChoice, OpenedUpdate } from "#sdk/documents.ts";
import { documents } from "./vault-contents.ts";
import { createRemovals, type DocumentParts, type DocumentsVault, keyOfCheck } from "./vault-removals.ts";

const newestKey = ({ keys }: HeldDocument): Uint8Array => keys.at(-1) as Uint8Array;

const viewOf = (held: HeldDocument): DocumentView => ({
  id: held.id,
  name: held.name,
  access: documentAccess(held.id, newestKey(held)),
});

const unknown = rejected("not-found", "Your keys for this document are not in the vault any more.");

/** Requests about which documents there are. */
type KeyRequests = Pick<
  DocumentVaultRequests,
  "documents" | "makeDocument" | "joinDocument" | "documentLink" | "forgetDocument"
>;

function createKeyRequests(vault: DocumentsVault, { entropy }: DocumentParts): KeyRequests {
  const hold = async (added: HeldDocument): Promise<Result<DocumentView>> => {
    const kept = await vault.changeContents(documents, (all) => withHeldDocument(all, added));
    return kept.ok ? accepted(viewOf(added)) : kept;
  };
  return {
    documents: async () => {
      const all = await vault.contents(documents);
      return all.ok ? accepted(all.value.map(viewOf)) : all;
    },
    makeDocument: async (name) => {
      const key = entropy.bytes(documentLimits.keyBytes);
      const id = vault.lend((keys) => accepted(foundedId(keys.signingKey, foundingSalt(key))), true);
      return id.ok ? hold({ name: name.normalize("NFC"), id: id.value, keys: [key] }) : id;
    },
    joinDocument: async (name, text) => {
      const link = readDocumentLink(text);
      if (!link.ok) return link;
      const { id, key, isLater } = link.value;
      return hold({ name: name.normalize("NFC"), id, keys: isLater ? [missingKey, key] : [key] });
    },
    documentLink: async (name) => {
      const all = await vault.contents(documents);
      const found = all.ok ? documentNamed(all.value, name) : all;
      if (!found.ok) return found;
      const { id, keys } = found.value;
      return accepted(writeDocumentLink({ id, key: newestKey(found.value), isLater: keys.length > 1 }));
    },
    forgetDocument: async (name) => {
      const all = await vault.contents(documents);
      const found = all.ok ? documentNamed(all.value, name) : all;
      if (!found.ok) return found;
      const left = await vault.changeContents(documents, (kept) => withoutHeldDocument(kept, name));
      return left.ok ? accepted(viewOf(found.value)) : left;
    },
  };
}

const outdated = rejected(
  "unknown-epoch",
  "Somebody was removed from this document, and this device has not heard all of it yet. Be connected to somebody who has the document; what you write is kept as soon as it has.",
);

/** The keys as far as the one that is chosen, none but that. */
function chosenKeys(document: HeldDocument, { epoch, check }: KeyChoice): Result<EpochKeys> {
  const [first, ...more] = document.keys;
  const key = check === null ? (more.length === 0 ? first : undefined) : keyOfCheck(document, check);
  if (key === undefined) return outdated;
  const keys: (Uint8Array | undefined)[] = Array.from({ length: epoch });
  return accepted([...keys, key]);
}

/** The keys by epoch, and those that belong to none any more. */
function keysOf(document: HeldDocument, checks: readonly Uint8Array[]): readonly [EpochKeys, EpochKeys] {
  if (checks.length === 0) return [document.keys.slice(0, 1), []];
  const keys = checks.slice(0, documentLimits.epochs).map((check) => keyOfCheck(document, check));
  return [keys, document.keys.filter((key) => !keys.includes(key))];
}

/** Opens an update with its epoch's key; with another one that is known, if it must be. */
function opened(bytes: Uint8Array, [keys, others]: readonly [EpochKeys, EpochKeys]): Result<OpenedUpdate> {
  const update = decodeUpdate(bytes);
  if (!update.ok) return update;
  const from = didOf(update.value.author);
  const content = openUpdate(update.value, keys);
  if (content.ok) return accepted({ ...content.value, from, isAside: false });
  for (const other of others) {
    const aside: (Uint8Array | undefined)[] = Array.from({ length: update.value.epoch });
    const found = openUpdate(update.value, [...aside, other]);
    if (found.ok) return accepted({ ...found.value, from, isAside: true });
  }
  return content;
}

/** Makes the handlers. */
export function createVaultDocuments(vault: DocumentsVault, parts: DocumentParts): DocumentVaultRequests {
  const held = async (id: Uint8Array): Promise<Result<HeldDocument>> => {
    const all = await vault.contents(documents);
    if (!all.ok) return all;
    const found = all.value.find((one) => equalBytes(one.id, id));
    return found === undefined ? unknown : accepted(found);
  };
  const writerOf = (keys: IdentityKeys): DocumentWriter => ({
    signingKey: keys.signingKey,
    sign: (digest) => signWith(keys, digest),
    random: (length) => parts.entropy.bytes(length),
  });
  return {
    ...createKeyRequests(vault, parts),
    ...createRemovals(vault, parts, { held, writerOf, viewOf }),
    sealUpdate: async (place, update, author) => {
      const document = await held(place.document);
      const keys = document.ok ? chosenKeys(document.value, place) : document;
      if (!keys.ok) return keys;
      const fitting = vault.checkSigner(author);
      if (!fitting.ok) return fitting;
      const content = { madeAtMs: parts.clock.nowMs(), update };
      const { document: id, replica, sequence, previous } = place;
      const at = { document: id, replica, sequence, previous };
      return vault.lend((own) => sealUpdate(at, content, keys.value, writerOf(own)), true);
    },
    openUpdates: async (id, updates, checks) => {
      if (updates.length > documentLimits.updatesAtOnce)
        return rejected("too-many", `At most ${documentLimits.updatesAtOnce} updates are opened at once.`);
      const document = await held(id);
      if (!document.ok) return document;
      const keys = keysOf(document.value, checks);
      // What others write must not keep the vault open.
      return vault.lend(() => accepted(updates.map((bytes) => opened(bytes, keys))), false);
    },
    sealPresence: async (id, state, key) => {
      const document = await held(id);
      const epochs = document.ok ? chosenKeys(document.value, key) : document;
      if (!epochs.ok) return epochs;
      return vault.lend((keys) => sealPresence(id, parts.clock.nowMs(), state, epochs.value, writerOf(keys)), false);
    },
    openPresence: async (id, bytes, checks) => {
      const document = await held(id);
      if (!document.ok) return document;
      const presence = readPresence(bytes, id, parts.clock.nowMs());
      if (!presence.ok) return presence;
      const [keys] = keysOf(document.value, checks);
      // Where somebody was by an earlier key is nobody's business now.
      if (presence.value.epoch !== keys.length - 1) return outdated;
      const state = vault.lend(() => openPresence(presence.value, keys), false);
      return state.ok ? accepted({ from: didOf(presence.value.author), state: state.value }) : state;
    },
  };
}
