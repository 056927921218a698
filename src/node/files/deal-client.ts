/**
 * Storage deals of this node's own people: which keepers could answer for what, which blocks each deal is about, and telling
 * its keeper. What stands is read from the chain; only the blocks are remembered here, from before the transaction is sent
 * until its deal is over, so that a tab that dies in between has asked for nothing in vain.
 * @module
 */
import { concatBytes, equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { bytes32, decode, encode, list, record, type Schema, text, unsigned } from "#protocol/codec/schema.ts";
import { type AuditedBytes, AuditHasher } from "#protocol/files/audit-tree.ts";
import { type DigestBlock, digestsOf } from "#protocol/files/block-digests.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { checkStripe, type Stripe } from "#protocol/files/stripe.ts";
import { storagePrefix } from "#protocol/ledger/state-key.ts";
import { openedBy } from "#protocol/ledger/succession.ts";
import { limits } from "#protocol/parameters.ts";
import { dealOfEntry, readStorageDeal } from "#protocol/programs/storage-deals.ts";
import { type KeeperOffer, placedKeeperOffers, standingKeeperOffers } from "#protocol/programs/storage-offers.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type {
  AnswerableBlocks,
  AskedDeal,
  StorageDealRequests,
  StorageDealView,
  StorageOfferView,
} from "#sdk/storage-deals.ts";
import type { Chain } from "../chain.ts";
import { guarded } from "../guarded.ts";
import { inParts } from "../lists.ts";
import type { Network, Store } from "../ports.ts";
import { pages } from "../store-pages.ts";
import type { FileBlocks } from "./file-blocks.ts";

const askedSchema: Schema<AskedDeal> = record<AskedDeal>({
  peer: text(limits.peerIdBytes),
  offer: bytes32,
  deal: bytes32,
  of: bytes32,
  digests: list(bytes32, fileLimits.digestsAtOnce, 1),
  expiry: unsigned(),
});

const mostAskedBytes = fileLimits.digestsAtOnce * 40 + 512;

/** First byte of keys, beside those of block-shelf.ts, deal-lists.ts and release-queue.ts in the same table. */
const kind = 7;

/** Deals that one node's people have at once. */
const mostDeals = 1_024;

/** So many blocks after a deal was last seen, or its transaction could last be taken, it is forgotten: no reorganisation is deeper. */
const forgetBlocks = 100;

/** Blocks that are in memory at once while they are hashed. */
const blocksAtOnce = 8;

const keyOf = (deal: Uint8Array): Uint8Array => concatBytes(Uint8Array.of(kind), deal);

/** What it works with. */
export interface DealClientParts {
  readonly chain: Chain;
  readonly network: Pick<Network, "peers">;
  readonly files: Pick<FileBlocks, "stripes" | "shelf" | "handOver" | "offersOf">;
  readonly store: Store;
  readonly digestBlock?: DigestBlock | undefined;
}

/** The deals of one node's people. */
export class DealClient {
  private readonly parts: DealClientParts;
  private readonly asked: Map<string, AskedDeal>;
  /** Heights up to which a deal that is not in the chain is remembered. */
  private readonly untilHeight = new Map<string, number>();
  private readonly handedOver = new Set<string>();
  private readonly troubles = new Map<string, string>();
  private tending: Promise<void> | null = null;

  private constructor(parts: DealClientParts, asked: Map<string, AskedDeal>) {
    this.parts = parts;
    this.asked = asked;
  }

  /** Reads what is remembered. */
  static async open(parts: DealClientParts): Promise<DealClient> {
    const asked = new Map<string, AskedDeal>();
    const range = { from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) };
    for await (const page of pages(parts.store, "files", undefined, range))
      for (const [, value] of page) {
        const read = decode(askedSchema, value, mostAskedBytes);
        if (read.ok) asked.set(toHex(read.value.deal), read.value);
      }
    return new DealClient(parts, asked);
  }

  /** Tells keepers what they have yet to be told; to be called at intervals. One look at a time. */
  tick(): Promise<void> {
    this.tending ??= this.tend().finally(() => {
      this.tending = null;
    });
    return this.tending;
  }

  /** As {@link StorageDealRequests.storageOffers}. */
  offers(): readonly StorageOfferView[] {
    const { chain, network } = this.parts;
    const here = new Set(network.peers().map(({ id }) => id));
    return standingKeeperOffers(chain.state, chain.head.height + 1).map((offer) => ({
      offer,
      connected: here.has(offer.peer),
    }));
  }

  /** As {@link StorageDealRequests.answerableBlocks}. */
  async answerable(stripes: readonly Stripe[]): Promise<readonly AnswerableBlocks[]> {
    const named = new Map(stripes.flatMap(({ shards }) => shards.map((digest) => [toHex(digest), digest] as const)));
    const all = [...named.values()];
    const byPeer = new Map<string, KeeperOffer[]>();
    for (const { offer, connected } of this.offers())
      if (connected) byPeer.set(offer.peer, [...(byPeer.get(offer.peer) ?? []), offer]);
    const answers = await Promise.all(
      [...byPeer].map(async ([peer, offers]) => {
        const offer = await this.ownOf(peer, offers);
        const here = offer === null ? null : await this.parts.files.stripes.whichHas(peer, all);
        return offer === null ? [] : [{ offer, digests: all.filter((_, i) => here?.[i] === 1) }];
      }),
    ).then((some) => some.flat());
    return answers.filter(({ digests }) => digests.length > 0);
  }

  /** Of the offers that name a peer that which is its own by its word and has the most room: anybody's may name it. */
  private async ownOf(peer: string, offers: readonly KeeperOffer[]): Promise<KeeperOffer | null> {
    const own = new Set((await this.parts.files.offersOf(peer)).map(toHex));
    const [best] = offers.filter(({ id }) => own.has(toHex(id))).toSorted((a, b) => b.freeBytes - a.freeBytes);
    return best ?? null;
  }

  /** As {@link StorageDealRequests.auditedBytes}. */
  async audited(peer: string, digests: readonly Uint8Array[]): Promise<Result<AuditedBytes>> {
    const hasher = new AuditHasher();
    for (const some of inParts(digests, blocksAtOnce)) {
      const blocks = await this.blocks(peer, some);
      if (!blocks.ok) return blocks;
      for (const block of blocks.value) hasher.add(block);
    }
    const { root, bytes } = hasher.finish();
    return accepted({ root, bytes });
  }

  /** As {@link StorageDealRequests.rememberDeal}. */
  async remember(asked: AskedDeal): Promise<Result<null>> {
    if (asked.digests.length === 0 || asked.digests.length > fileLimits.digestsAtOnce)
      return rejected("out-of-range", `A deal names 1 to ${fileLimits.digestsAtOnce} blocks.`);
    if (this.asked.size >= mostDeals)
      return rejected(
        "queue-full",
        `${mostDeals} deals are under way from here; end some, or wait until some are over.`,
      );
    const value = encode(askedSchema, asked);
    await this.parts.store.commit([{ table: "files", key: keyOf(asked.deal), value }]);
    this.asked.set(toHex(asked.deal), asked);
    return accepted(null);
  }

  /** As {@link StorageDealRequests.storageDeals}. */
  deals(keyHash: Uint8Array): readonly StorageDealView[] {
    const { state, head } = this.parts.chain;
    const own = openedBy(state, keyHash);
    return placedKeeperOffers(state, head.height + 1).flatMap((offer) =>
      [...state.entries(storagePrefix(offer.id))].flatMap(([key, value]) => {
        const deal = dealOfEntry(key, value);
        if (deal === null || !own.some((hash) => equalBytes(hash, deal.client))) return [];
        const name = toHex(deal.id);
        const asked = this.asked.get(name) ?? null;
        return { deal, offer, asked, isHandedOver: this.handedOver.has(name), trouble: this.troubleOf(name, offer) };
      }),
    );
  }

  private troubleOf(name: string, { peer }: KeeperOffer): string {
    if (this.handedOver.has(name)) return "";
    const isHere = this.parts.network.peers().some(({ id }) => id === peer);
    return isHere ? (this.troubles.get(name) ?? "") : "Its keeper is not connected.";
  }

  private async tend(): Promise<void> {
    const { chain } = this.parts;
    for (const [name, asked] of [...this.asked]) {
      const { height } = chain.head;
      const deal = readStorageDeal(chain.state, asked.offer, asked.deal);
      if (deal === null) await this.forgetLate(name, asked, height);
      else {
        this.untilHeight.set(name, height + forgetBlocks);
        if (deal.accepted === 1) this.handedOver.add(name);
        else await this.handOver(name, asked);
      }
    }
  }

  private async forgetLate(name: string, { deal, expiry }: AskedDeal, height: number): Promise<void> {
    // A reorganisation may have taken it back out of the chain: the keeper is told again.
    this.handedOver.delete(name);
    const until = this.untilHeight.get(name) ?? Math.max(height, expiry) + forgetBlocks;
    this.untilHeight.set(name, until);
    if (height <= until) return;
    await this.parts.store.commit([{ table: "files", key: keyOf(deal), value: null }]);
    this.asked.delete(name);
    this.untilHeight.delete(name);
    this.troubles.delete(name);
  }

  private async handOver(name: string, { peer, offer, deal, digests }: AskedDeal): Promise<void> {
    if (this.handedOver.has(name) || !this.parts.network.peers().some(({ id }) => id === peer)) return;
    const told = await this.parts.files.handOver(peer, { offer, deal, digests });
    if (told.ok) this.handedOver.add(name);
    // A keeper that has not the block yet, or is busy, is told at the next look.
    else this.troubles.set(name, told.message);
  }

  /** Some blocks, from here or from a peer. */
  private async blocks(peer: string, digests: readonly Uint8Array[]): Promise<Result<readonly Uint8Array[]>> {
    const { shelf, stripes } = this.parts.files;
    const found: (Uint8Array | null)[] = [...(await shelf.find(digests))];
    for (;;) {
      const missing = digests.filter((_, i) => found[i] === null);
      if (missing.length === 0) return accepted(found as readonly Uint8Array[]);
      const answer = await stripes.want(peer, missing);
      if (!answer.ok) return answer;
      const came = answer.value.blocks.filter((block) => block !== null);
      const names = (await digestsOf(came, this.parts.digestBlock)).map(toHex);
      const byName = new Map(names.map((name, i) => [name, came[i] as Uint8Array]));
      const before = missing.length;
      for (const [i, digest] of digests.entries()) found[i] ??= byName.get(toHex(digest)) ?? null;
      if (digests.filter((_, i) => found[i] === null).length === before)
        return rejected("not-found", "The keeper did not give a block that it says it has. Ask another one.");
    }
  }
}

/** The sdk's requests about deals on a node that may still be starting. */
export function storageDealRequests(deals: () => DealClient): StorageDealRequests {
  return {
    storageOffers: () => guarded(() => accepted(deals().offers())),
    answerableBlocks: (stripes) =>
      guarded(async () => {
        const wrong = stripes.map(checkStripe).find((one) => !one.ok);
        return wrong === undefined || wrong.ok ? accepted(await deals().answerable(stripes)) : wrong;
      }),
    auditedBytes: (peer, digests) => guarded(() => deals().audited(peer, digests)),
    rememberDeal: (asked) => guarded(() => deals().remember(asked)),
    storageDeals: (keyHash) => guarded(() => accepted(deals().deals(keyHash))),
  };
}
