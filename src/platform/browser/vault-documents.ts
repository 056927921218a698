/**
 * The vault's requests about documents: it keeps their keys, seals and signs what its owner writes, and opens what others
 * have. Loaded with the first of them.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { documentNamed, type HeldDocument, withHeldDocument, withoutHeldDocument } from "#identity/held-documents.ts";
import { type IdentityKeys, signWith } from "#identity/keys.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { documentLimits } from "#protocol/documents/limits.ts";
import { readDocumentLink, writeDocumentLink } from "#protocol/documents/link.ts";
import { documentAccess } from "#protocol/documents/requests.ts";
import {
  type DocumentWriter,
  openPresence,
  openUpdate,
  sealPresence,
  sealUpdate,
} from "#protocol/documents/sealing.ts";
import { decodeUpdate, readPresence } from "#protocol/documents/update.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { DocumentVaultRequests, DocumentView, OpenedUpdate } from "#sdk/documents.ts";
import { documents } from "./vault-contents.ts";
import type { VaultKeeper } from "./vault-keeper.ts";

const newestKey = ({ keys }: HeldDocument): Uint8Array => keys.at(-1) as Uint8Array;

const viewOf = (held: HeldDocument): DocumentView => ({
  id: held.id,
  name: held.name,
  access: documentAccess(held.id, newestKey(held)),
});

const unknown = rejected("not-found", "Your keys for this document are not in the vault any more.");

type Vault = Pick<VaultKeeper, "lend" | "checkSigner" | "contents" | "changeContents">;

interface Parts {
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** Requests about which documents there are. */
type KeyRequests = Pick<
  DocumentVaultRequests,
  "documents" | "makeDocument" | "joinDocument" | "documentLink" | "forgetDocument"
>;

function createKeyRequests(vault: Vault, { entropy }: Parts): KeyRequests {
  const hold = async (added: HeldDocument): Promise<Result<DocumentView>> => {
    const kept = await vault.changeContents(documents, (all) => withHeldDocument(all, added));
    return kept.ok ? accepted(viewOf(added)) : kept;
  };
  return {
    documents: async () => {
      const all = await vault.contents(documents);
      return all.ok ? accepted(all.value.map(viewOf)) : all;
    },
    makeDocument: (name) => {
      return hold({
        name: name.normalize("NFC"),
        id: entropy.bytes(32),
        keys: [entropy.bytes(documentLimits.keyBytes)],
      });
    },
    joinDocument: async (name, text) => {
      const link = readDocumentLink(text);
      if (!link.ok) return link;
      return hold({ name: name.normalize("NFC"), id: link.value.id, keys: [link.value.key] });
    },
    documentLink: async (name) => {
      const all = await vault.contents(documents);
      const found = all.ok ? documentNamed(all.value, name) : all;
      return found.ok ? accepted(writeDocumentLink({ id: found.value.id, key: newestKey(found.value) })) : found;
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

/** Makes the handlers. */
export function createVaultDocuments(vault: Vault, parts: Parts): DocumentVaultRequests {
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
    sealUpdate: async (place, update, author) => {
      const document = await held(place.document);
      if (!document.ok) return document;
      const fitting = vault.checkSigner(author);
      if (!fitting.ok) return fitting;
      const content = { madeAtMs: parts.clock.nowMs(), update };
      return vault.lend((keys) => sealUpdate(place, content, document.value.keys, writerOf(keys)), true);
    },
    openUpdates: async (id, updates) => {
      if (updates.length > documentLimits.updatesAtOnce)
        return rejected("too-many", `At most ${documentLimits.updatesAtOnce} updates are opened at once.`);
      const document = await held(id);
      if (!document.ok) return document;
      const open = (bytes: Uint8Array): Result<OpenedUpdate> => {
        const update = decodeUpdate(bytes);
        if (!update.ok) return update;
        const content = openUpdate(update.value, document.value.keys);
        return content.ok ? accepted({ ...content.value, from: didOf(update.value.author) }) : content;
      };
      // What others write must not keep the vault open.
      return vault.lend(() => accepted(updates.map(open)), false);
    },
    sealPresence: async (id, state) => {
      const document = await held(id);
      if (!document.ok) return document;
      const { keys: epochs } = document.value;
      return vault.lend((keys) => sealPresence(id, parts.clock.nowMs(), state, epochs, writerOf(keys)), false);
    },
    openPresence: async (id, bytes) => {
      const document = await held(id);
      if (!document.ok) return document;
      const presence = readPresence(bytes, id, parts.clock.nowMs());
      if (!presence.ok) return presence;
      const state = vault.lend(() => openPresence(presence.value, document.value.keys), false);
      return state.ok ? accepted({ from: didOf(presence.value.author), state: state.value }) : state;
    },
  };
}
