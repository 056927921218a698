/**
 * Documents that this node holds: their sealed updates, chain by chain. What was not signed by its author, or does not
 * follow what they wrote before, is refused; what was taken is durable.
 * @module
 */
import { bigEndian, concatBytes, equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema, unsigned } from "#protocol/codec/schema.ts";
import { documentLimits, rotationLimits } from "#protocol/documents/limits.ts";
import type { ChainMark } from "#protocol/documents/requests.ts";
import {
  keyCheck,
  newestLink,
  newestRotation,
  noRotations,
  permitted,
  preferredRotations,
  type Rotations,
  readRotations,
} from "#protocol/documents/rotation.ts";
import {
  type ChainEnd,
  chainOf,
  emptyChain,
  extendChain,
  forgedUpdate,
  inspectUpdate,
  replicaBytes,
  updateSignature,
} from "#protocol/documents/update.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import type { DocumentNews, DocumentPlace } from "#sdk/documents.ts";
import type { Entropy, SignatureVerifier, Store, Write } from "../ports.ts";
import { pages } from "../store-pages.ts";
import { documentPlan } from "./document-limits.ts";

/** First byte of keys; numbers are never used again for something else. */
const kinds = { document: 0, end: 1, update: 2, turns: 3, arrival: 4 } as const;

/** Beside what is in its key. */
interface DocumentRow {
  readonly access: Uint8Array;
  readonly replica: Uint8Array;
}

interface EndRow extends ChainEnd {
  /** Of all updates of the chain. */
  readonly bytes: number;
}

const documentRow: Schema<DocumentRow> = record<DocumentRow>({
  access: bytes32,
  replica: byteString(replicaBytes, replicaBytes),
});

const endRow: Schema<EndRow> = record<EndRow>({
  next: unsigned(documentLimits.chainUpdates),
  link: bytes32,
  bytes: unsigned(),
});

const mostRowBytes = 1_024;

const keyOf = (kind: keyof typeof kinds, ...parts: readonly Uint8Array[]): Uint8Array =>
  concatBytes(Uint8Array.of(kinds[kind]), ...parts);

const updateKey = (id: Uint8Array, chain: Uint8Array, sequence: number): Uint8Array =>
  keyOf("update", id, chain, bigEndian(sequence, 4));

const arrivalKey = (id: Uint8Array, number: number): Uint8Array => keyOf("arrival", id, bigEndian(number, 4));

const write = (key: Uint8Array, value: Uint8Array | null): Write => ({ table: "documents", key, value });

/** Rotations of a document's key, and the accesses that were held before, by which those who are behind are known. */
interface TurnsRow {
  readonly rotations: readonly Uint8Array[];
  readonly earlier: readonly Uint8Array[];
}

const turnsRow: Schema<TurnsRow> = record<TurnsRow>({
  rotations: list(byteString(1, rotationLimits.rotationBytes), documentLimits.epochs - 1),
  earlier: list(bytes32, documentLimits.epochs),
});

const mostTurnsBytes = rotationLimits.rotationsBytes + 8_192;

/** A document that is held; it changes as its key does. */
export interface ShelvedDocument {
  readonly id: Uint8Array;
  /** In the order in which their first updates came here, after those of earlier builds, which did not note it. */
  readonly ends: Map<string, EndRow>;
  access: Uint8Array;
  replica: Uint8Array;
  rotations: Rotations;
  earlier: readonly Uint8Array[];
}

/** Whether the access that is held is that of the newest key; not so between a rotation and the next time the vault is open. */
export function isCurrent({ rotations, access }: ShelvedDocument): boolean {
  const newest = newestRotation(rotations);
  return newest === null || equalBytes(newest.check, keyCheck(access));
}

/** What became of updates that came. */
export interface Taken {
  /** Those that were new, in order. */
  readonly fresh: readonly Uint8Array[];
  /** Whether some before those that came are missing. */
  readonly gap: boolean;
  /** Why the rest was not taken; null if nothing was wrong. */
  readonly refusal: Rejected | null;
}

/** What the shelf is made with. */
export interface ShelfParts {
  readonly store: Store;
  readonly entropy: Entropy;
  readonly signatureVerifier: SignatureVerifier;
}

const notHeld = rejected("not-found", "This node does not hold that document.");

const cutOff = rejected(
  "wrong-holder",
  "This was written by somebody who is no member of the document, or not any more. It was not taken.",
);

/** The documents of one node. */
export class DocumentShelf {
  private readonly parts: ShelfParts;
  private readonly held = new Map<string, ShelvedDocument>();
  private readonly turns = new Turns();

  private constructor(parts: ShelfParts) {
    this.parts = parts;
  }

  /** Reads what is held, but for the updates. */
  static async open(parts: ShelfParts): Promise<DocumentShelf> {
    const shelf = new DocumentShelf(parts);
    const range = { from: keyOf("document"), to: Uint8Array.of(kinds.update) };
    for await (const page of pages(parts.store, "documents", undefined, range)) {
      for (const [key, value] of page) shelf.restore(key, value);
    }
    const turns = { from: keyOf("turns"), to: Uint8Array.of(kinds.turns + 1) };
    for await (const page of pages(parts.store, "documents", undefined, turns)) {
      for (const [key, value] of page) shelf.restoreTurns(key, value);
    }
    const arrivals = { from: keyOf("arrival"), to: Uint8Array.of(kinds.arrival + 1) };
    // By document and number: each chain goes behind those that came before it.
    for await (const page of pages(parts.store, "documents", undefined, arrivals)) {
      for (const [key, chain] of page) shelf.restoreArrival(key, chain);
    }
    return shelf;
  }

  /** All that are held. */
  documents(): Iterable<ShelvedDocument> {
    return this.held.values();
  }

  /** One of them. */
  find(id: Uint8Array): ShelvedDocument | undefined {
    return this.held.get(toHex(id));
  }

  /** Holds a document from now on; durable when it answers. Who was let in anew begins chains of their own. */
  hold(id: Uint8Array, access: Uint8Array, author: Uint8Array): Promise<Result<ShelvedDocument>> {
    return this.turns.take(async () => {
      const before = this.find(id);
      if (before !== undefined && equalBytes(before.access, access)) return accepted(before);
      if (before === undefined && this.held.size >= documentLimits.documents)
        return rejected("too-many", `This node holds ${documentLimits.documents} documents already.`);
      const members = before === undefined ? undefined : newestRotation(before.rotations)?.members;
      const isAnew = members !== undefined && !members.some((member) => equalBytes(member, author));
      const replica = before === undefined || isAnew ? this.parts.entropy.bytes(replicaBytes) : before.replica;
      const document: ShelvedDocument = before ?? {
        id,
        ends: new Map(),
        access,
        replica,
        rotations: noRotations,
        earlier: [],
      };
      const earlier =
        before === undefined
          ? []
          : [...before.earlier, before.access].filter((one) => !equalBytes(one, access)).slice(-documentLimits.epochs);
      const row = write(keyOf("document", id), encode(documentRow, { access, replica }));
      await this.parts.store.commit(earlier.length > 0 ? [row, this.turnsOf(document, { earlier })] : [row]);
      Object.assign(document, { access, replica, earlier });
      this.held.set(toHex(id), document);
      return accepted(document);
    });
  }

  /** Takes rotations over if they count more than those that are known; whether they do. Durable when it answers. */
  rotate(id: Uint8Array, bytes: readonly Uint8Array[]): Promise<Result<boolean>> {
    return this.turns.take(async () => {
      const document = this.find(id);
      const read = document === undefined ? notHeld : readRotations(bytes, id);
      if (document === undefined) return notHeld;
      if (!read.ok) return read;
      const rotations = preferredRotations(document.rotations, read.value);
      if (equalBytes(newestLink(rotations), newestLink(document.rotations))) return accepted(false);
      await this.parts.store.commit([this.turnsOf(document, { rotations })]);
      document.rotations = rotations;
      return accepted(true);
    });
  }

  private turnsOf(document: ShelvedDocument, change: Partial<Pick<ShelvedDocument, "rotations" | "earlier">>): Write {
    const { rotations, earlier } = { ...document, ...change };
    const row = { rotations: rotations.all.map(({ bytes }) => bytes), earlier };
    return write(keyOf("turns", document.id), encode(turnsRow, row));
  }

  /** Where an author writes next on this device. */
  place({ replica, ends, rotations }: ShelvedDocument, author: Uint8Array): DocumentPlace {
    const { next, link } = ends.get(toHex(chainOf({ author, replica }))) ?? emptyChain;
    const newest = newestRotation(rotations);
    return { replica, next, link, epoch: newest?.epoch ?? 0, check: newest?.check ?? null };
  }

  /** Takes updates in, those that are new and in their place; durable when it answers. */
  take(id: Uint8Array, updates: readonly Uint8Array[]): Promise<Result<Taken>> {
    return this.turns.take(async () => {
      const document = this.find(id);
      if (document === undefined) return notHeld;
      const read = updates.map((bytes) => ({ bytes, update: inspectUpdate(bytes, id) }));
      const checks = read.flatMap(({ update }) => (update.ok ? [updateSignature(update.value)] : []));
      const good = (await this.parts.signatureVerifier.verifyBatch(checks)).values();
      const ends = new Map<string, EndRow>();
      const writes: Write[] = [];
      const fresh: Uint8Array[] = [];
      let usedBytes = sizeOf(document);
      let gap = false;
      let refusal: Rejected | null = null;
      for (const { bytes, update } of read) {
        const isGood = update.ok && good.next().value === true;
        if (!update.ok || !isGood) {
          refusal = update.ok ? forgedUpdate : update;
          continue;
        }
        if (!permitted(document.rotations, update.value)) {
          refusal = cutOff;
          continue;
        }
        const chain = chainOf(update.value);
        const name = toHex(chain);
        const end = ends.get(name) ?? document.ends.get(name) ?? { ...emptyChain, bytes: 0 };
        const extended = extendChain(end, update.value, bytes);
        if (!extended.ok) {
          if (extended.code === "not-found") gap = true;
          else refusal = extended;
          continue;
        }
        if (extended.value === null) continue;
        usedBytes += bytes.length;
        const full = this.fullness(document, ends, name, usedBytes);
        if (full !== null) {
          refusal = full;
          break;
        }
        if (end.next === 0)
          writes.push(write(arrivalKey(id, new Set([...document.ends.keys(), ...ends.keys()]).size), chain));
        const next = { ...extended.value, bytes: end.bytes + bytes.length };
        ends.set(name, next);
        fresh.push(bytes);
        writes.push(write(updateKey(id, chain, update.value.sequence), bytes));
        writes.push(write(keyOf("end", id, chain), encode(endRow, next)));
      }
      if (writes.length > 0) await this.parts.store.commit(writes);
      for (const [name, end] of ends) document.ends.set(name, end);
      return accepted({ fresh, gap, refusal });
    });
  }

  /** What is had of a document. */
  have({ ends }: ShelvedDocument): readonly ChainMark[] {
    return [...ends].map(([name, { next }]) => ({ chain: fromHex(name) as Uint8Array, next }));
  }

  /** Updates beyond those that somebody has, as many as go at once; at least one, if there are any. */
  async news(document: ShelvedDocument, have: readonly ChainMark[]): Promise<DocumentNews> {
    const known = new Map(have.map(({ chain, next }) => [toHex(chain), next]));
    const updates: Uint8Array[] = [];
    let bytes = 0;
    let more = false;
    for (const [name, { next }] of document.ends) {
      const chain = fromHex(name) as Uint8Array;
      for (let from = known.get(name) ?? 0; from < next && !more; ) {
        const limit = Math.min(next - from, documentLimits.updatesAtOnce - updates.length, pageUpdates);
        const to = updateKey(document.id, chain, next);
        const range = { from: updateKey(document.id, chain, from), to, limit };
        const rows = await this.parts.store.range("documents", range);
        for (const [, value] of rows) {
          more ||= updates.length > 0 && bytes + value.length > documentLimits.batchBytes;
          if (more) break;
          updates.push(value);
          bytes += value.length;
          from++;
        }
        known.set(name, from);
        // What the disk has lost cannot be given.
        if (rows.length < limit) break;
        more ||= updates.length >= documentLimits.updatesAtOnce;
      }
      if (more) break;
    }
    const marks = [...known].map(([name, next]) => ({ chain: fromHex(name) as Uint8Array, next }));
    return { updates, have: marks, more };
  }

  /** Deletes all that is kept of a document. */
  drop(id: Uint8Array): Promise<Result<null>> {
    return this.turns.take(async () => {
      const document = this.find(id);
      if (document === undefined) return notHeld;
      const writes = [write(keyOf("document", id), null), write(keyOf("turns", id), null)];
      for (let number = 0; number < document.ends.size; number++) writes.push(write(arrivalKey(id, number), null));
      for (const [name, { next }] of document.ends) {
        const chain = fromHex(name) as Uint8Array;
        writes.push(write(keyOf("end", id, chain), null));
        for (let sequence = 0; sequence < next; sequence++) writes.push(write(updateKey(id, chain, sequence), null));
      }
      await this.parts.store.commit(writes);
      this.held.delete(toHex(id));
      return accepted(null);
    });
  }

  private fullness(
    { ends }: ShelvedDocument,
    added: ReadonlyMap<string, EndRow>,
    name: string,
    usedBytes: number,
  ): Rejected | null {
    const isNew = !ends.has(name) && !added.has(name);
    const chains = new Set([...ends.keys(), ...added.keys()]).size;
    if (isNew && chains >= documentLimits.chains)
      return rejected("too-many", `As many devices have written this document as may (${documentLimits.chains}).`);
    return usedBytes > documentPlan.documentBytes
      ? rejected("storage-full", "This document's history is as long as it may be; copy its text into a new one.")
      : null;
  }

  private restoreTurns(key: Uint8Array, value: Uint8Array): void {
    const document = this.find(key.slice(1, 33));
    const row = decode(turnsRow, value, mostTurnsBytes);
    const rotations = document !== undefined && row.ok ? readRotations(row.value.rotations, document.id) : null;
    if (document === undefined || !row.ok || !rotations?.ok) return;
    document.rotations = rotations.value;
    document.earlier = row.value.earlier;
  }

  private restoreArrival(key: Uint8Array, chain: Uint8Array): void {
    const ends = this.find(key.slice(1, 33))?.ends;
    const end = ends?.get(toHex(chain));
    if (ends === undefined || end === undefined) return;
    ends.delete(toHex(chain));
    ends.set(toHex(chain), end);
  }

  private restore(key: Uint8Array, value: Uint8Array): void {
    const id = key.slice(1, 33);
    if (key[0] === kinds.document) {
      const row = decode(documentRow, value, mostRowBytes);
      const turns = { rotations: noRotations, earlier: [] };
      if (row.ok) this.held.set(toHex(id), { ...row.value, ...turns, id, ends: new Map() });
      return;
    }
    const row = decode(endRow, value, mostRowBytes);
    if (row.ok) this.find(id)?.ends.set(toHex(key.subarray(33)), row.value);
  }
}

/** Updates read at once: one may have a megabyte. */
const pageUpdates = 16;

/** Bytes of all updates of a document. */
export function sizeOf({ ends }: ShelvedDocument): number {
  let bytes = 0;
  for (const end of ends.values()) bytes += end.bytes;
  return bytes;
}
