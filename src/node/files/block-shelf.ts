/**
 * Blocks of files that this node keeps: its own people's, and on a node that serves others theirs, bounded by peer, in
 * number, bytes and age. Every block was checked against its digest when it came and is again when it goes. With them it keeps what
 * they belong to: the names of the other shards of their pieces.
 * @module
 */
import { equalBytes, fromHex, toHex } from "#protocol/codec/bytes.ts";
import { type DigestBlock, digestsOf } from "#protocol/files/block-digests.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { mostMarks, releaseMark, releaseSecret, releaseTag, type StripeRelease } from "#protocol/files/release.ts";
import { keepingCharge } from "#protocol/files/requests.ts";
import { type Stripe, stripeId } from "#protocol/files/stripe.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import { count } from "../counts.ts";
import type { Clock, Store, Write } from "../ports.ts";
import { pages } from "../store-pages.ts";
import type { filePlan } from "./file-limits.ts";
import {
  type Facts,
  type KeptStripe,
  offerKey,
  type Released,
  reading,
  rowKey,
  rowKinds,
  writing,
} from "./shelf-rows.ts";

/** How much may be kept. */
export type ShelfBounds = Pick<
  Record<keyof typeof filePlan, number>,
  "blocks" | "ownBytes" | "fromOneBytes" | "fromOnePieces"
> & {
  /** For others, until the user says otherwise; null: nothing. */
  readonly othersBytes: number | null;
  readonly digestBlock?: DigestBlock | undefined;
};

/** Whom a block belongs to. */
type Owner = "own" | "others";

/** Shards that are to be kept, and the stripe that they are of. */
export interface Keeping {
  readonly stripe: Stripe;
  /** With their digests, which whoever hands them over has checked. */
  readonly blocks: readonly { readonly block: Uint8Array; readonly digest: Uint8Array }[];
  readonly untilMs: number;
  /** The peer that brings them; empty: our own people. */
  readonly from: string;
  /** Of who leaves them; a piece with one that has none is let go by nobody. */
  readonly marks: readonly Uint8Array[];
  /** Our own people's: of the secret of their file, if they have one. */
  readonly tag?: Uint8Array;
  /** Anybody may have it. */
  readonly isPublic?: boolean;
}

const nothing = new Uint8Array();

/** What is said of a piece that was let go. */
export const revoked = rejected("revoked", "Who left these shards has let them go: they are not kept again.");

/** The blocks of one node. */
export class BlockShelf {
  private readonly store: Store;
  private readonly clock: Pick<Clock, "nowMs">;
  private readonly facts = new Map<string, Facts>();
  /** By the hex of their ids. */
  readonly stripes = new Map<string, KeptStripe>();
  /** By the hex of their marks. */
  private readonly released = new Map<string, Released>();
  /** Bytes, blocks and stripes by the peers that brought them. */
  private readonly fromPeers = {
    bytes: new Map<string, number>(),
    blocks: new Map<string, number>(),
    stripes: new Map<string, number>(),
  };
  private readonly heldBytes: Record<Owner, number> = { own: 0, others: 0 };
  /** Whether a block, by its digest in hex, is to stay whatever its time and its owner say. */
  isBound: (digest: string) => boolean = () => false;
  private readonly bounds: ShelfBounds;
  private offered: number | null = null;
  private readonly turns = new Turns();

  private constructor(store: Store, clock: Pick<Clock, "nowMs">, bounds: ShelfBounds) {
    this.store = store;
    this.clock = clock;
    this.bounds = bounds;
  }

  /** Reads what is kept, but for the blocks' bytes. */
  static async open(store: Store, clock: Pick<Clock, "nowMs">, bounds: ShelfBounds): Promise<BlockShelf> {
    const shelf = new BlockShelf(store, clock, bounds);
    const offer = reading.offer(await store.get("files", offerKey));
    shelf.offered = offer === undefined ? bounds.othersBytes : offer.bytes;
    for (const kind of [rowKinds.facts, rowKinds.stripe, rowKinds.released]) {
      const range = { from: Uint8Array.of(kind), to: Uint8Array.of(kind + 1) };
      for await (const page of pages(store, "files", undefined, range))
        for (const [key, value] of page) shelf.read(kind, toHex(key.subarray(1)), value);
    }
    return shelf;
  }

  private read(kind: number, name: string, row: Uint8Array): void {
    if (kind === rowKinds.facts) {
      const facts = reading.facts(row);
      if (facts !== null) this.note(name, facts);
    } else if (kind === rowKinds.released) {
      const released = reading.released(row);
      if (released !== null) this.released.set(name, released);
    } else {
      const kept = reading.stripe(row);
      if (kept !== null) this.noteStripe(name, kept);
    }
  }

  /**
   * Keeps shards and what they belong to, all or none; durable when it answers. What is here already stays for the longer of
   * both times, and is our own people's if either was. Without blocks the stripe alone is remembered.
   */
  keep(keeping: Keeping): Promise<Result<null>> {
    const { stripe, blocks, untilMs: asked, from, marks } = keeping;
    return this.turns.take(async () => {
      const live = marks.filter((mark) => !this.released.has(toHex(mark)));
      if (marks.length > 0 && live.length === 0) return revoked;
      const untilMs = Math.min(asked, this.clock.nowMs() + fileLimits.lifeMs);
      const writes: Write[] = [];
      const noted = new Map<string, Facts>();
      let [added, addedBytes] = [0, 0];
      for (const { block, digest } of blocks) {
        const name = toHex(digest);
        const before = noted.get(name) ?? this.facts.get(name);
        const isOurs = from === "" || before?.from === "";
        const facts = {
          sizeBytes: block.length,
          untilMs: Math.max(untilMs, before?.untilMs ?? 0),
          from: isOurs ? "" : (before?.from ?? from),
        };
        if (before?.from !== facts.from) addedBytes += block.length;
        if (before === undefined) added++;
        noted.set(name, facts);
        writes.push(writing.facts(digest, facts), writing.bytes(digest, block));
      }
      const id = stripeId(stripe);
      const before = this.stripes.get(toHex(id));
      const room = this.checkRoom(from, { blocks: added, bytes: addedBytes, stripes: before === undefined ? 1 : 0 });
      if (!room.ok) return room;
      const kept = withLeft(before, { ...keeping, marks: live, untilMs });
      writes.push(writing.stripe(id, kept));
      await this.store.commit(writes);
      for (const [name, facts] of noted) this.note(name, facts);
      this.noteStripe(toHex(id), kept);
      return accepted(null);
    });
  }

  /**
   * Remembers, in one step, pieces that our own people have left with a secret, here or elsewhere, and until when they are to
   * be renewed; 0: no more. Those that this node remembers of that secret are meant, too. Of pieces that are new here it is
   * taken that keepers were asked to keep them until `renewedUntilMs`.
   */
  pin(
    stripes: readonly Stripe[],
    secret: Uint8Array,
    pinnedUntilMs: number,
    renewedUntilMs: number,
  ): Promise<Result<null>> {
    return this.turns.take(async () => {
      const tag = releaseTag(secret);
      const pinned = new Map<string, KeptStripe>();
      for (const stripe of [...stripes, ...this.stripesOf(secret)]) {
        const id = stripeId(stripe);
        const before = this.stripes.get(toHex(id));
        // What is not here needs no word that it is not renewed.
        if (pinnedUntilMs === 0 && (before === undefined || before.ours === null)) continue;
        const marks = [releaseMark(id, releaseSecret(secret, id))];
        if (marks.some((mark) => this.released.has(toHex(mark)))) return revoked;
        const untilMs = before?.ours?.renewedUntilMs ?? renewedUntilMs;
        const kept = withLeft(before, { stripe, blocks: [], untilMs, from: "", marks, tag }, pinnedUntilMs);
        pinned.set(toHex(id), kept);
      }
      const added = [...pinned.keys()].filter((name) => !this.stripes.has(name)).length;
      const room = this.checkRoom("", { blocks: 0, bytes: 0, stripes: added });
      if (!room.ok || pinned.size === 0) return room;
      await this.store.commit([...pinned].map(([name, kept]) => writing.stripe(bytesOfName(name), kept)));
      for (const [name, kept] of pinned) this.noteStripe(name, kept);
      return accepted(null);
    });
  }

  /** Pieces of our own people that were left by the secret of a file. */
  stripesOf(secret: Uint8Array): readonly Stripe[] {
    const tag = releaseTag(secret);
    return [...this.stripes.values()].flatMap(({ stripe, ours }) =>
      ours !== null && equalBytes(ours.tag, tag) ? [stripe] : [],
    );
  }

  /** Places of a piece whose shards lie here, over their time or not. */
  placesOf({ shards }: Stripe): readonly number[] {
    return shards.flatMap((shard, place) => (this.facts.has(toHex(shard)) ? [place] : []));
  }

  /** What it costs who asks to have the shards of a piece that are here kept longer; 0: none is. */
  chargeOf({ shards }: Stripe): number {
    return keepingCharge([...new Set(shards.map(toHex))].flatMap((name) => this.facts.get(name)?.sizeBytes ?? []));
  }

  /** Keeps what is here of a piece longer, durably; of `ours` it is noted that keepers were asked to. */
  renew(stripe: Stripe, asked: number, isOurs = false): Promise<Result<null>> {
    return this.turns.take(async () => {
      const id = stripeId(stripe);
      const before = this.stripes.get(toHex(id));
      if (before === undefined) return rejected("not-found", "Nothing of this piece is kept here.");
      const longest = Math.min(asked, this.clock.nowMs() + fileLimits.lifeMs);
      const untilMs = Math.max(before.untilMs, longest);
      const ours = before.ours !== null && isOurs ? { ...before.ours, renewedUntilMs: longest } : before.ours;
      const kept = { ...before, untilMs, ours };
      const longer = new Map<string, Facts>();
      const writes = [writing.stripe(id, kept)];
      for (const shard of before.stripe.shards) {
        const facts = this.facts.get(toHex(shard));
        if (facts === undefined || longer.has(toHex(shard))) continue;
        const next = { ...facts, untilMs: Math.max(facts.untilMs, untilMs) };
        longer.set(toHex(shard), next);
        writes.push(writing.facts(shard, next));
      }
      await this.store.commit(writes);
      for (const [name, facts] of longer) this.note(name, facts);
      this.noteStripe(toHex(id), kept);
      return accepted(null);
    });
  }

  /** What may be kept for others at most; null: nothing is. */
  get offeredBytes(): number | null {
    return this.offered;
  }

  /** Keeps so much for others from now on, durably: what is here stays until its time is over. Null: lets go all of it. */
  async offer(bytes: number | null): Promise<void> {
    await this.store.commit([writing.offer(bytes)]);
    this.offered = bytes;
    if (bytes === null) await this.turns.take(() => this.letGo(({ from }, name) => from !== "" && !this.isBound(name)));
  }

  /** Which of these are here, a byte for each: 1 or 0. */
  which(digests: readonly Uint8Array[]): Uint8Array {
    return Uint8Array.from(digests, (digest) => (this.isHere(digest) ? 1 : 0));
  }

  /** Bytes of a block that is here and that somebody has left for everybody; null for any other. */
  publicSize(digest: Uint8Array): number | null {
    const isPublic = this.stripes.get(toHex(stripeId({ data: 1, shards: [digest] })))?.isPublic === true;
    return isPublic && this.isHere(digest) ? (this.facts.get(toHex(digest))?.sizeBytes ?? null) : null;
  }

  private isHere(digest: Uint8Array): boolean {
    const name = toHex(digest);
    const facts = this.facts.get(name);
    return facts !== undefined && (facts.untilMs >= this.clock.nowMs() || this.isBound(name));
  }

  /**
   * Lets pieces go, with their shards, at once and durably, if these are their secrets, and keeps none of them again as long as
   * any keeper may still have it. A byte for each: 1 if it was here.
   */
  release(releases: readonly StripeRelease[]): Promise<Uint8Array> {
    return this.turns.take(async () => {
      const here = new Uint8Array(releases.length);
      const untilMs = this.clock.nowMs() + fileLimits.lifeMs;
      const changed = new Map<string, Left>();
      const released = new Map<string, Released>();
      for (const [at, { id, secret }] of releases.entries()) {
        const name = toHex(id);
        const kept = changed.get(name)?.kept ?? this.stripes.get(name);
        const mark = releaseMark(id, secret);
        const isMark = (one: Uint8Array): boolean => equalBytes(one, mark);
        if (kept === undefined || !(kept.marks.some(isMark) || (kept.ours !== null && isMark(kept.ours.mark))))
          continue;
        here[at] = 1;
        released.set(toHex(mark), { secret, untilMs, from: kept.from });
        const marks = kept.marks.filter((one) => !isMark(one));
        const ours = kept.ours !== null && isMark(kept.ours.mark) ? null : kept.ours;
        // One that had no marks before is somebody's who can let go of nothing.
        changed.set(name, { kept: { ...kept, marks, ours }, isOver: kept.marks.length > 0 && marks.length === 0 });
      }
      if (changed.size > 0) await this.takeOut(changed, released);
      return here;
    });
  }

  /** The secrets by which pieces of these marks were let go here; null for others. */
  releasedBy(marks: readonly Uint8Array[]): readonly (Uint8Array | null)[] {
    return marks.map((mark) => this.released.get(toHex(mark))?.secret ?? null);
  }

  /** Takes pieces that are over out, and shards that no other piece has. */
  private async takeOut(changed: ReadonlyMap<string, Left>, released: ReadonlyMap<string, Released>) {
    const isOver = (name: string): boolean => changed.get(name)?.isOver === true;
    const going = new Map<string, Uint8Array>();
    for (const { kept, isOver: over } of changed.values())
      for (const shard of over ? kept.stripe.shards : [])
        if (this.facts.has(toHex(shard)) && !this.isBound(toHex(shard))) going.set(toHex(shard), shard);
    // Most shards are told apart by their first byte, before they are written out.
    const first = new Set([...going.values()].map(([byte = 0]) => byte));
    for (const [name, { stripe }] of this.stripes)
      for (const shard of isOver(name) ? [] : stripe.shards) if (first.has(shard[0] ?? 0)) going.delete(toHex(shard));
    const forgotten = this.oldestReleases(released);
    await this.store.commit([
      ...[...going.values()].flatMap((shard) => [writing.facts(shard, null), writing.bytes(shard, null)]),
      ...[...changed].map(([name, { kept }]) => writing.stripe(bytesOfName(name), isOver(name) ? null : kept)),
      ...[...released].map(([mark, one]) => writing.released(bytesOfName(mark), one)),
      ...forgotten.map((mark) => writing.released(bytesOfName(mark), null)),
    ]);
    for (const name of going.keys()) this.forget(name);
    for (const [name, { kept }] of changed) this.noteStripe(name, isOver(name) ? null : kept);
    for (const [mark, one] of released) this.released.set(mark, one);
    for (const mark of forgotten) this.released.delete(mark);
  }

  /** Marks to be forgotten, the oldest first, once others are added: of all there are to be no more than blocks, of one peer's its part. */
  private oldestReleases(added: ReadonlyMap<string, Released>): readonly string[] {
    const { blocks, fromOnePieces } = this.bounds;
    const all = new Map([...this.released, ...added]);
    const fromPeers = new Map<string, number>();
    for (const { from } of all.values()) if (from !== "") count(fromPeers, from, 1);
    const tooMany = new Map(
      [...fromPeers].flatMap(([from, n]) => (n > fromOnePieces ? [[from, n - fromOnePieces]] : [])),
    );
    let over = all.size - blocks;
    const gone: string[] = [];
    for (const [mark, { from }] of all) {
      if (over <= 0 && tooMany.size === 0) break;
      if (over <= 0 && !tooMany.has(from)) continue;
      gone.push(mark);
      over--;
      if (tooMany.has(from)) count(tooMany, from, -1);
    }
    return gone;
  }

  /** Bytes that are kept for others. */
  get othersBytes(): number {
    return this.heldBytes.others;
  }

  /** Bytes that one peer may leave here still. */
  freeFor(peerId: string): number {
    const ofPeer = this.bounds.fromOneBytes - (this.fromPeers.bytes.get(peerId) ?? 0);
    return Math.max(0, Math.min(ofPeer, (this.offered ?? 0) - this.othersBytes));
  }

  /** The blocks of some digests, in their order; null for one that is not here, or that the disk has spoilt. */
  async find(digests: readonly Uint8Array[]): Promise<readonly (Uint8Array | null)[]> {
    const values = await this.store.getMany(
      "files",
      digests.map((digest) => rowKey("bytes", digest)),
    );
    const names = await digestsOf(
      values.map((value) => value ?? new Uint8Array()),
      this.bounds.digestBlock,
    );
    return values.map((value, i) => {
      const digest = digests[i] as Uint8Array;
      return value !== undefined && this.isHere(digest) && equalBytes(names[i] as Uint8Array, digest) ? value : null;
    });
  }

  /** Lets go what has been kept for as long as was said, and stripes of which nothing is left here. */
  sweep(): Promise<void> {
    const nowMs = this.clock.nowMs();
    return this.turns.take(async () => {
      // What our own people have pinned waits for its renewal, however long nothing ran.
      const pinned = new Set<string>();
      for (const { stripe, ours } of this.stripes.values())
        if (ours !== null && ours.pinnedUntilMs > nowMs) for (const shard of stripe.shards) pinned.add(toHex(shard));
      await this.letGo(({ untilMs }, name) => untilMs < nowMs && !pinned.has(name) && !this.isBound(name));
      const over = [...this.released].filter(([, { untilMs }]) => untilMs < nowMs).map(([mark]) => mark);
      if (over.length === 0) return;
      await this.store.commit(over.map((mark) => writing.released(bytesOfName(mark), null)));
      for (const mark of over) this.released.delete(mark);
    });
  }

  private async letGo(isOver: (kept: Pick<Facts, "untilMs" | "from">, name: string) => boolean): Promise<void> {
    const over = new Set([...this.facts].filter(([name, facts]) => isOver(facts, name)).map(([name]) => name));
    const isLeft = (shard: Uint8Array): boolean => this.facts.has(toHex(shard)) && !over.has(toHex(shard));
    const stripesOver = [...this.stripes]
      .filter(([name, { stripe, ours, untilMs }]) =>
        ours === null
          ? !stripe.shards.some(isLeft)
          : isOver({ untilMs: Math.max(untilMs, ours.pinnedUntilMs), from: "" }, name),
      )
      .map(([name]) => name);
    const keys = (names: Iterable<string>): readonly Uint8Array[] => [...names].flatMap((name) => fromHex(name) ?? []);
    const writes = [
      ...keys(over).flatMap((one) => [writing.facts(one, null), writing.bytes(one, null)]),
      ...keys(stripesOver).map((one) => writing.stripe(one, null)),
    ];
    if (writes.length === 0) return;
    await this.store.commit(writes);
    for (const name of over) this.forget(name);
    for (const name of stripesOver) this.noteStripe(name, null);
  }

  private checkRoom(from: string, added: Record<"blocks" | "bytes" | "stripes", number>): Result<null> {
    const { blocks, ownBytes, fromOneBytes, fromOnePieces } = this.bounds;
    const own = from === "";
    const full = (message: string) => rejected("storage-full", message);
    if (this.facts.size + added.blocks > blocks || this.stripes.size + added.stripes > blocks)
      return full("There are as many shards here as may be.");
    if (own && this.heldBytes.own + added.bytes > ownBytes)
      return full(
        `This browser keeps at most ${ownBytes / 1_048_576} MiB of shared files; the oldest go after 30 days.`,
      );
    if (!own && this.heldBytes.others + added.bytes > (this.offered ?? 0))
      return full("This node's room for files is taken.");
    const would = (what: "blocks" | "bytes" | "stripes"): number => (this.fromPeers[what].get(from) ?? 0) + added[what];
    if (!own && (would("bytes") > fromOneBytes || would("blocks") > fromOnePieces || would("stripes") > fromOnePieces))
      return full("This node keeps as much of yours as it may.");
    return accepted(null);
  }

  private note(name: string, facts: Facts): void {
    this.forget(name);
    this.facts.set(name, facts);
    this.add(facts, 1);
  }

  private forget(name: string): void {
    const facts = this.facts.get(name);
    if (facts === undefined) return;
    this.facts.delete(name);
    this.add(facts, -1);
  }

  private add({ from, sizeBytes }: Facts, sign: 1 | -1): void {
    this.heldBytes[from === "" ? "own" : "others"] += sign * sizeBytes;
    if (from === "") return;
    count(this.fromPeers.bytes, from, sign * sizeBytes);
    count(this.fromPeers.blocks, from, sign);
  }

  private noteStripe(name: string, kept: KeptStripe | null): void {
    const before = this.stripes.get(name)?.from ?? "";
    if (before !== "") count(this.fromPeers.stripes, before, -1);
    if (kept === null) this.stripes.delete(name);
    else this.stripes.set(name, kept);
    if (kept !== null && kept.from !== "") count(this.fromPeers.stripes, kept.from, 1);
  }
}

/** A piece after somebody has let it go, and whether nobody is left who has not. */
interface Left {
  readonly kept: KeptStripe;
  readonly isOver: boolean;
}

/** What is known of a piece once somebody has left it. */
function withLeft(before: KeptStripe | undefined, left: Keeping, pinnedUntilMs?: number): KeptStripe {
  const { stripe, untilMs, from, marks, tag } = left;
  const known = before?.ours ?? null;
  const ours = {
    tag: tag ?? known?.tag ?? nothing,
    mark: marks[0] ?? known?.mark ?? nothing,
    renewedUntilMs: Math.max(untilMs, known?.renewedUntilMs ?? 0),
    pinnedUntilMs: pinnedUntilMs ?? known?.pinnedUntilMs ?? 0,
  };
  return {
    // Of copies there are to be as many as anybody has asked for.
    stripe: before !== undefined && before.stripe.shards.length > stripe.shards.length ? before.stripe : stripe,
    untilMs: Math.max(untilMs, before?.untilMs ?? 0),
    marks: joinMarks(before, marks),
    from: before?.from ?? from,
    ours: from === "" ? ours : known,
    isPublic: left.isPublic === true || before?.isPublic === true,
  };
}

/** Marks of a piece that somebody leaves, with those of who left it before: one without any makes that nobody lets it go. */
function joinMarks(before: KeptStripe | undefined, added: readonly Uint8Array[]): readonly Uint8Array[] {
  if (before === undefined) return added;
  if (before.marks.length === 0 || added.length === 0) return [];
  const known = new Set(before.marks.map(toHex));
  const all = [...before.marks, ...added.filter((mark) => !known.has(toHex(mark)))];
  // Who comes too late for a mark must not lose what they left because others let go.
  return all.length > mostMarks ? [] : all;
}

const bytesOfName = (name: string): Uint8Array => fromHex(name) ?? new Uint8Array();
