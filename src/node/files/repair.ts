/**
 * Repair: who keeps a shard of a piece asks now and then whether the others are still there. One that is missed twice in a
 * row is made anew from those that are left, and left with somebody else; nobody needs the owner or a key for that. When a
 * keeper goes, what it had is asked about at once.
 * @module
 */
import { equalBytes, fromHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { combinePlainly, rebuildShards } from "#protocol/files/erasure-code.ts";
import { codeOf, type Stripe } from "#protocol/files/stripe.ts";
import { append } from "../lists.ts";
import type { BlockShelf } from "./block-shelf.ts";
import { filePlan } from "./file-limits.ts";
import type { Keepers } from "./keepers.ts";
import { evenly, type Holding, holdingOf, type Keeper, rankedFor, wantedPlaces } from "./placement.ts";
import type { Releases } from "./releases.ts";
import type { FileNode } from "./shard-answers.ts";
import type { KeptStripe } from "./shelf-rows.ts";
import type { Stripes } from "./stripes.ts";

interface Audited extends KeptStripe {
  readonly name: string;
  readonly id: Uint8Array;
}

/** The audits and repairs of one node. */
export class Repair {
  /** Shards made anew and left with somebody, since the start. */
  repaired = 0;
  private readonly node: FileNode;
  private readonly shelf: BlockShelf;
  private readonly keepers: Keepers;
  private readonly stripes: Stripes;
  private readonly releases: Releases;
  /** How often in a row a stripe missed shards. */
  private readonly missed = new Map<string, number>();
  /** Names of stripes that are still to be asked about in this pass. */
  private pass: string[] = [];
  private auditAtMs: number;
  private passBegunMs = Number.NEGATIVE_INFINITY;
  /** Who had shards of a stripe when it was last asked about. */
  private readonly holders = new Map<string, ReadonlySet<string>>();
  /** Names of stripes that are to be asked about soon: one that had shards of them has gone, */
  private readonly gone = new Set<string>();
  /** or they lie with fewer keepers than they could. */
  private readonly narrow = new Set<string>();
  /** When keepers were last asked for a shard to see whether they have it. */
  private readonly checkedAtMs = new Map<string, number>();
  private keeperCame = false;
  private spreadAtMs = Number.NEGATIVE_INFINITY;
  private isBusy = false;

  constructor(node: FileNode, shelf: BlockShelf, keepers: Keepers, stripes: Stripes, releases: Releases) {
    this.node = node;
    this.shelf = shelf;
    this.keepers = keepers;
    this.stripes = stripes;
    this.releases = releases;
    this.auditAtMs = node.ports.clock.nowMs() + filePlan.auditEveryMs;
  }

  /** To be called every few seconds. */
  async tick(): Promise<void> {
    const nowMs = this.node.ports.clock.nowMs();
    if (this.isBusy || nowMs < this.auditAtMs || this.shelf.stripes.size === 0) return;
    this.isBusy = true;
    try {
      await this.audit(nowMs);
    } finally {
      this.auditAtMs = this.node.ports.clock.nowMs() + filePlan.auditEveryMs;
      this.isBusy = false;
    }
  }

  /** A keeper has come: what lies with fewer than it could is to be spread. */
  onKeeperCame(): void {
    this.keeperCame = true;
  }

  /** A keeper has gone: what it had is to be asked about. */
  onKeeperGone(keeperId: string): void {
    this.checkedAtMs.delete(keeperId);
    for (const name of this.shelf.stripes.keys())
      if (this.holders.get(name)?.has(keeperId) ?? true) this.gone.add(name);
  }

  /** What is asked about in this round, of `keepers` in all. */
  private next(nowMs: number, keepers: number): readonly Audited[] {
    const { stripes } = this.shelf;
    const isOver = (name: string): boolean => (stripes.get(name)?.untilMs ?? 0) <= nowMs;
    if (this.pass.length === 0 && nowMs >= this.passBegunMs + filePlan.passEveryMs) {
      this.passBegunMs = nowMs;
      this.pass = [...stripes.keys()];
    }
    // What is over waits to be swept away: it takes no place from what is to be mended.
    for (const names of [this.missed, this.holders, this.gone, this.narrow])
      for (const name of names.keys()) if (isOver(name)) names.delete(name);
    if (this.keeperCame && nowMs >= this.spreadAtMs) {
      this.keeperCame = false;
      this.spreadAtMs = nowMs + filePlan.spreadEveryMs;
      for (const [name, { stripe }] of stripes)
        if ((this.holders.get(name)?.size ?? 0) < Math.min(stripe.shards.length, keepers) && !isOver(name))
          this.narrow.add(name);
    }
    // What was missed is looked at again at once, whatever else there is, and the pass goes on, however many come and go.
    const { auditedStripes, repairedStripes, passedStripes } = filePlan;
    const names = new Set([...this.missed.keys()].slice(0, repairedStripes));
    takeSome(this.gone, auditedStripes - passedStripes, names);
    for (const name of this.pass.splice(0, passedStripes)) names.add(name);
    takeSome(this.narrow, auditedStripes, names);
    for (const name of this.pass.splice(0, Math.max(0, auditedStripes - names.size))) names.add(name);
    return [...names].flatMap((name) => {
      const kept = stripes.get(name);
      const id = fromHex(name);
      return kept === undefined || id === undefined || isOver(name) ? [] : [{ ...kept, name, id }];
    });
  }

  private async audit(nowMs: number): Promise<void> {
    const keepers = await this.keepers.list(filePlan.askTimeoutMs, filePlan.knownMs);
    if (keepers.length === 0) return;
    const offers = this.shelf.offeredBytes;
    const audited = this.next(nowMs, keepers.length + (offers === null ? 0 : 1));
    if (audited.length === 0) return;
    const having = await this.stripes.having(
      audited.map(({ stripe }) => stripe),
      keepers,
      filePlan.askTimeoutMs,
    );
    await this.checkWords(audited, having);
    const trusted = this.keepers.now();
    let repairs = 0;
    for (const [i, one] of audited.entries()) {
      const here = new Map([...(having[i] ?? [])].filter(([id]) => trusted.some((keeper) => keeper.id === id)));
      if (offers !== null) here.set(this.node.ports.network.selfId(), this.shelf.which(one.stripe.shards));
      const places = one.stripe.shards.length;
      const all = trusted.length + (offers === null ? 0 : 1);
      const held = evenly(places, holdingOf(one.stripe.data, places, here), all);
      this.holders.set(one.name, new Set(held.values()));
      if (repairs === filePlan.repairedStripes) {
        this.gone.add(one.name);
        continue;
      }
      if (!this.isDue(one, held, all)) continue;
      repairs++;
      await this.repair(one, held, trusted);
    }
  }

  /** Whether a stripe has missed shards for so long that it is this node's turn to make them anew. */
  private isDue({ name, id, stripe }: Audited, held: Holding, keepers: number): boolean {
    const self = this.node.ports.network.selfId();
    if (held.size >= wantedPlaces(stripe, keepers)) {
      this.missed.delete(name);
      return false;
    }
    const times = (this.missed.get(name) ?? 0) + 1;
    // To the end: those that cannot be mended must not keep others from being looked at.
    this.missed.delete(name);
    this.missed.set(name, times);
    const holders = [...new Set(held.values())];
    const asKeeper = (keeper: string): Keeper => ({ id: keeper, offeredBytes: 1, prefix: null });
    const order = rankedFor(id, holders.map(asKeeper)).map((keeper) => keeper.id);
    const turn = order.includes(self) ? order.indexOf(self) : order.length;
    const late = times - filePlan.missedAudits - turn;
    return late >= 0 && late % filePlan.tryAgainAudits === 0;
  }

  private async repair(audited: Audited, held: Holding, keepers: readonly Keeper[]): Promise<void> {
    const { name, stripe, untilMs, isPublic } = audited;
    // What is missed may have been let go while this node was away.
    await this.releases.learn(audited.id, audited, keepers);
    const marks = this.shelf.stripes.get(name)?.marks;
    if (marks === undefined) return;
    const fetched = await this.stripes.fetch(stripe, []);
    if (!fetched.ok || fetched.value.trouble !== null) return;
    const code = codeOf(stripe);
    const combine = (await this.node.ports.combineShards?.()) ?? combinePlainly;
    const all = rebuildShards(code, fetched.value.shards, combine, code.data + code.parity);
    // A stripe that somebody made up of shards that belong to none comes to nothing.
    if (!all.ok || !areOf(stripe, all.value)) return;
    const shards = all.value.map((shard, place) => (held.has(place) ? null : shard));
    const left = await this.stripes.leave({ stripe, shards, untilMs, marks, isPublic, held }, keepers);
    this.repaired += left.held.size - held.size;
    this.missed.delete(name);
  }

  /**
   * Asks a few keepers, in turn, for a shard that each says it has: who cannot give it counts for nothing for a while. A shard
   * is a quarter of a megabyte, so not all of them every time.
   */
  private async checkWords(
    audited: readonly Audited[],
    having: readonly ReadonlyMap<string, Uint8Array>[],
  ): Promise<void> {
    const claims = new Map<string, Uint8Array[]>();
    for (const [i, { stripe }] of audited.entries())
      for (const [id, here] of having[i] ?? [])
        for (const [place, digest] of stripe.shards.entries()) if (here[place] === 1) append(claims, id, digest);
    const lastChecked = (id: string): number => this.checkedAtMs.get(id) ?? Number.NEGATIVE_INFINITY;
    const due = [...claims].toSorted(([a], [b]) => lastChecked(a) - lastChecked(b)).slice(0, filePlan.checkedKeepers);
    await Promise.all(
      due.map(async ([id, digests]) => {
        this.checkedAtMs.set(id, this.node.ports.clock.nowMs());
        const [draw = 0, more = 0] = this.node.ports.entropy.bytes(2);
        const digest = digests[(256 * draw + more) % digests.length] as Uint8Array;
        const answer = await this.stripes.want(id, [digest]);
        // One that is slow or may send nothing now has not lied.
        if (!answer.ok) return;
        const [block = null] = answer.value.blocks;
        if (block !== null && equalBytes(sha256(block), digest)) return;
        // It may have been let go since it was said to be there.
        const still = block === null ? await this.stripes.whichHas(id, [digest]) : null;
        if (block === null && still?.[0] !== 1) return;
        this.keepers.distrust(id);
        this.node.offend(id, "bad-shard", "it said that it keeps a shard and did not give it");
      }),
    );
  }
}

/** Moves names into `names` until there are so many. */
function takeSome(from: Set<string>, most: number, names: Set<string>): void {
  for (const name of from) {
    if (names.size >= most) return;
    from.delete(name);
    names.add(name);
  }
}

const areOf = ({ shards }: Stripe, blocks: readonly Uint8Array[]): boolean =>
  blocks.length === shards.length && blocks.every((block, i) => equalBytes(sha256(block), shards[i] as Uint8Array));
