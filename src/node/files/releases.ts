/**
 * Letting go of pieces that our own people left: here, with the keepers that are there, and with others once they come.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { releaseSecret } from "#protocol/files/release.ts";
import { haveAnswers } from "#protocol/files/requests.ts";
import { type Stripe, stripeId } from "#protocol/files/stripe.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Release } from "#sdk/files.ts";
import { append } from "../lists.ts";
import { askForBlocks } from "./ask-for-blocks.ts";
import type { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";
import type { Keepers } from "./keepers.ts";
import { type Keeper, likelyKeepers } from "./placement.ts";
import type { QueuedRelease, ReleaseQueue } from "./release-queue.ts";
import { revocationsBy } from "./revocations.ts";
import type { FileNode } from "./shard-answers.ts";
import type { KeptStripe } from "./shelf-rows.ts";
import type { Stripes } from "./stripes.ts";

/** Releases of one node. */
export class Releases {
  private readonly node: FileNode;
  private readonly shelf: BlockShelf;
  private readonly keepers: Keepers;
  private readonly stripes: Stripes;
  private readonly queue: ReleaseQueue;
  private tellAtMs = 0;
  private isBusy = false;
  /** Whether what was queued before this start has been let go here. */
  private isCaughtUp = false;
  /** Keepers that did not take what they were told, and when. */
  private readonly refusedAtMs = new Map<string, number>();

  constructor(node: FileNode, shelf: BlockShelf, keepers: Keepers, stripes: Stripes, queue: ReleaseQueue) {
    this.node = node;
    this.shelf = shelf;
    this.keepers = keepers;
    this.stripes = stripes;
    this.queue = queue;
  }

  /** To be called every few seconds. */
  async tick(): Promise<void> {
    const nowMs = this.node.ports.clock.nowMs();
    if (this.isBusy || nowMs < this.tellAtMs || this.queue.names().length === 0) return;
    this.isBusy = true;
    try {
      await this.catchUp();
      await this.queue.sweep(nowMs);
      const keepers = await this.keepers.list(filePlan.askTimeoutMs, filePlan.knownMs);
      await this.tellAll(this.queue.names(), keepers);
    } finally {
      this.tellAtMs = this.node.ports.clock.nowMs() + filePlan.tellAgainMs;
      this.isBusy = false;
    }
  }

  /** A keeper has come: it may not have heard everything. */
  onKeeperCame(): void {
    this.tellAtMs = 0;
  }

  /** A peer has gone: when it is back it is told at once. */
  forget(peerId: string): void {
    this.refusedAtMs.delete(peerId);
  }

  /**
   * Lets pieces go here, those that are named and those that this node knows by their secret, and tells those that should have
   * them; who does not hear it now is told when he comes.
   */
  async release(stripes: readonly Stripe[], secret: Uint8Array): Promise<Result<Release>> {
    const all = new Map(
      [...stripes, ...this.shelf.stripesOf(secret)].map((stripe) => [toHex(stripeId(stripe)), stripe]),
    );
    const releases = [...all.values()].map((stripe): QueuedRelease => {
      const id = stripeId(stripe);
      return { id, secret: releaseSecret(secret, id), places: stripe.shards.length };
    });
    // First what is to be told: a node that ends in between goes on with it.
    const names = await this.queue.add(releases, this.node.ports.clock.nowMs());
    await this.shelf.release(releases);
    const keepers = await this.stripes.joined();
    return accepted({ ...(await this.tellAll(names, keepers)), pieces: releases.length });
  }

  /** Asks those that should have a piece whether it was let go while this node was away, and lets it go here as well. */
  async learn(id: Uint8Array, { stripe, marks }: KeptStripe, keepers: readonly Keeper[]): Promise<void> {
    if (marks.length === 0) return;
    const { network } = this.node.ports;
    const likely = likelyKeepers(id, stripe.shards.length, keepers);
    const all = await Promise.all(likely.map((keeper) => revocationsBy(network, keeper.id, id, marks)));
    if (all.flat().length > 0) await this.shelf.release(all.flat());
  }

  /** What was queued and not let go here before this node ended. */
  private async catchUp(): Promise<void> {
    if (this.isCaughtUp) return;
    for (const name of this.queue.names()) await this.shelf.release(this.queue.get(name)?.releases ?? []);
    this.isCaughtUp = true;
  }

  /** Tells keepers what of some batches they should have and have not heard. */
  private async tellAll(names: readonly string[], keepers: readonly Keeper[]): Promise<Omit<Release, "pieces">> {
    const nowMs = this.node.ports.clock.nowMs();
    const told = new Map<string, Map<string, QueuedRelease[]>>();
    for (const name of names)
      for (const release of this.queue.get(name)?.releases ?? [])
        for (const { id } of likelyKeepers(release.id, release.places, keepers)) {
          const refusedAtMs = this.refusedAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
          if (nowMs < refusedAtMs + filePlan.knownMs || this.queue.hasHeard(name, id)) continue;
          const batches = told.get(id) ?? new Map<string, QueuedRelease[]>();
          told.set(id, batches);
          append(batches, name, release);
        }
    const heard = new Map<string, string[]>();
    let released = 0;
    await Promise.all(
      [...told].map(async ([id, batches]) => {
        let had = false;
        for (const [name, some] of batches) {
          const here = await this.tell(id, some);
          if (here === null) {
            this.refusedAtMs.set(id, nowMs);
            break;
          }
          append(heard, name, id);
          had ||= here.includes(1);
        }
        if (had) released++;
      }),
    );
    await this.queue.note(heard);
    return { asked: told.size, released };
  }

  /** A byte for each: 1 if the keeper had it and has let it go. Null if it did not answer. */
  private async tell(keeper: string, releases: readonly QueuedRelease[]): Promise<Uint8Array | null> {
    const asked = releases.map(({ id, secret }) => ({ id, secret }));
    const answered = await askForBlocks(this.node.ports.network, keeper, { type: "release", releases: asked });
    const answer = answered.ok ? haveAnswers.decode(answered.value) : answered;
    return answer.ok ? answer.value.here : null;
  }
}
