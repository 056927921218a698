/**
 * Storage deals, as who pays for them sees them: keepers answer with a bond for what was left with them.
 * @module
 */
import type { AuditedBytes } from "#protocol/files/audit-tree.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import type { StorageDeal } from "#protocol/programs/storage-deals.ts";
import type { KeeperOffer } from "#protocol/programs/storage-offers.ts";
import type { Result } from "#protocol/result.ts";

/** An offer of storage that stands. */
export interface StorageOfferView {
  readonly offer: KeeperOffer;
  /** Whether its keeper is connected. */
  readonly connected: boolean;
}

/** What the keeper of an offer has of some pieces now. */
export interface AnswerableBlocks {
  readonly offer: KeeperOffer;
  /** Each once, in the order of the pieces; at least one. */
  readonly digests: readonly Uint8Array[];
}

/** Which blocks a deal is about, and who is to be told of them. */
export interface AskedDeal {
  /** Peer id of the keeper. */
  readonly peer: string;
  /** Id of the transaction that made the offer, and of the one that asks for the deal. */
  readonly offer: Uint8Array;
  readonly deal: Uint8Array;
  /** By what their file is remembered: the digest of its manifest. */
  readonly of: Uint8Array;
  /** In the order of the deal's audit root. */
  readonly digests: readonly Uint8Array[];
  /** No block after this height takes that transaction. */
  readonly expiry: number;
}

/** A deal that stands. */
export interface StorageDealView {
  readonly deal: StorageDeal;
  readonly offer: KeeperOffer;
  /** Its blocks and their file, if it was asked for from here. */
  readonly asked: AskedDeal | null;
  /** Whether the keeper has been told of them by this node since it started. */
  readonly isHandedOver: boolean;
  /** Why not; empty if there is nothing in the way. */
  readonly trouble: string;
}

/** Requests to a node about storage deals. */
export interface StorageDealRequests {
  /** Offers with which deals can be made, oldest first. */
  storageOffers(): Promise<Result<readonly StorageOfferView[]>>;
  /** Which blocks of some pieces connected keepers with offers say that they have. */
  answerableBlocks(stripes: readonly Stripe[]): Promise<Result<readonly AnswerableBlocks[]>>;
  /** The audit root of some blocks, read here or fetched from that peer, and checked. */
  auditedBytes(peer: string, digests: readonly Uint8Array[]): Promise<Result<AuditedBytes>>;
  /**
   * Remembers which blocks a deal is about, to be called before its transaction is sent: the node tells the keeper once the
   * deal is in the chain, also after a restart. Durable when it answers.
   */
  rememberDeal(deal: AskedDeal): Promise<Result<null>>;
  /** Deals of a key, and of those that it took over from, that are not over. */
  storageDeals(keyHash: Uint8Array): Promise<Result<readonly StorageDealView[]>>;
}
