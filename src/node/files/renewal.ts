/**
 * How long pieces of files stay with keepers: our own people's are renewed while they are pinned.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { releaseTag } from "#protocol/files/release.ts";
import type { KeepRequest } from "#protocol/files/requests.ts";
import { type Stripe, stripeId } from "#protocol/files/stripe.ts";
import type { Result } from "#protocol/result.ts";
import { askForBlocks } from "./ask-for-blocks.ts";
import type { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";
import type { Keepers } from "./keepers.ts";
import type { FileNode } from "./shard-answers.ts";
import type { KeptStripe } from "./shelf-rows.ts";
import type { Stripes } from "./stripes.ts";

/** Renewals of one node. */
export class Renewal {
  private readonly node: FileNode;
  private readonly shelf: BlockShelf;
  private readonly keepers: Keepers;
  private readonly stripes: Stripes;
  private renewAtMs = 0;
  /** When pieces that are due were last tried. */
  private readonly triedAtMs = new Map<string, number>();
  private isBusy = false;

  constructor(node: FileNode, shelf: BlockShelf, keepers: Keepers, stripes: Stripes) {
    this.node = node;
    this.shelf = shelf;
    this.keepers = keepers;
    this.stripes = stripes;
  }

  /** To be called every few seconds. */
  async tick(): Promise<void> {
    const nowMs = this.node.ports.clock.nowMs();
    if (this.isBusy || nowMs < this.renewAtMs) return;
    this.isBusy = true;
    try {
      const due = [...this.shelf.stripes.values()].filter(
        ({ ours }) => ours !== null && ours.pinnedUntilMs > nowMs && ours.renewedUntilMs < nowMs + filePlan.renewAtMs,
      );
      // Those that could not be renewed must not keep others from it: who was tried last comes last.
      const triedMs = ({ stripe }: KeptStripe): number => this.triedAtMs.get(toHex(stripeId(stripe))) ?? 0;
      const renewedMs = ({ ours }: KeptStripe): number => ours?.renewedUntilMs ?? 0;
      const some = due
        .toSorted((a, b) => triedMs(a) - triedMs(b) || renewedMs(a) - renewedMs(b))
        .slice(0, filePlan.renewedStripes);
      for (const { stripe } of some) this.triedAtMs.set(toHex(stripeId(stripe)), nowMs);
      if (some.length > 0) await this.renew(some);
      const names = new Set(due.map(({ stripe }) => toHex(stripeId(stripe))));
      for (const name of this.triedAtMs.keys()) if (!names.has(name)) this.triedAtMs.delete(name);
    } finally {
      this.renewAtMs = this.node.ports.clock.nowMs() + filePlan.renewEveryMs;
      this.isBusy = false;
    }
  }

  /** Remembers pieces of our own people, and until when they are to be renewed; 0: no more. */
  async pin(stripes: readonly Stripe[], secret: Uint8Array, pinnedUntilMs: number): Promise<Result<null>> {
    // On another device of its owner nothing is known of it yet: it is renewed at the first look.
    const renewedUntilMs = this.node.ports.clock.nowMs() + filePlan.renewAtMs - 1;
    const pinned = await this.shelf.pin(stripes, secret, pinnedUntilMs, renewedUntilMs);
    this.renewAtMs = 0;
    return pinned;
  }

  /** Until when this node has asked keepers to keep what was left by some secrets, the piece that goes first; null: unknown. */
  renewedUntil(secrets: readonly Uint8Array[]): readonly (number | null)[] {
    const firstMs = new Map<string, number>();
    for (const { ours } of this.shelf.stripes.values()) {
      const tag = ours === null ? "" : toHex(ours.tag);
      if (tag !== "")
        firstMs.set(tag, Math.min(firstMs.get(tag) ?? Number.POSITIVE_INFINITY, ours?.renewedUntilMs ?? 0));
    }
    return secrets.map((secret) => firstMs.get(toHex(releaseTag(secret))) ?? null);
  }

  private async renew(due: readonly KeptStripe[]): Promise<void> {
    const { clock, network } = this.node.ports;
    const keepers = await this.keepers.list(filePlan.askTimeoutMs);
    const untilMs = clock.nowMs() + fileLimits.lifeMs;
    const having = await this.stripes.having(
      due.map(({ stripe }) => stripe),
      keepers,
      filePlan.askTimeoutMs,
    );
    for (const [i, { stripe, marks }] of due.entries()) {
      // What this browser has alone is not to go either.
      const renewed = new Set<number>(this.shelf.placesOf(stripe));
      const request: KeepRequest = { type: "keep", stripe, untilMs, marks, places: [], blocks: [] };
      for (const [id, here] of having[i] ?? []) {
        const places = [...here.entries()].flatMap(([place, byte]) => (byte === 1 ? [place] : []));
        if (places.length === 0) continue;
        // How big shards are is not known here: no bigger than this. All copies are one block to a keeper.
        const mostBytes =
          stripe.data === 1
            ? fileLimits.publicBlockBytes
            : Math.min(places.length * fileLimits.blockBytes, fileLimits.bytesPerStamp);
        const asked = await this.keepers.leave(id, mostBytes, () => askForBlocks(network, id, request));
        if (asked.ok) for (const place of places) renewed.add(place);
      }
      // Shards that nobody has are made anew by the audits, for as long as is written here.
      if (renewed.size >= stripe.data) await this.shelf.renew(stripe, untilMs, true);
    }
  }
}
