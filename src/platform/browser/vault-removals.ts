/**
 * The vault's requests about who was removed from a document: it draws a new key, seals it for those who stay, and takes over
 * the keys that others have sealed for it.
 * @module
 */
import { formerKey, signRotation, unwrapRotation } from "#identity/document-wraps.ts";
import { type HeldDocument, withDocumentKeys } from "#identity/held-documents.ts";
import type { IdentityKeys } from "#identity/keys.ts";
import type { Clock, Entropy } from "#node/ports.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { documentLimits, rotationLimits } from "#protocol/documents/limits.ts";
import { documentAccess } from "#protocol/documents/requests.ts";
import {
  encodeRotation,
  foundedId,
  foundingSalt,
  keyCheck,
  newestLink,
  newestRotation,
  type Rotations,
  readRotations,
} from "#protocol/documents/rotation.ts";
import type { DocumentWriter } from "#protocol/documents/sealing.ts";
import { type KeyRecord, readLastingKeyRecord } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { DocumentVaultRequests, DocumentView } from "#sdk/documents.ts";
import { documents } from "./vault-contents.ts";
import type { VaultKeeper } from "./vault-keeper.ts";

/** What documents need of the vault. */
export type DocumentsVault = Pick<VaultKeeper, "lend" | "checkSigner" | "contents" | "changeContents">;

/** What they need besides. */
export interface DocumentParts {
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** What the requests about documents give each other. */
interface Shared {
  held(id: Uint8Array): Promise<Result<HeldDocument>>;
  writerOf(keys: IdentityKeys): DocumentWriter;
  viewOf(document: HeldDocument): DocumentView;
}

const checkOf = (id: Uint8Array, key: Uint8Array): Uint8Array => keyCheck(documentAccess(id, key));

/** The key that a check is of; undefined if it is not known. */
export function keyOfCheck({ id, keys }: HeldDocument, check: Uint8Array): Uint8Array | undefined {
  return keys.find((key) => equalBytes(checkOf(id, key), check));
}

/** All keys that rotations have brought, and the first, as far back as they lead; the newest last. */
function keysBrought(document: HeldDocument, { all }: Rotations, own: IdentityKeys): Result<readonly Uint8Array[]> {
  const newest = all.at(-1)?.rotation;
  if (newest === undefined) return accepted(document.keys);
  const unwrapped = (): Result<Uint8Array> => unwrapRotation(newest, own);
  const known = keyOfCheck(document, newest.check);
  const got = known === undefined ? unwrapped() : accepted(known);
  if (!got.ok) return got;
  if (!equalBytes(checkOf(document.id, got.value), newest.check))
    return rejected(
      "bad-response",
      "The new key of this document is not the one that was announced. Nothing was changed.",
    );
  const keys = [got.value];
  for (const { rotation } of all.toReversed()) {
    const { formerCheck } = rotation;
    const key = keyOfCheck(document, formerCheck) ?? formerKey(rotation, keys[0] as Uint8Array);
    // What was written before that stays closed here.
    if (key === null || !equalBytes(checkOf(document.id, key), formerCheck)) break;
    keys.unshift(key);
  }
  return accepted(keys);
}

function recordsOf(members: readonly Uint8Array[]): Result<readonly KeyRecord[]> {
  if (members.length > rotationLimits.members)
    return rejected("too-many", `A document has at most ${rotationLimits.members} members once somebody was removed.`);
  const records: KeyRecord[] = [];
  for (const bytes of members) {
    const record = readLastingKeyRecord(bytes);
    if (!record.ok) return record;
    records.push(record.value);
  }
  return accepted(records);
}

const unknownKey = rejected(
  "unknown-epoch",
  "You do not have this document's newest key yet: be connected to somebody who has it, and try again.",
);

/** Makes the handlers. */
export function createRemovals(
  vault: DocumentsVault,
  { clock, entropy }: DocumentParts,
  { held, writerOf, viewOf }: Shared,
): Pick<DocumentVaultRequests, "adoptRotations" | "signRemoval"> {
  return {
    adoptRotations: async (id, bytes) => {
      const document = await held(id);
      const rotations = document.ok ? readRotations(bytes, id) : document;
      if (!document.ok) return document;
      if (!rotations.ok) return rotations;
      const keys = vault.lend((own) => keysBrought(document.value, rotations.value, own), false);
      if (!keys.ok) return keys;
      const isSame = (one: HeldDocument): boolean => {
        const last = one.keys.slice(-keys.value.length);
        return (
          last.length === keys.value.length && last.every((key, at) => equalBytes(key, keys.value[at] as Uint8Array))
        );
      };
      if (isSame(document.value)) return accepted(viewOf(document.value));
      const kept = await vault.changeContents(documents, (all) => accepted(withDocumentKeys(all, id, keys.value)));
      if (!kept.ok) return kept;
      const after = await held(id);
      return after.ok ? accepted(viewOf(after.value)) : after;
    },
    signRemoval: async (id, bytes, { members, removed, marks }, author) => {
      const document = await held(id);
      const rotations = document.ok ? readRotations(bytes, id) : document;
      if (!document.ok) return document;
      if (!rotations.ok) return rotations;
      const records = recordsOf(members);
      if (!records.ok) return records;
      const fitting = vault.checkSigner(author);
      if (!fitting.ok) return fitting;
      const newest = newestRotation(rotations.value);
      const former = newest === null ? document.value.keys[0] : keyOfCheck(document.value, newest.check);
      if (former === undefined) return unknownKey;
      const salt = newest === null ? foundingSalt(former) : null;
      if (salt !== null && !equalBytes(foundedId(author, salt), id))
        return rejected(
          "wrong-holder",
          "Only who began this document can remove the first person from it. If it is from before somebody could be removed at all, copy its text into a new one.",
        );
      const next = entropy.bytes(documentLimits.keyBytes);
      const epoch = rotations.value.all.length + 1;
      const place = { document: id, epoch, basis: newestLink(rotations.value), salt, madeAtMs: clock.nowMs() };
      const checks = { formerCheck: checkOf(id, former), check: checkOf(id, next) };
      const plan = { ...place, removed, marks: marks.slice(0, documentLimits.chains), ...checks };
      const rotation = vault.lend((keys) => {
        const writer = writerOf(keys);
        return signRotation(plan, records.value, { former, next }, { writer, random: writer.random });
      }, true);
      if (!rotation.ok) return rotation;
      // What this device itself would refuse is told to nobody.
      const made = encodeRotation(rotation.value);
      const whole = readRotations([...bytes, made], id);
      return whole.ok ? accepted(made) : whole;
    },
  };
}
