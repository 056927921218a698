/**
 * Offers of memory: what providers lend, until when, for how much. Each offer is a value of its own, so that allocations
 * from different ones touch nothing in common; a list names those that stand. An expired offer gives its place up when
 * somebody makes a new one.
 * @module
 */
import { equalBytes, toHex } from "../codec/bytes.ts";
import { amount, bytes32, decode, encode, list, record, type Schema, unsigned } from "../codec/schema.ts";
import { programValueKey } from "../ledger/state-key.ts";
import { limits, type NetworkParameters } from "../parameters.ts";
import type { ValueSource, ValueWrite } from "./proof-queue.ts";

/** An offer as the state keeps it. */
export interface MemoryOffer {
  /** Id of the transaction that made it. */
  readonly id: Uint8Array;
  /** Key hash of who lends. */
  readonly provider: Uint8Array;
  readonly bytes: number;
  /** Of them not lent now. */
  readonly freeBytes: number;
  /** Last height at which something is allocated from it, and until which that is lent. */
  readonly untilHeight: number;
  /** Price of a MiB for the whole time, in nano-AETH. */
  readonly priceNano: bigint;
}

interface OfferLine {
  readonly id: Uint8Array;
  readonly untilHeight: number;
}

/** Longest encoding of the list, and of an offer. */
const valueBytes = 4_096;

/** Bytes that the price is for. */
const priceUnitBytes = 1_048_576n;

const offerSchema: Schema<MemoryOffer> = record<MemoryOffer>({
  id: bytes32,
  provider: bytes32,
  bytes: unsigned(limits.memoryOfferBytes),
  freeBytes: unsigned(limits.memoryOfferBytes),
  untilHeight: unsigned(),
  priceNano: amount,
});

const listSchema: Schema<readonly OfferLine[]> = list(
  record<OfferLine>({ id: bytes32, untilHeight: unsigned() }),
  limits.memoryOffers,
);

const listKey = programValueKey("memory", "offers");

function offerKey(id: Uint8Array): Uint8Array {
  return programValueKey("memory", `offer/${toHex(id)}`);
}

/** Reads what we wrote ourselves; anything else in the state is a bug. */
function readOwn<T>(schema: Schema<T>, value: Uint8Array): T {
  const decoded = decode(schema, value, valueBytes);
  if (!decoded.ok) throw new Error(`the state holds a broken offer of memory: ${decoded.message}`);
  return decoded.value;
}

function readList(source: ValueSource): readonly OfferLine[] {
  const value = source.get(listKey);
  return value === undefined ? [] : readOwn(listSchema, value);
}

function listWrite(lines: readonly OfferLine[]): ValueWrite {
  return { key: listKey, value: lines.length === 0 ? null : encode(listSchema, lines) };
}

/** One value to be written: an offer as it is from now on. */
export function memoryOfferWrite(offer: MemoryOffer): ValueWrite {
  return { key: offerKey(offer.id), value: encode(offerSchema, offer) };
}

/** An offer that is in the state, expired or not. */
export function readMemoryOffer(source: ValueSource, id: Uint8Array): MemoryOffer | null {
  const value = source.get(offerKey(id));
  return value === undefined ? null : readOwn(offerSchema, value);
}

/** Offers that stand in a block of this height, oldest first. */
export function standingOffers(source: ValueSource, height: number): readonly MemoryOffer[] {
  return readList(source)
    .filter(({ untilHeight }) => untilHeight >= height)
    .map(({ id }) => {
      const offer = readMemoryOffer(source, id);
      if (offer === null) throw new Error(`the offer ${toHex(id)} is listed and not there`);
      return offer;
    });
}

/** How many offers stand in a block of this height. */
export function countStandingOffers(source: ValueSource, height: number): number {
  return readList(source).filter(({ untilHeight }) => untilHeight >= height).length;
}

/** What an offer must burn at least: a list that fills up grows dear before it is full, and a place costs by the block. */
export function offerBurnNano(standing: number, blocks: number, { memory }: Pick<NetworkParameters, "memory">): bigint {
  return (memory.leastBlockNano << BigInt(Math.floor(standing / memory.offersPerDoubling))) * BigInt(blocks);
}

/** The least that one lease takes of an offer of so many bytes: whole pages. */
export function leastLeaseBytes(offerBytes: number, { memory }: Pick<NetworkParameters, "memory">): number {
  const { memoryPageBytes } = limits;
  return Math.ceil(offerBytes / memory.leasesPerOffer / memoryPageBytes) * memoryPageBytes;
}

/** What so many bytes of an offer cost, rounded up. */
export function leasePriceNano(bytes: number, priceNano: bigint): bigint {
  return (BigInt(bytes) * priceNano + priceUnitBytes - 1n) / priceUnitBytes;
}

/** Adds an offer and clears away those that have expired. The caller has checked that there is room. */
export function addOffer(source: ValueSource, offer: MemoryOffer, height: number): readonly ValueWrite[] {
  const lines = readList(source);
  const standing = lines.filter(({ untilHeight }) => untilHeight >= height);
  const gone = lines.filter(({ untilHeight }) => untilHeight < height);
  return [
    listWrite([...standing, { id: offer.id, untilHeight: offer.untilHeight }]),
    memoryOfferWrite(offer),
    ...gone.map(({ id }) => ({ key: offerKey(id), value: null })),
  ];
}

/** Takes an offer out; what is lent from it stays lent until its height. */
export function removeOffer(source: ValueSource, id: Uint8Array): readonly ValueWrite[] {
  return [listWrite(readList(source).filter((line) => !equalBytes(line.id, id))), { key: offerKey(id), value: null }];
}

/**
 * Gives bytes back to their offer, if it is still there. In a block they always fit; a pool, which looks at the state
 * without what waits, may see them come back before they were taken.
 */
export function returnBytes(source: ValueSource, id: Uint8Array, bytes: number): readonly ValueWrite[] {
  const offer = readMemoryOffer(source, id);
  if (offer === null) return [];
  return [memoryOfferWrite({ ...offer, freeBytes: Math.min(offer.bytes, offer.freeBytes + bytes) })];
}
