/**
 * Storage deals: what a client has left with a keeper, under which root, for how long, and the coins that pay for it. A deal
 * waits until its keeper accepts it; from then on it is audited: at the end of each period it draws leaves by the beacon
 * proof of that block, and until the end of the next one the keeper shows them and is paid. What happens by itself is found
 * under a mark, the oldest first, as with leases: nobody has to do it, so nobody can leave it undone.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { amount, bytes32, encode, nullable, record, type Schema, unsigned } from "../codec/schema.ts";
import { dealMarkKey, namespace, storageKey } from "../ledger/state-key.ts";
import { limits, type NetworkParameters } from "../parameters.ts";
import type { ValueSource, ValueWrite } from "./proof-queue.ts";
import {
  changeKeeperOffer,
  dealRoomBytes,
  isOfferKey,
  type KeeperOffer,
  readKeeperOffer,
  readOwnStorage,
  storageEscrowWrite,
} from "./storage-offers.ts";

/** A deal as the state keeps it. */
export interface StorageDeal {
  /** Id of the transaction that made it. */
  readonly id: Uint8Array;
  /** Id of the offer that it is made with. */
  readonly offer: Uint8Array;
  /** Key hash of whose bytes they are. */
  readonly client: Uint8Array;
  readonly bytes: number;
  /** Audit root over them (files/audit-tree.ts). */
  readonly root: Uint8Array;
  /** Audits until it ends. */
  readonly periods: number;
  /** What each audit that is passed pays. */
  readonly periodNano: bigint;
  /** What the client has locked and nobody has earned yet. */
  readonly escrowNano: bigint;
  /** 1 once its keeper has accepted it. */
  readonly accepted: number;
  /** What of the keeper's bond answers for it now, and what a miss takes of that. */
  readonly bondNano: bigint;
  readonly missNano: bigint;
  /** Audits that are over, how many of them were missed, and whether the last one was (1). */
  readonly audited: number;
  readonly missed: number;
  readonly missedLast: number;
  /** What the leaves of the audit that runs are drawn by; null before the first one. */
  readonly draw: Uint8Array | null;
  /** 1 once that audit is passed. */
  readonly passed: number;
  /** Last height at which it can be accepted, or of the period that runs. */
  readonly dueHeight: number;
}

const dealSchema: Schema<StorageDeal> = record<StorageDeal>({
  id: bytes32,
  offer: bytes32,
  client: bytes32,
  bytes: unsigned(limits.storageOfferBytes),
  root: bytes32,
  periods: unsigned(limits.dealPeriods),
  periodNano: amount,
  escrowNano: amount,
  accepted: unsigned(1),
  bondNano: amount,
  missNano: amount,
  audited: unsigned(limits.dealPeriods),
  missed: unsigned(limits.dealPeriods),
  missedLast: unsigned(1),
  draw: nullable(bytes32),
  passed: unsigned(1),
  dueHeight: unsigned(),
});

/** A deal of an offer; null if there is none (any more). */
export function readStorageDeal(source: ValueSource, offer: Uint8Array, id: Uint8Array): StorageDeal | null {
  const value = source.get(storageKey(offer, id));
  const deal = value === undefined ? null : readOwnStorage(dealSchema, value);
  return deal !== null && equalBytes(deal.id, id) && equalBytes(deal.offer, offer) ? deal : null;
}

/** Reads an entry of the storage namespace; null if it is an offer. */
export function dealOfEntry(key: Uint8Array, value: Uint8Array): StorageDeal | null {
  return isOfferKey(key) ? null : readOwnStorage(dealSchema, value);
}

/** The mark under which a block finds what is due. */
export function dealMark({ id, offer, accepted, dueHeight }: StorageDeal): ValueWrite {
  const space = accepted === 1 ? namespace.audit : namespace.waitingDeal;
  return { key: dealMarkKey(space, id, dueHeight), value: storageKey(offer, id) };
}

/** Values to be written: a deal in place of what it was before (null: there was none; `after` null: it is over). */
export function dealWrites(before: StorageDeal | null, after: StorageDeal | null): readonly ValueWrite[] {
  const writes: ValueWrite[] = [];
  if (before !== null) writes.push({ key: dealMark(before).key, value: null });
  if (after !== null) writes.push({ key: storageKey(after.offer, after.id), value: encode(dealSchema, after) });
  else if (before !== null) writes.push({ key: storageKey(before.offer, before.id), value: null });
  if (after !== null) writes.push(dealMark(after));
  return writes;
}

/** The height at which a deal's last audit is over if it is accepted at `height`: the first period is before the first draw. */
export function dealEndHeight(
  height: number,
  periods: number,
  { storage }: Pick<NetworkParameters, "storage">,
): number {
  return height + (periods + 1) * storage.auditBlocks;
}

/** What a deal draws its leaves by: a bonded proposer, whose beacon key is known, has no say but to withhold its block. */
export function drawOf(vrfOutput: Uint8Array, deal: Uint8Array): Uint8Array {
  return taggedHash("aether/audit-draw/1", vrfOutput, deal);
}

/** Coins that a deal gives by itself. */
export interface DealPayment {
  /** No transaction can have this id, its domain differs. */
  readonly txId: Uint8Array;
  readonly index: number;
  readonly keyHash: Uint8Array;
  readonly amountNano: bigint;
}

/** What happens to a deal whose time has come. */
export interface DealStep {
  readonly writes: readonly ValueWrite[];
  readonly payments: readonly DealPayment[];
  readonly burntNano: bigint;
}

/** Two misses in a row end a deal, and one that leaves nothing of the bond: nobody would answer for the bytes any more. */
function afterAudit(deal: StorageDeal): {
  readonly deal: StorageDeal;
  readonly burntNano: bigint;
  readonly failed: boolean;
} {
  if (deal.draw === null) return { deal, burntNano: 0n, failed: false };
  const audited = deal.audited + 1;
  if (deal.passed === 1) return { deal: { ...deal, audited, missedLast: 0 }, burntNano: 0n, failed: false };
  const burntNano = deal.missNano < deal.bondNano ? deal.missNano : deal.bondNano;
  const left = { ...deal, audited, missed: deal.missed + 1, missedLast: 1, bondNano: deal.bondNano - burntNano };
  return { deal: left, burntNano, failed: deal.missedLast === 1 || left.bondNano === 0n };
}

function payments(id: Uint8Array, to: readonly (readonly [Uint8Array, bigint])[]): readonly DealPayment[] {
  const txId = taggedHash("aether/deal-end/1", id);
  return to.flatMap(([keyHash, amountNano], index) => (amountNano > 0n ? [{ txId, index, keyHash, amountNano }] : []));
}

function offerOf(source: ValueSource, { offer: id }: StorageDeal): KeeperOffer {
  const offer = readKeeperOffer(source, id);
  if (offer === null) throw new Error("a deal has outlived its offer");
  return offer;
}

/** A deal that nobody has accepted is over: the client's coins, and what its offer's keeper gets back with that. */
export function endWaitingDeal(
  source: ValueSource,
  deal: StorageDeal,
): { readonly writes: readonly ValueWrite[]; readonly keeper: Uint8Array; readonly backNano: bigint } {
  const offer = offerOf(source, deal);
  const { writes, backNano } = changeKeeperOffer(source, { ...offer, waiting: offer.waiting - 1 });
  const escrow = storageEscrowWrite(source, -(deal.escrowNano + backNano));
  return { writes: [...dealWrites(deal, null), ...writes, escrow], keeper: offer.keeper, backNano };
}

/** The last of a deal: the client gets what nobody has earned, and the offer its bond back, or (failed) the client that as well. */
function endDeal(
  source: ValueSource,
  before: StorageDeal,
  deal: StorageDeal,
  { burntNano, failed }: { readonly burntNano: bigint; readonly failed: boolean },
  parameters: Pick<NetworkParameters, "storage">,
): DealStep {
  const offer = offerOf(source, deal);
  const clientNano = deal.escrowNano + (failed ? deal.bondNano : 0n);
  const { writes, backNano } = changeKeeperOffer(source, {
    ...offer,
    deals: offer.deals - 1,
    freeBytes: offer.freeBytes + (offer.withdrawn === 0 ? dealRoomBytes(offer, deal.bytes, parameters) : 0),
    freeBondNano: offer.freeBondNano + (failed ? 0n : deal.bondNano),
  });
  const escrow = storageEscrowWrite(source, -(clientNano + backNano + burntNano));
  return {
    writes: [...dealWrites(before, null), ...writes, escrow],
    payments: payments(deal.id, [
      [deal.client, clientNano],
      [offer.keeper, backNano],
    ]),
    burntNano,
  };
}

/**
 * What becomes of a deal, given by its key, in a block of `height` that comes after its time: nobody accepted it, or an audit
 * is over and another one begins. `vrfOutput`: of that block's beacon proof.
 */
export function stepDeal(
  source: ValueSource,
  key: Uint8Array,
  place: { readonly height: number; readonly vrfOutput: Uint8Array },
  parameters: Pick<NetworkParameters, "storage">,
): DealStep {
  const value = source.get(key);
  if (value === undefined) throw new Error("a mark stands for no deal");
  const before = readOwnStorage(dealSchema, value);
  if (before.accepted === 0) {
    const { writes, keeper, backNano } = endWaitingDeal(source, before);
    const paid = payments(before.id, [
      [before.client, before.escrowNano],
      [keeper, backNano],
    ]);
    return { writes, payments: paid, burntNano: 0n };
  }
  const { deal, burntNano, failed } = afterAudit(before);
  if (failed || deal.audited >= deal.periods) return endDeal(source, before, deal, { burntNano, failed }, parameters);
  const draw = drawOf(place.vrfOutput, deal.id);
  const next = { ...deal, draw, passed: 0, dueHeight: place.height + parameters.storage.auditBlocks };
  return {
    writes: [...dealWrites(before, next), ...(burntNano > 0n ? [storageEscrowWrite(source, -burntNano)] : [])],
    payments: [],
    burntNano,
  };
}
