/**
 * Files on a node: shards of our own people's are left with keepers, found and fetched; some are kept for others, and made
 * anew where they are missed.
 * @module
 */
import { type DealRequest, offersAnswers } from "#protocol/files/requests.ts";
import { checkStripe, type Stripe } from "#protocol/files/stripe.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileRequests, KeepersView, StorageOffer } from "#sdk/files.ts";
import { guarded } from "../guarded.ts";
import type { Store } from "../ports.ts";
import { askForBlocks } from "./ask-for-blocks.ts";
import { BlockShelf } from "./block-shelf.ts";
import { DealLists } from "./deal-lists.ts";
import { filePlan } from "./file-limits.ts";
import { Keepers } from "./keepers.ts";
import { PublicAnswers } from "./public-answers.ts";
import { ReleaseQueue } from "./release-queue.ts";
import { Releases } from "./releases.ts";
import { Renewal } from "./renewal.ts";
import { Repair } from "./repair.ts";
import { type DealTaker, type FileNode, ShardAnswers } from "./shard-answers.ts";
import { Stripes } from "./stripes.ts";

/** The files of one node. */
export class FileBlocks {
  readonly stripes: Stripes;
  readonly repair: Repair;
  readonly renewal: Renewal;
  readonly releases: Releases;
  readonly deals: DealLists;
  readonly shelf: BlockShelf;
  /** What nodes of IPFS may have. */
  readonly open: PublicAnswers;
  private readonly node: FileNode;
  private readonly keepers: Keepers;
  private readonly answers: ShardAnswers;
  private sweepAtMs = 0;

  private constructor(node: FileNode, shelf: BlockShelf, deals: DealLists, queue: ReleaseQueue) {
    this.node = node;
    this.shelf = shelf;
    this.open = new PublicAnswers(node, shelf);
    this.deals = deals;
    shelf.isBound = (digest) => deals.isBound(digest);
    this.keepers = new Keepers(node, {
      onCame: () => {
        this.repair.onKeeperCame();
        this.releases.onKeeperCame();
      },
      onGone: (id) => this.repair.onKeeperGone(id),
    });
    this.answers = new ShardAnswers(node, shelf, this.keepers);
    this.stripes = new Stripes(node, shelf, this.keepers);
    this.renewal = new Renewal(node, shelf, this.keepers, this.stripes);
    this.releases = new Releases(node, shelf, this.keepers, this.stripes, queue);
    this.repair = new Repair(node, shelf, this.keepers, this.stripes, this.releases);
  }

  /** Reads what is kept. */
  static async open(node: FileNode, store: Store): Promise<FileBlocks> {
    const othersBytes = node.options.othersFilesBytes ?? null;
    const shelf = await BlockShelf.open(store, node.ports.clock, {
      ...filePlan,
      othersBytes,
      digestBlock: node.ports.digestBlock,
    });
    return new FileBlocks(node, shelf, await DealLists.open(store), await ReleaseQueue.open(store));
  }

  /** Answers a peer. */
  answer(peerId: string, bytes: Uint8Array): Promise<Result<Uint8Array>> {
    return this.answers.answer(peerId, bytes);
  }

  /** From now on somebody here answers with a bond for what is kept. */
  setDealTaker(taker: DealTaker): void {
    this.answers.dealTaker = taker;
  }

  /** Which offers in the chain a peer says are its own; none of one that does not answer. */
  async offersOf(keeper: string): Promise<readonly Uint8Array[]> {
    const answered = await askForBlocks(this.node.ports.network, keeper, { type: "offers" });
    const read = answered.ok ? offersAnswers.decode(answered.value) : answered;
    return read.ok ? read.value.offers : [];
  }

  /** Tells a keeper which blocks are the bytes of a deal. */
  async handOver(keeper: string, deal: Omit<DealRequest, "type">): Promise<Result<null>> {
    const answered = await askForBlocks(this.node.ports.network, keeper, { type: "deal", ...deal });
    return answered.ok ? accepted(null) : answered;
  }

  /** A peer has gone. */
  onPeerDisconnected(peerId: string): void {
    this.keepers.forget(peerId);
    this.stripes.forget(peerId);
    this.releases.forget(peerId);
  }

  /** To be called every few seconds. */
  async tick(): Promise<void> {
    const nowMs = this.node.ports.clock.nowMs();
    if (nowMs >= this.sweepAtMs) {
      this.sweepAtMs = nowMs + filePlan.sweepEveryMs;
      await this.shelf.sweep();
    }
    await this.releases.tick();
    await this.renewal.tick();
    await this.repair.tick();
  }

  /** Who there is to keep files. */
  async view(): Promise<Result<KeepersView>> {
    const keepers = await this.stripes.joined();
    return accepted({ keepers: keepers.length, freeBytes: this.keepers.freeBytes() });
  }

  /** What is kept for others. */
  offer(): Result<StorageOffer> {
    return accepted(this.answers.offer());
  }

  /** Keeps so much for others from now on. */
  async setOffer(bytes: number | null): Promise<Result<StorageOffer>> {
    const { leastOfferBytes, mostOfferBytes } = filePlan;
    if (bytes !== null && !(Number.isSafeInteger(bytes) && bytes >= leastOfferBytes && bytes <= mostOfferBytes))
      return rejected("out-of-range", "An offer is from 16 MiB to 1 TiB. Nothing was changed.");
    await this.shelf.offer(bytes);
    return this.offer();
  }
}

/** What comes from an interface is checked as what comes from peers is. */
function checked<T>(stripes: readonly Stripe[], action: () => Promise<Result<T>>): Promise<Result<T>> {
  const wrong = stripes.map(checkStripe).find((one) => !one.ok);
  return wrong === undefined || wrong.ok ? guarded(action) : Promise.resolve(wrong);
}

/** The sdk's requests about files on a node that may still be starting. */
export function fileRequests(files: () => FileBlocks): FileRequests {
  return {
    fileKeepers: () => guarded(() => files().view()),
    placeStripe: (data, shards, terms) => guarded(() => files().stripes.place(data, shards, terms)),
    releaseStripes: (stripes, secret) => checked(stripes, () => files().releases.release(stripes, secret)),
    pinStripes: (stripes, secret, untilMs) => checked(stripes, () => files().renewal.pin(stripes, secret, untilMs)),
    renewedUntil: (secrets) => guarded(() => accepted(files().renewal.renewedUntil(secrets))),
    fetchStripe: (stripe, known) => checked([stripe], () => files().stripes.fetch(stripe, known)),
    locateStripes: (stripes) => checked(stripes, () => files().stripes.locate(stripes)),
    storageOffer: () => guarded(() => files().offer()),
    offerStorage: (bytes) => guarded(() => files().setOffer(bytes)),
  };
}
