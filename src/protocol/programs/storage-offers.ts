/**
 * Offers of storage: what keepers keep for others, until when, for how much, and the bond that answers for it. Each offer is
 * a value of its own with its deals beside it; a list names those that stand. A bond is coins held in escrow: `freeBondNano`
 * of an offer, and what each of its deals has bound.
 * @module
 */
import { equalBytes, toHex } from "../codec/bytes.ts";
import { amount, bytes32, decode, encode, list, record, type Schema, text, unsigned } from "../codec/schema.ts";
import { programValueKey, storageKey } from "../ledger/state-key.ts";
import { limits, type NetworkParameters } from "../parameters.ts";
import type { ValueSource, ValueWrite } from "./proof-queue.ts";

/** An offer as the state keeps it. */
export interface KeeperOffer {
  /** Id of the transaction that made it. */
  readonly id: Uint8Array;
  /** Key hash of who keeps. */
  readonly keeper: Uint8Array;
  /** Where the keeper is found on the network; its own word. */
  readonly peer: string;
  readonly bytes: number;
  /** Of them in no deal that is accepted; nothing once it was withdrawn. */
  readonly freeBytes: number;
  /** Last height at which a deal may end. */
  readonly untilHeight: number;
  /** Price of a MiB for each audit that is passed, in nano-AETH. */
  readonly priceNano: bigint;
  /** Bond that no deal has bound. */
  readonly freeBondNano: bigint;
  /** What it bonded at least for its place among the offers: held until it has given the place up. */
  readonly placeNano: bigint;
  /** Accepted deals that have not ended, and those that nobody has accepted yet. */
  readonly deals: number;
  readonly waiting: number;
  /** 1 once it was withdrawn: its deals go on to their ends, and it keeps its place as long. */
  readonly withdrawn: number;
}

interface OfferLine {
  readonly id: Uint8Array;
  readonly untilHeight: number;
}

/** Longest encoding of the list, and of an offer or a deal. */
const storageValueBytes = 4_096;

const mebibyte = 1_048_576;

const offerSchema: Schema<KeeperOffer> = record<KeeperOffer>({
  id: bytes32,
  keeper: bytes32,
  peer: text(limits.peerIdBytes),
  bytes: unsigned(limits.storageOfferBytes),
  freeBytes: unsigned(limits.storageOfferBytes),
  untilHeight: unsigned(),
  priceNano: amount,
  freeBondNano: amount,
  placeNano: amount,
  deals: unsigned(),
  waiting: unsigned(),
  withdrawn: unsigned(1),
});

const listSchema: Schema<readonly OfferLine[]> = list(
  record<OfferLine>({ id: bytes32, untilHeight: unsigned() }),
  limits.storageOffers,
);

const listKey = programValueKey("storage", "offers");

/** State key of all coins that deals and bonds hold. */
export const storageEscrowKey: Uint8Array = programValueKey("storage", "escrow");

/** Reads what we wrote ourselves; anything else in the state is a bug. */
export function readOwnStorage<T>(schema: Schema<T>, value: Uint8Array): T {
  const decoded = decode(schema, value, storageValueBytes);
  if (!decoded.ok) throw new Error(`the state holds a broken value about storage: ${decoded.message}`);
  return decoded.value;
}

function readList(source: ValueSource): readonly OfferLine[] {
  const value = source.get(listKey);
  return value === undefined ? [] : readOwnStorage(listSchema, value);
}

function listWrite(lines: readonly OfferLine[]): ValueWrite {
  return { key: listKey, value: lines.length === 0 ? null : encode(listSchema, lines) };
}

/** What the escrow is after so much has come in; below zero: gone out. */
export function storageEscrowWrite(source: ValueSource, byNano: bigint): ValueWrite {
  const held = source.get(storageEscrowKey);
  const nano = (held === undefined ? 0n : readOwnStorage(amount, held)) + byNano;
  return { key: storageEscrowKey, value: nano === 0n ? null : encode(amount, nano) };
}

/** Whether an offer has been withdrawn and its last deal is over. */
const isOver = ({ withdrawn, deals, waiting }: KeeperOffer): boolean => withdrawn === 1 && deals + waiting === 0;

/**
 * What an offer's keeper gets back of its unbound bond: nothing while it stands, all when it is over, and in between what
 * exceeds the price of its place, or places would be held for nothing.
 */
function surplusNano(offer: KeeperOffer): bigint {
  if (offer.withdrawn === 0) return 0n;
  if (isOver(offer)) return offer.freeBondNano;
  return offer.freeBondNano > offer.placeNano ? offer.freeBondNano - offer.placeNano : 0n;
}

/** Offers as they are from now on, and what of their bonds goes back to the keeper with that. */
export interface OfferChange {
  readonly writes: readonly ValueWrite[];
  readonly backNano: bigint;
}

/** An offer as it is from now on. One that was withdrawn goes with its last deal, from the list as well. */
export function changeKeeperOffer(source: ValueSource, offer: KeeperOffer): OfferChange {
  const backNano = surplusNano(offer);
  const key = storageKey(offer.id);
  if (!isOver(offer)) {
    const left = { ...offer, freeBondNano: offer.freeBondNano - backNano };
    return { writes: [{ key, value: encode(offerSchema, left) }], backNano };
  }
  const lines = readList(source).filter(({ id }) => !equalBytes(id, offer.id));
  return { writes: [listWrite(lines), { key, value: null }], backNano };
}

/** An offer that was taken back: no deal is made with it any more, its bond is free of it, its deals go on. */
export function withdrawnOffer(offer: KeeperOffer): KeeperOffer {
  return { ...offer, freeBytes: 0, withdrawn: 1 };
}

/** What taking an offer back gives its keeper at once. */
export function withdrawalNano(offer: KeeperOffer): bigint {
  return surplusNano(withdrawnOffer(offer));
}

/** An offer that is in the state, whether deals can still be made with it or not. */
export function readKeeperOffer(source: ValueSource, id: Uint8Array): KeeperOffer | null {
  const value = source.get(storageKey(id));
  const offer = value === undefined ? null : readOwnStorage(offerSchema, value);
  return offer !== null && equalBytes(offer.id, id) ? offer : null;
}

/** Whether a key of the storage namespace is an offer's: it ends in zeros. */
export function isOfferKey(key: Uint8Array): boolean {
  return key.subarray(16).every((byte) => byte === 0);
}

/** Reads an entry of the storage namespace; null if it is a deal. */
export function offerOfEntry(key: Uint8Array, value: Uint8Array): KeeperOffer | null {
  return isOfferKey(key) ? readOwnStorage(offerSchema, value) : null;
}

/** Whether an offer has been made whose place in the state this id would take. */
export function isStoragePlaceTaken(source: ValueSource, id: Uint8Array): boolean {
  return source.get(storageKey(id)) !== undefined;
}

/** Offers that have a place in the list, oldest first: those that stand, and those of which a deal is not over. */
export function placedKeeperOffers(source: ValueSource, height: number): readonly KeeperOffer[] {
  return readList(source).flatMap(({ id, untilHeight }) => {
    const offer = readKeeperOffer(source, id);
    if (offer === null) throw new Error(`the offer of storage ${toHex(id)} is listed and not there`);
    const isHeld = untilHeight >= height || offer.deals + offer.waiting > 0;
    return isHeld ? [offer] : [];
  });
}

/** Offers that stand in a block of this height, oldest first. */
export function standingKeeperOffers(source: ValueSource, height: number): readonly KeeperOffer[] {
  return placedKeeperOffers(source, height).filter(
    ({ untilHeight, withdrawn }) => untilHeight >= height && withdrawn === 0,
  );
}

/** How many places are taken in a block of this height. */
export function countPlacedOffers(source: ValueSource, height: number): number {
  return placedKeeperOffers(source, height).length;
}

/** What an offer must bond at least: a list that fills up grows dear before it is full. */
export function leastBondNano(placed: number, { storage }: Pick<NetworkParameters, "storage">): bigint {
  return storage.leastBondNano << BigInt(Math.floor(placed / storage.offersPerDoubling));
}

/** What so many bytes cost for one audit, rounded up. */
export function auditPriceNano(bytes: number, priceNano: bigint): bigint {
  return (BigInt(bytes) * priceNano + BigInt(mebibyte) - 1n) / BigInt(mebibyte);
}

/** What a deal of so many bytes at a whole price binds of its keeper's bond. */
export function dealBondNano(
  bytes: number,
  escrowNano: bigint,
  { storage }: Pick<NetworkParameters, "storage">,
): bigint {
  return storage.bondMultiple * escrowNano + storage.bondPerMebibyteNano * BigInt(Math.ceil(bytes / mebibyte));
}

/** The room that a deal of so many bytes takes of an offer, and pays for: its own, or the least that any deal takes. */
export function dealRoomBytes(
  offer: Pick<KeeperOffer, "bytes">,
  bytes: number,
  { storage }: Pick<NetworkParameters, "storage">,
): number {
  return Math.max(bytes, Math.ceil(offer.bytes / storage.dealsPerOffer));
}

/** Adds an offer to those that stand; expired ones without deals give their places up. The caller has checked that there is room. */
export function addKeeperOffer(source: ValueSource, offer: KeeperOffer, height: number): readonly ValueWrite[] {
  const placed = placedKeeperOffers(source, height).map(({ id, untilHeight }) => ({ id, untilHeight }));
  const line = { id: offer.id, untilHeight: offer.untilHeight };
  return [listWrite([...placed, line]), { key: storageKey(offer.id), value: encode(offerSchema, offer) }];
}
