/**
 * How messages are written into the store: rows of one table, told apart by their first byte. What is listed at the start
 * stands apart from the messages' bytes.
 * @module
 */
import { concatBytes } from "#protocol/codec/bytes.ts";
import { byteString, decode, encode, nullable, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { stampBytes } from "#protocol/ledger/stamp.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import type { StampedEnvelope } from "#protocol/mail/requests.ts";
import type { MailStanding } from "#sdk/mail.ts";
import type { Store, Write } from "../ports.ts";
import { pages } from "../store-pages.ts";

/** Kinds of rows; numbers are never used again for something else. */
const kinds = { inbox: 0, letter: 1, deleted: 2, outgoing: 3, kept: 4, keptBytes: 5, key: 6, copy: 7 } as const;

/** Name of a kind. */
export type MailRow = keyof typeof kinds;

/** A message for this node's people. */
export interface InboxRow {
  readonly madeAtMs: number;
  readonly arrivedAtMs: number;
  /** 0 or 1. */
  readonly read: number;
}

/** A message that was deleted. */
interface DeletedRow {
  readonly madeAtMs: number;
}

/** The numbers that stand for standings. */
export const standings: readonly MailStanding[] = ["waiting", "kept", "received", "given-up"];

/** A message of this node's people. */
export interface OutgoingRow {
  /** Address of its receiver. */
  readonly to: string;
  readonly madeAtMs: number;
  /** Place in {@link standings}. */
  readonly standing: number;
  readonly keepers: number;
  /** Null once nobody needs it any more. */
  readonly envelope: Uint8Array | null;
}

/** A message that is kept for somebody. Its key is the receiver's key hash and its id. */
export interface KeptRow {
  readonly madeAtMs: number;
  /** The peer that brought it. */
  readonly from: string;
  readonly sizeBytes: number;
}

const envelope = byteString(1, mailLimits.envelopeBytes);

const schemas: {
  inbox: Schema<InboxRow>;
  deleted: Schema<DeletedRow>;
  outgoing: Schema<OutgoingRow>;
  kept: Schema<KeptRow>;
  keptBytes: Schema<StampedEnvelope>;
} = {
  inbox: record<InboxRow>({ madeAtMs: unsigned(), arrivedAtMs: unsigned(), read: unsigned(1) }),
  deleted: record<DeletedRow>({ madeAtMs: unsigned() }),
  outgoing: record<OutgoingRow>({
    to: text(128),
    madeAtMs: unsigned(),
    standing: unsigned(standings.length - 1),
    keepers: unsigned(0xff),
    envelope: nullable(envelope),
  }),
  kept: record<KeptRow>({ madeAtMs: unsigned(), from: text(mailLimits.peerIdBytes), sizeBytes: unsigned() }),
  keptBytes: record<StampedEnvelope>({ envelope, stamp: byteString(stampBytes, stampBytes) }),
};

const mostRowBytes = 65_536;

/** Rows read at once. */
const pageRows = 256;

/** The key of a row in the table. */
export function rowKey(kind: MailRow, ...parts: readonly Uint8Array[]): Uint8Array {
  return concatBytes(Uint8Array.of(kinds[kind]), ...parts);
}

type Written = typeof schemas;
type RowOf<K extends keyof Written> = Written[K] extends Schema<infer T> ? T : never;

/** What puts a row in. */
export function putRow<K extends keyof Written>(kind: K, key: Uint8Array, row: RowOf<K>): Write {
  return { table: "mail", key: rowKey(kind, key), value: encode(schemas[kind] as Schema<RowOf<K>>, row) };
}

/** What puts plain bytes in. */
export function putBytes(kind: "letter" | "key" | "copy", key: Uint8Array, value: Uint8Array): Write {
  return { table: "mail", key: rowKey(kind, key), value };
}

/** What takes a row out. */
export function dropRow(kind: MailRow, key: Uint8Array): Write {
  return { table: "mail", key: rowKey(kind, key), value: null };
}

/** Reads a row's value; null if it is none, as after damage. */
export function readRow<K extends keyof Written>(kind: K, bytes: Uint8Array): RowOf<K> | null {
  const row = decode(schemas[kind] as Schema<RowOf<K>>, bytes, mostRowBytes);
  return row.ok ? row.value : null;
}

/** All rows of a kind in the order of their keys, in pages. */
export async function* rowsOf(
  store: Store,
  kind: MailRow,
): AsyncGenerator<readonly [key: Uint8Array, value: Uint8Array]> {
  const range = { from: rowKey(kind), to: Uint8Array.of(kinds[kind] + 1) };
  for await (const page of pages(store, "mail", pageRows, range))
    for (const [key, value] of page) yield [key.subarray(1), value];
}
