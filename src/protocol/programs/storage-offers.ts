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
  /** Accepted deals that have not ended. */
  readonly deals: number;
  /** 1 once it was withdrawn: its deals go on to their ends, and their bonds go back to the keeper. */
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
  deals: unsigned(),
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

/** One value to be written: an offer as it is from now on. One that was withdrawn goes with its last deal. */
export function keeperOfferWrite(offer: KeeperOffer): ValueWrite {
  const isOver = offer.withdrawn === 1 && offer.deals === 0;
  return { key: storageKey(offer.id), value: isOver ? null : encode(offerSchema, offer) };
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

/** Offers that stand in a block of this height, oldest first. */
export function standingKeeperOffers(source: ValueSource, height: number): readonly KeeperOffer[] {
  return readList(source)
    .filter(({ untilHeight }) => untilHeight >= height)
    .map(({ id }) => {
      const offer = readKeeperOffer(source, id);
      if (offer === null) throw new Error(`the offer of storage ${toHex(id)} is listed and not there`);
      return offer;
    });
}

/** How many offers stand in a block of this height. */
export function countKeeperOffers(source: ValueSource, height: number): number {
  return readList(source).filter(({ untilHeight }) => untilHeight >= height).length;
}

/** What an offer must bond at least: a list that fills up grows dear before it is full. */
export function leastBondNano(standing: number, { storage }: Pick<NetworkParameters, "storage">): bigint {
  return storage.leastBondNano << BigInt(Math.floor(standing / storage.offersPerDoubling));
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

/** The least that one deal takes of an offer of so many bytes. */
export function leastDealBytes(offerBytes: number, { storage }: Pick<NetworkParameters, "storage">): number {
  return Math.ceil(offerBytes / storage.dealsPerOffer);
}

/** Adds an offer to those that stand; expired ones give their places up. The caller has checked that there is room. */
export function addKeeperOffer(source: ValueSource, offer: KeeperOffer, height: number): readonly ValueWrite[] {
  const standing = readList(source).filter(({ untilHeight }) => untilHeight >= height);
  return [listWrite([...standing, { id: offer.id, untilHeight: offer.untilHeight }]), keeperOfferWrite(offer)];
}

/** Takes an offer off the list: no deal is made with it any more, its bond is free of it, its deals go on. */
export function withdrawKeeperOffer(source: ValueSource, offer: KeeperOffer): readonly ValueWrite[] {
  const lines = readList(source).filter(({ id }) => !equalBytes(id, offer.id));
  return [listWrite(lines), keeperOfferWrite({ ...offer, freeBytes: 0, freeBondNano: 0n, withdrawn: 1 })];
}
