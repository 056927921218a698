/**
 * The keeper of a node that keeps files for others and has a key: offers its room with a bond, accepts deals of which all
 * bytes are here, and answers what their audits draw. What stands is read from the chain and the pool, never remembered
 * beside them, so a restart does nothing twice; only which blocks a deal is about is kept (deal-lists.ts).
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { drawnLeaves } from "#protocol/files/audit-tree.ts";
import type { DealRequest } from "#protocol/files/requests.ts";
import { storagePrefix } from "#protocol/ledger/state-key.ts";
import { limits } from "#protocol/parameters.ts";
import { dealOfEntry, readStorageDeal, type StorageDeal } from "#protocol/programs/storage-deals.ts";
import {
  countPlacedOffers,
  type KeeperOffer,
  leastBondNano,
  readKeeperOffer,
  standingKeeperOffers,
} from "#protocol/programs/storage-offers.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import { planAcceptance, planAuditProof, planStorageOffer, planStorageWithdrawal } from "#wallet/storage-plans.ts";
import type { Chain } from "../chain.ts";
import type { FaucetKey } from "../faucet.ts";
import { type OwnEntry, OwnPlans } from "../own-plans.ts";
import type { PoolService } from "../pool-service.ts";
import type { Entropy, Log } from "../ports.ts";
import { DealBytes } from "./deal-bytes.ts";
import type { DealList } from "./deal-lists.ts";
import type { FileBlocks } from "./file-blocks.ts";
import type { DealTaker } from "./shard-answers.ts";

/** What a keeper asks and answers with. */
export interface KeeperTerms {
  /** Peer id under which it is found. */
  readonly peer: string;
  readonly bytes: number;
  /** A MiB for each audit that is passed. */
  readonly priceNano: bigint;
  readonly bondNano: bigint;
  /** It offers only while it has so much beside the bond. */
  readonly reserveNano: bigint;
  /** How long offers stand, and with how many blocks left a new one is made. */
  readonly offerBlocks: number;
  readonly renewalBlocks: number;
}

/** What it works with. */
export interface StorageKeeperParts {
  readonly chain: Chain;
  readonly pool: PoolService;
  readonly key: FaucetKey;
  readonly files: Pick<FileBlocks, "deals" | "shelf">;
  readonly entropy: Entropy;
  readonly log: Log;
}

/** The list of a deal that is over stays for so many blocks more. */
const forgetBlocks = 100;

/** Lists that are hashed or wait for that at once; who comes then is told to come again. */
const takingsAtOnce = 4;

/** Wrong lists of one peer that are read before the next block. */
const wrongListsABlock = 3;

/** A proof that no block has taken in so many blocks offers twice its fee. */
const raiseBlocks = 2;

/** The keeper of one node. */
export class StorageKeeper implements DealTaker {
  private readonly parts: StorageKeeperParts;
  private readonly terms: KeeperTerms;
  private readonly plans: OwnPlans;
  private readonly takings = new Turns();
  private takingsNow = 0;
  /** Whose lists are being read or wait for that. */
  private readonly giving = new Set<string>();
  /** Wrong lists by who gave them, since the newest block. */
  private readonly wrong = new Map<string, number>();
  private wrongSinceHeight = 0;
  private readonly bytes: DealBytes;
  /** Heights at which proofs were sent, by the deal's id. */
  private readonly sent = new Map<string, number>();
  private isTending = false;
  /** Deals that are not in the chain any more, and the height at which that was seen. */
  private readonly gone = new Map<string, number>();

  constructor(parts: StorageKeeperParts, terms: KeeperTerms) {
    this.parts = parts;
    this.terms = terms;
    this.plans = new OwnPlans({ ...parts, source: "storage" });
    this.bytes = new DealBytes(parts.files.shelf);
  }

  /** Looks after offer and deals; to be called at the start and after each move of the head. */
  tend(): void {
    // Heads that move while one is looked at are looked at together.
    if (this.isTending) return;
    this.isTending = true;
    this.plans.queue(() => {
      this.isTending = false;
      return this.look();
    });
  }

  /**
   * Takes the list of a deal that waits in the chain for an acceptance from here, so that each list costs its client a
   * transaction.
   */
  async take(peerId: string, { offer, deal, digests }: DealRequest): Promise<Result<null>> {
    const { chain, files } = this.parts;
    const made = readStorageDeal(chain.state, offer, deal);
    const keeper = readKeeperOffer(chain.state, offer)?.keeper;
    if (made === null || keeper === undefined || !equalBytes(keeper, this.parts.key.keyHash))
      return rejected("no-such-deal", `No deal ${toHex(deal)} with this node is in the chain as it knows it.`);
    if (files.deals.of(deal) !== undefined) return accepted(null);
    const missing = this.bytes.missing(digests);
    if (missing > 0)
      return rejected("not-found", `${missing} of the deal's ${digests.length} blocks are not here; leave them first.`);
    // The chain's own rule first: what it would not take is not worth reading a byte.
    // (An accepted one whose list was lost with the disk's last writes is taken again.)
    const possible = made.accepted === 1 ? accepted(null) : planAcceptance(made, this.means(), this.plans.context());
    if (!possible.ok) return possible;
    if (this.takingsNow >= takingsAtOnce || !this.mayGive(peerId))
      return rejected("busy", "Other deals are being read; try again in a minute.");
    this.takingsNow++;
    this.giving.add(peerId);
    return this.takings
      .take(async () => {
        // Anybody may name a deal, so a list counts for what its blocks are, and the first right one stays.
        if (files.deals.of(deal) !== undefined) return accepted(null);
        if (!(await this.bytes.are(made, digests))) {
          this.wrong.set(peerId, (this.wrong.get(peerId) ?? 0) + 1);
          return rejected("wrong-digest", "The blocks, in this order, are not the bytes that the deal names.");
        }
        await files.deals.add({ offer, deal, digests });
        this.tend();
        return accepted(null);
      })
      .finally(() => {
        this.takingsNow--;
        this.giving.delete(peerId);
      });
  }

  /** Whether a peer's list is read now: one at a time, and few wrong ones from block to block. Each costs the deal's bytes. */
  private mayGive(peerId: string): boolean {
    const { height } = this.parts.chain.head;
    if (height !== this.wrongSinceHeight) this.wrong.clear();
    this.wrongSinceHeight = height;
    return !this.giving.has(peerId) && (this.wrong.get(peerId) ?? 0) < wrongListsABlock;
  }

  /** Ids of its offers, the newest of them first. */
  offers(): readonly Uint8Array[] {
    return this.ownOffers()
      .toReversed()
      .map(({ id }) => id);
  }

  private async look(): Promise<void> {
    const { chain } = this.parts;
    const own = this.ownOffers();
    const deals = own.flatMap(({ id }) =>
      [...chain.state.entries(storagePrefix(id))].flatMap(([key, value]) => dealOfEntry(key, value) ?? []),
    );
    await this.lookAfter(deals);
    await this.tendOffers(own);
    await this.forget();
  }

  /** Lists of deals that are over; not at once, for a reorganisation may bring one back, and its bond with it. */
  private async forget(): Promise<void> {
    const { chain, files } = this.parts;
    for (const { offer, deal } of files.deals.all()) {
      const name = toHex(deal);
      if (readStorageDeal(chain.state, offer, deal) !== null) this.gone.delete(name);
      else if (!this.gone.has(name)) this.gone.set(name, chain.head.height);
      else if (chain.head.height - (this.gone.get(name) ?? 0) >= forgetBlocks) {
        await files.deals.remove(deal);
        this.bytes.forget(deal);
        this.sent.delete(name);
        this.gone.delete(name);
      }
    }
  }

  /** Those that stand, and those of which a deal is known here. */
  private ownOffers(): readonly KeeperOffer[] {
    const { state, head } = this.parts.chain;
    const known = this.parts.files.deals.all().flatMap(({ offer }) => readKeeperOffer(state, offer) ?? []);
    const all = [...standingKeeperOffers(state, head.height + 1), ...known];
    const own = all.filter(({ keeper }) => equalBytes(keeper, this.parts.key.keyHash));
    return [...new Map(own.map((offer) => [toHex(offer.id), offer])).values()];
  }

  /** Shows what audits ask for, those first that end first, then accepts what is whole here. */
  private async lookAfter(deals: readonly StorageDeal[]): Promise<void> {
    const { chain, files } = this.parts;
    const open = deals
      .filter(({ dueHeight }) => dueHeight > chain.head.height)
      .sort((a, b) => a.dueHeight - b.dueHeight);
    const waiting = this.plans.waitingEntries();
    const entryOf = ({ id }: StorageDeal): OwnEntry | undefined =>
      waiting.find(({ command }) => "deal" in command && equalBytes(command.deal, id));
    for (const deal of open) {
      const { draw } = deal;
      const listed = files.deals.of(deal.id);
      if (listed !== undefined && deal.accepted === 1 && draw !== null && deal.passed === 0)
        await this.prove(deal, draw, listed, entryOf(deal));
    }
    for (const deal of open) {
      const listed = files.deals.of(deal.id);
      if (listed !== undefined && deal.accepted === 0 && entryOf(deal) === undefined) await this.accept(deal, listed);
    }
  }

  private async accept(deal: StorageDeal, { digests }: DealList): Promise<void> {
    // What was whole when the list came may be lost since: then it is refused by silence, and the client's coins go back.
    if (this.bytes.missing(digests) > 0) return;
    await this.plans.send(planAcceptance(deal, this.means(), this.plans.context()));
  }

  /** Sends the proof that an audit asks for; one that waits too long is replaced by one that offers more. */
  private async prove(
    deal: StorageDeal,
    draw: Uint8Array,
    listed: DealList,
    waits: OwnEntry | undefined,
  ): Promise<void> {
    const name = toHex(deal.id);
    const { height } = this.parts.chain.head;
    const sentHeight = this.sent.get(name);
    if (waits !== undefined) {
      if (sentHeight === undefined) this.sent.set(name, height);
      if (sentHeight === undefined || height - sentHeight < raiseBlocks) return;
    }
    const { leavesPerAudit } = this.parts.chain.context.parameters.storage;
    const leaves = await this.bytes.show(deal, listed.digests, drawnLeaves(draw, deal.bytes, leavesPerAudit));
    if (leaves === null) {
      const message = `The bytes of deal ${name} are not whole here any more: its audit cannot be passed.`;
      this.parts.log({ level: "warning", source: "storage", message });
      return;
    }
    const context = this.plans.context();
    // It spends what the one before spends, so that the pool has it instead and not beside it.
    const means = {
      ...this.means(),
      coins: [...(waits?.coins ?? []), ...(waits === undefined ? this.plans.coins() : [])],
    };
    const raised = waits === undefined ? null : 2n * waits.feeNano;
    // More than an audit gives is not worth the bond that is lost for one, which the ledger has at least as high.
    if (raised !== null && raised > deal.periodNano + deal.missNano) return;
    this.sent.set(name, height);
    await this.plans.send(planAuditProof(deal, leaves, means, context, raised));
  }

  /** One offer stands in time; older ones are taken back once nothing is bound to them. */
  private async tendOffers(own: readonly KeeperOffer[]): Promise<void> {
    const { chain } = this.parts;
    if (this.plans.isWaiting(new Set(["storage.offer", "storage.withdraw"] as const))) return;
    const open = own.filter(({ withdrawn }) => withdrawn === 0).sort((a, b) => b.untilHeight - a.untilHeight);
    const [newest] = open;
    const isStanding = newest !== undefined && newest.untilHeight - chain.head.height >= this.terms.renewalBlocks;
    const idle = open.find((offer) => offer.deals + offer.waiting === 0 && offer !== newest);
    if (isStanding && idle !== undefined)
      await this.plans.send(planStorageWithdrawal(idle, this.means(), this.plans.context()));
    else if (!isStanding) await this.offer(own);
  }

  private async offer(own: readonly KeeperOffer[]): Promise<void> {
    const { peer, priceNano, reserveNano, offerBlocks } = this.terms;
    const context = this.plans.context();
    const boundBytes = own.reduce((sum, { bytes, freeBytes }) => sum + bytes - freeBytes, 0);
    const bytes = Math.min(this.terms.bytes - boundBytes, limits.storageOfferBytes);
    const placed = countPlacedOffers(this.parts.chain.state, context.height + 1);
    const leastNano = leastBondNano(placed, context.parameters);
    const bondNano = leastNano > this.terms.bondNano ? leastNano : this.terms.bondNano;
    const means = this.means();
    const ownNano = means.coins.reduce((sum, { amountNano }) => sum + amountNano, 0n);
    if (bytes <= 0 || ownNano < bondNano + reserveNano) return;
    const untilHeight = context.height + offerBlocks;
    await this.plans.send(planStorageOffer({ peer, bytes, untilHeight, priceNano, bondNano }, means, context));
  }

  private means() {
    return { coins: this.plans.coins(), values: this.parts.chain.state };
  }
}
