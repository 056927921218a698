/**
 * Who writes a document. Everybody who opens it puts the key that others seal for them with into it, signed, so that a new key
 * can be sealed for all who stay while nobody of them is there.
 * @module
 */
import type * as Y from "yjs";
import { didOf } from "#identity/did.ts";
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { documentLimits, rotationLimits } from "#protocol/documents/limits.ts";
import type { ChainMark } from "#protocol/documents/requests.ts";
import { newestRotation, type Rotations, readRotations } from "#protocol/documents/rotation.ts";
import { type KeyRecord, readLastingKeyRecord } from "#protocol/mail/credentials.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { DocumentAuthors } from "./document-authors.ts";

/** Of an open document what is needed to know who is in it, */
interface Opened {
  readonly doc: Y.Doc;
  readonly author: Uint8Array;
  readonly rotations: Rotations;
  /** Who has written it, as far as was read. */
  readonly authors: DocumentAuthors;
}

/** and to change that. */
interface Changing extends Opened {
  /** Of `rotations` those on which another can build here, see {@link openable}. */
  readonly basis: Rotations;
  readonly have: readonly ChainMark[];
  save(): Promise<Result<null>>;
  load(): Promise<Result<null>>;
  catchUp(): Promise<Result<boolean>>;
}

/** Somebody in a document. */
export interface Member {
  readonly publicKey: Uint8Array;
  readonly did: string;
  /** What a new key is sealed for them by; null if they have not said it. */
  readonly record: Uint8Array | null;
}

/** Entries of the members' map whose signatures are checked at once. What people have said in updates of their own needs no check. */
const mostEntryChecks = 256;

/** Entries that are looked at for that: whoever has the key can put in as many as an update holds. */
const mostEntries = 16_384;

const recordsIn = ({ doc }: Opened) => doc.getMap<unknown>("members");

/** The record of a signing key's owner: by themselves, or else what stands in the map, where everybody can change it. */
function recordOf(session: Opened, name: string): Uint8Array | null {
  return session.authors.recordOf(name)?.bytes ?? entryOf(session, name)?.bytes ?? null;
}

/** Names in the map that could be those of members, before anything that costs. */
function plausible(session: Opened): readonly string[] {
  const records = recordsIn(session);
  const found: string[] = [];
  let looked = 0;
  for (const [name, bytes] of records.entries()) {
    if (++looked > mostEntries) break;
    const isLikely = namePattern.test(name) && bytes instanceof Uint8Array && bytes.length <= mailLimits.recordBytes;
    if (isLikely) found.push(name);
  }
  return found;
}

/** A compressed signing key in hex. */
const namePattern = /^0[23][0-9a-f]{64}$/;

/** The record that stands under a signing key in the map, if it is that key's. */
function entryOf(session: Opened, name: string): { readonly bytes: Uint8Array; readonly record: KeyRecord } | null {
  const bytes = recordsIn(session).get(name);
  const read = bytes instanceof Uint8Array ? readLastingKeyRecord(bytes) : null;
  if (!(bytes instanceof Uint8Array) || !read?.ok || toHex(read.value.signingKey) !== name) return null;
  return { bytes, record: read.value };
}

/** Says who we are, if the document does not know it yet. */
export async function announce(client: Client, session: Opened): Promise<Result<null>> {
  const status = await client.status();
  const own = status.ok ? await client.mailCredentials({ networkId: status.value.networkId, peerId: "" }) : status;
  const record = own.ok ? readLastingKeyRecord(own.value.record) : own;
  if (!own.ok) return own;
  if (!record.ok) return record;
  const name = toHex(record.value.signingKey);
  const known = entryOf(session, name);
  const isSaid = session.authors.recordOf(name) !== null;
  if (!isSaid || known === null || !equalBytes(known.record.encryptionKey, record.value.encryptionKey))
    recordsIn(session).set(name, own.value.record);
  return accepted(null);
}

/** Those who were removed and are no members. */
function removedFrom({ rotations }: Opened): ReadonlySet<string> {
  return new Set(rotations.all.flatMap(({ rotation }) => rotation.removed.map(toHex)));
}

/** All who are in a document, who can remove others before those whom they can remove. */
export function membersOf(session: Opened): readonly Member[] {
  const listed = (newestRotation(session.rotations)?.members ?? []).map(toHex);
  const gone = removedFrom(session);
  const isOther = (name: string): boolean => !listed.includes(name) && !gone.has(name);
  const { authors } = session;
  const said = authors.names().filter((name) => isOther(name) && authors.recordOf(name) !== null);
  const mapped = plausible(session)
    .filter((name) => isOther(name) && authors.recordOf(name) === null)
    .slice(0, mostEntryChecks)
    .filter((name) => entryOf(session, name) !== null);
  // In the order in which this device first had something of them: what times they put into their records is theirs to choose.
  const announced = [...said, ...mapped];
  return [...listed, ...announced].map((name) => {
    const publicKey = fromHex(name) as Uint8Array;
    return { publicKey, did: didOf(publicKey), record: recordOf(session, name) };
  });
}

/**
 * Rotations, the last of them left out whose key does not open though it is said to be sealed for us: who made one may have
 * sealed nothing, and who may remove that person goes on from before it. All, where none opens.
 */
export async function openable(
  client: Client,
  id: Uint8Array,
  { rotations, author }: Pick<Opened, "rotations" | "author">,
): Promise<Rotations> {
  for (let { all } = rotations; all.length > 0; ) {
    if (!(all.at(-1)?.rotation.members ?? []).some((member) => equalBytes(member, author))) break;
    all = all.slice(0, -1);
    const bytes = all.map((one) => one.bytes);
    const read = readRotations(bytes, id);
    const adopted = read.ok ? await client.adoptRotations(id, bytes) : read;
    if (read.ok && adopted.ok) return read.value;
  }
  return rotations;
}

/** Who stays once somebody is removed: those listed keep their places, we are first where nobody is. */
function staying(session: Opened, removed: Uint8Array): readonly Member[] {
  const others = membersOf(session).filter(({ publicKey }) => !equalBytes(publicKey, removed));
  if (session.rotations.all.length > 0) return others;
  const isSelf = ({ publicKey }: Member): boolean => equalBytes(publicKey, session.author);
  const inOrder = [...others.filter(isSelf), ...others.filter((one) => !isSelf(one))];
  // Whoever fills the document with people of their own making must not make removing anybody impossible.
  return inOrder.slice(0, rotationLimits.members);
}

/** Addresses of those who have written it or say that they are in it, and get no new key if somebody is removed. */
export function leftOut(session: Opened, removed: Uint8Array): readonly string[] {
  const stay = new Set(staying(session, removed).map(({ did }) => did));
  const gone = removedFrom(session);
  const written = session.authors
    .names()
    .filter((name) => !gone.has(name))
    .map((name) => didOf(fromHex(name) as Uint8Array));
  const all = new Set([...written, ...membersOf(session).map(({ did }) => did)]);
  return [...all].filter((did) => !stay.has(did) && did !== didOf(removed));
}

/** What would be said of those who stay; refused where it cannot be. */
export function planRemoval(session: Opened, removed: Uint8Array): Result<readonly Member[]> {
  if (equalBytes(removed, session.author))
    return rejected("invalid-argument", "That is you: `edit NAME --forget` deletes the document here.");
  if (removedFrom(session).has(toHex(removed))) return rejected("invalid-argument", "They were removed already.");
  if (!membersOf(session).some(({ publicKey }) => equalBytes(publicKey, removed)))
    return rejected(
      "not-found",
      "They are not in this document, as far as this device knows; `edit NAME --members` lists who is.",
    );
  const stay = staying(session, removed);
  const silent = stay.find(({ record }) => record === null);
  return silent === undefined
    ? accepted(stay)
    : rejected(
        "no-encryption-key",
        `Nothing can be sealed for ${silent.did} here. Nothing was changed; remove them, too, or try again once they have opened the document.`,
      );
}

/** Whether nobody can be removed any more; the next removal is about as large as the newest, with more chains read. */
function isFull({ all }: Rotations): boolean {
  const bytes = all.reduce((sum, one) => sum + one.bytes.length, (all.at(-1)?.bytes.length ?? 0) + marksGrowthBytes);
  return all.length >= documentLimits.epochs - 1 || bytes > rotationLimits.rotationsBytes;
}

/** Room for chains that came since the newest removal. */
const marksGrowthBytes = 8_192;

/**
 * Rotations on which the removal of somebody can build. Where no place is left, those from the first on that this person made are
 * put aside, so that nobody makes themselves irremovable by using them up. Only where all of these were made by people whom
 * we can remove: then everybody prefers what we make in their place.
 */
function roomFor({ author, basis }: Based, removed: Uint8Array): Rotations {
  if (!isFull(basis)) return basis;
  const rankOf = (key: Uint8Array): number => basis.seniority.get(toHex(key)) ?? Number.MAX_SAFE_INTEGER;
  const authors = basis.all.map(({ rotation }) => rotation.author);
  const from = authors.findLastIndex((one) => rankOf(one) <= rankOf(author)) + 1;
  const at = authors.findIndex((one, place) => place >= from && equalBytes(one, removed));
  if (at < 1) return basis;
  const all = basis.all.slice(0, at);
  const read = readRotations(
    all.map(({ bytes }) => bytes),
    (all[0] as (typeof all)[number]).rotation.document,
  );
  return read.ok ? read.value : basis;
}

/** Of an open document what a removal builds on. */
type Based = Omit<Changing, "save" | "load" | "catchUp">;

/** A document as it was at the rotations on which the removal of somebody builds. */
export function onBasis(session: Based, removed: Uint8Array): Opened {
  const { doc, author, authors } = session;
  return { doc, author, authors, rotations: roomFor(session, removed) };
}

/** Addresses of those who were removed and are not any more once a removal took the place of others, see {@link roomFor}. */
export function fallenWith(session: Based, removed: Uint8Array): readonly string[] {
  const before = removedFrom({ ...session, rotations: session.basis });
  const after = removedFrom(onBasis(session, removed));
  return [...before].filter((name) => !after.has(name)).map((name) => didOf(fromHex(name) as Uint8Array));
}

/** Removes somebody: those who stay get a new key. Done when it is durable here; who is away hears of it as they return. */
export async function remove(
  client: Client,
  session: Changing,
  id: Uint8Array,
  removed: Uint8Array,
): Promise<Result<null>> {
  const saved = await session.save();
  const read = saved.ok ? await session.load() : saved;
  const based = onBasis(session, removed);
  const stay = read.ok ? planRemoval(based, removed) : read;
  if (!stay.ok) return stay;
  const known = based.rotations.all.map(({ bytes }) => bytes);
  const members = stay.value.flatMap(({ record }) => record ?? []);
  const plan = { members, removed: [removed], marks: session.have };
  const signed = await client.signRemoval(id, known, plan, session.author);
  const told = signed.ok ? await client.rotateDocument(id, [...known, signed.value]) : signed;
  const turned = told.ok ? await session.catchUp() : told;
  if (!turned.ok) return turned;
  return removedFrom(session).has(toHex(removed))
    ? accepted(null)
    : rejected(
        "broken-chain",
        "Somebody who was in the document before you removed a person at the same time; theirs counts. Look at `edit NAME --members` and try again.",
      );
}
