/**
 * What a shelf of blocks writes down: of each block, of what it belongs to, and of what was let go. Rows that were written
 * before there was as much to say are read as well.
 * @module
 */
import { concatBytes } from "#protocol/codec/bytes.ts";
import {
  byteString,
  bytes32,
  decode,
  encode,
  list,
  nullable,
  record,
  type Schema,
  text,
  unsigned,
} from "#protocol/codec/schema.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { mostMarks } from "#protocol/files/release.ts";
import { blockWireLimits } from "#protocol/files/requests.ts";
import { type Stripe, stripeSchema } from "#protocol/files/stripe.ts";
import type { Write } from "../ports.ts";

/** What is known of a block beside its bytes. */
export interface Facts {
  readonly sizeBytes: number;
  /** When it may go. */
  readonly untilMs: number;
  /** The peer that brought it; empty for our own people's. */
  readonly from: string;
}

const peer = text(blockWireLimits.peerIdBytes);

const factsSchema: Schema<Facts> = record<Facts>({
  sizeBytes: unsigned(fileLimits.publicBlockBytes),
  untilMs: unsigned(),
  from: peer,
});

/** What our own people have to do with a stripe. */
export interface Ours {
  /** Of the secret of their file; empty if they left it without one. */
  readonly tag: Uint8Array;
  /** By which they let it go; empty if they left it without one. */
  readonly mark: Uint8Array;
  /** Until when this node has asked keepers to keep it, whatever others asked for. */
  readonly renewedUntilMs: number;
  /** Until when it is to be renewed; 0: it is not. */
  readonly pinnedUntilMs: number;
}

/** A stripe that some shards here belong to, or that this node's people put among others. */
export interface KeptStripe {
  readonly stripe: Stripe;
  /** Until when it is to be kept. */
  readonly untilMs: number;
  /** Of those who left it and have not let it go; what nobody can let go has none. */
  readonly marks: readonly Uint8Array[];
  /** The peer that left it first; empty: our own people. */
  readonly from: string;
  /** Null: it is others' alone. Otherwise it is remembered whether shards of it are here or not. */
  readonly ours: Ours | null;
  /** Somebody has left it for everybody: nodes of IPFS may have it, too. */
  readonly isPublic: boolean;
}

const stripeFields = { stripe: stripeSchema, untilMs: unsigned() };

const marks = list(bytes32, mostMarks);

/** As it is written; `open` is 1 for what is public. */
interface StripeRow extends Omit<KeptStripe, "isPublic"> {
  readonly open: number;
}

/** As it was written before anything was marked as public. */
type OwnedStripe = Omit<KeptStripe, "isPublic">;

const ownedStripeFields = {
  ...stripeFields,
  marks,
  from: peer,
  ours: nullable(
    record<Ours>({
      tag: byteString(0, 32),
      mark: byteString(0, 32),
      renewedUntilMs: unsigned(),
      pinnedUntilMs: unsigned(),
    }),
  ),
};

const ownedStripeSchema: Schema<OwnedStripe> = record<OwnedStripe>(ownedStripeFields);

const stripeRowSchema: Schema<StripeRow> = record<StripeRow>({ ...ownedStripeFields, open: unsigned(1) });

function rowOf({ isPublic, ...rest }: KeptStripe): StripeRow {
  return { ...rest, open: isPublic ? 1 : 0 };
}

/** As it was written before pieces could be let go; `own` is 1 for our own people's. */
interface FirstStripe extends Pick<KeptStripe, "stripe" | "untilMs"> {
  readonly own: number;
}

/** As it was written before our own people's renewals stood apart from what others ask for. */
interface MarkedStripe extends FirstStripe, Pick<KeptStripe, "marks">, Pick<Ours, "pinnedUntilMs"> {}

const firstStripeFields = { ...stripeFields, own: unsigned(1) };

const firstStripeSchema: Schema<FirstStripe> = record<FirstStripe>(firstStripeFields);

const markedStripeSchema: Schema<MarkedStripe> = record<MarkedStripe>({
  ...firstStripeFields,
  marks,
  pinnedUntilMs: unsigned(),
});

/** A piece that was let go: it is not kept again while a keeper may still have it. */
export interface Released {
  readonly secret: Uint8Array;
  readonly untilMs: number;
  /** The peer that had left it. */
  readonly from: string;
}

const releasedSchema: Schema<Released> = record<Released>({ secret: bytes32, untilMs: unsigned(), from: peer });

/** As it was written before each peer had a part of them. */
const firstReleasedSchema = record<Omit<Released, "from">>({ secret: bytes32, untilMs: unsigned() });

/** What the user offers to others; the row is there once somebody has chosen. */
interface Offer {
  readonly bytes: number | null;
}

const offerSchema: Schema<Offer> = record<Offer>({ bytes: nullable(unsigned()) });

const mostFactsBytes = 1_024;
const mostStripeBytes = 16_384;

/**
 * First byte of keys: facts stand apart from the bytes, so that a start does not read all of them. 5: deal-lists.ts,
 * 6: release-queue.ts.
 */
export const rowKinds = { facts: 0, bytes: 1, stripe: 2, offer: 3, released: 4 } as const;

/** Key of the row of what the user offers. */
export const offerKey = Uint8Array.of(rowKinds.offer);

/** Key of a row about a block, a stripe or a mark. */
export const rowKey = (kind: keyof typeof rowKinds, name: Uint8Array): Uint8Array =>
  concatBytes(Uint8Array.of(rowKinds[kind]), name);

const write = (kind: keyof typeof rowKinds, name: Uint8Array, value: Uint8Array | null): Write => ({
  table: "files",
  key: rowKey(kind, name),
  value,
});

/** Writes of rows; null deletes one. */
export const writing = {
  facts: (digest: Uint8Array, facts: Facts | null) =>
    write("facts", digest, facts === null ? null : encode(factsSchema, facts)),
  bytes: (digest: Uint8Array, bytes: Uint8Array | null) => write("bytes", digest, bytes),
  stripe: (id: Uint8Array, kept: KeptStripe | null) =>
    write("stripe", id, kept === null ? null : encode(stripeRowSchema, rowOf(kept))),
  released: (mark: Uint8Array, one: Released | null) =>
    write("released", mark, one === null ? null : encode(releasedSchema, one)),
  offer: (bytes: number | null): Write => ({ table: "files", key: offerKey, value: encode(offerSchema, { bytes }) }),
} as const;

const nothing = new Uint8Array();

function fromOld(old: FirstStripe & Partial<MarkedStripe>): KeptStripe {
  const { stripe, untilMs, own, marks: known = [], pinnedUntilMs = 0 } = old;
  const [mark = nothing] = known;
  const ours = { tag: nothing, mark, renewedUntilMs: untilMs, pinnedUntilMs };
  return { stripe, untilMs, marks: known, from: "", ours: own === 1 ? ours : null, isPublic: false };
}

/** Reads rows; null for what cannot be read. */
export const reading = {
  facts: (row: Uint8Array): Facts | null => {
    const read = decode(factsSchema, row, mostFactsBytes);
    return read.ok ? read.value : null;
  },
  stripe: (row: Uint8Array): KeptStripe | null => {
    const read = decode(stripeRowSchema, row, mostStripeBytes);
    if (read.ok) {
      const { open, ...rest } = read.value;
      return { ...rest, isPublic: open === 1 };
    }
    const owned = decode(ownedStripeSchema, row, mostStripeBytes);
    if (owned.ok) return { ...owned.value, isPublic: false };
    const marked = decode(markedStripeSchema, row, mostStripeBytes);
    const old = marked.ok ? marked : decode(firstStripeSchema, row, mostStripeBytes);
    return old.ok ? fromOld(old.value) : null;
  },
  released: (row: Uint8Array): Released | null => {
    const read = decode(releasedSchema, row, mostFactsBytes);
    if (read.ok) return read.value;
    const old = decode(firstReleasedSchema, row, mostFactsBytes);
    return old.ok ? { ...old.value, from: "" } : null;
  },
  /** Undefined if nobody has chosen. */
  offer: (row: Uint8Array | undefined): Offer | undefined => {
    const read = row === undefined ? null : decode(offerSchema, row, mostFactsBytes);
    return read?.ok ? read.value : undefined;
  },
} as const;
