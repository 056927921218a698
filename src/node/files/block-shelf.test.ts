/** The shelf of blocks on a disk: what stays, for how long, for whom, and what is let go. */
import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { bytes32, encode, list, nullable, record, text, unsigned } from "#protocol/codec/schema.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { releaseMark, releaseSecret } from "#protocol/files/release.ts";
import { type Stripe, stripeId, stripeSchema } from "#protocol/files/stripe.ts";
import { must } from "#testing/mail-fixtures.ts";
import { Random } from "#testing/random.ts";
import { Simulation } from "#testing/simulator.ts";
import { BlockShelf } from "./block-shelf.ts";
import { rowKey } from "./shelf-rows.ts";

/** Shards of a piece; the shelf does not look at what is in them. */
const data = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => new Random(n).bytes(1_000));
const stripe: Stripe = { data: 4, shards: data.map((shard) => sha256(shard)) };

const bounds = { blocks: 9, ownBytes: 1 << 20, othersBytes: 1 << 20, fromOneBytes: 1 << 20, fromOnePieces: 9 };
const open = async () => {
  const simulation = new Simulation(6);
  const { disk } = await simulation.add();
  let nowMs = 1_000;
  const clock = { nowMs: () => nowMs };
  const shelf = await BlockShelf.open(disk, clock, bounds);
  return { disk, clock, shelf, pass: (ms: number) => (nowMs += ms) };
};
const forever = Number.MAX_SAFE_INTEGER;
const keeping = (
  blocks: readonly Uint8Array[],
  from: string,
  untilMs = forever,
  marks: readonly Uint8Array[] = [],
) => ({
  stripe,
  marks,
  blocks: blocks.map((block) => ({ block, digest: sha256(block) })),
  untilMs,
  from,
});
const digests = stripe.shards.slice(0, 3);
const blocks = data.slice(0, 3);

describe("the shelf", () => {
  it("lets blocks go after their time, and one that was kept again later; and then what they belonged to", async () => {
    const { disk, clock, shelf, pass } = await open();
    must(await shelf.keep(keeping(blocks, "peer")));
    pass(fileLimits.lifeMs - 1);
    must(await shelf.keep(keeping(blocks.slice(0, 1), "other")));
    // What was to be kept for a shorter time does not make it shorter.
    must(await shelf.keep(keeping(blocks.slice(0, 1), "other", 1)));
    await shelf.sweep();
    expect(await shelf.find(digests)).toEqual(blocks);
    pass(2);
    const reopened = await BlockShelf.open(disk, clock, bounds);
    expect([...reopened.stripes.values()]).toMatchObject([{ stripe, ours: null }]);
    await reopened.sweep();
    expect(await reopened.find(digests)).toEqual([blocks[0], null, null]);
    expect(reopened.stripes.size).toBe(1);
    pass(fileLimits.lifeMs);
    await reopened.sweep();
    expect(reopened.stripes.size).toBe(0);
    expect((await disk.range("files", { limit: 10 })).length).toBe(0);
  });

  it("remembers what our own people put among others, without a shard of it", async () => {
    const { disk, clock, shelf, pass } = await open();
    must(await shelf.keep(keeping([], "")));
    await shelf.sweep();
    const reopened = await BlockShelf.open(disk, clock, bounds);
    expect([...reopened.stripes.values()]).toMatchObject([{ stripe, ours: { pinnedUntilMs: 0 } }]);
    pass(fileLimits.lifeMs + 1);
    await reopened.sweep();
    expect(reopened.stripes.size).toBe(0);
  });

  it("has room for one peer and for others apart from that for our own people", async () => {
    const { disk, clock } = await open();
    const tight = { blocks: 9, ownBytes: 2_000, othersBytes: 4_000, fromOneBytes: 3_000, fromOnePieces: 9 };
    const shelf = await BlockShelf.open(disk, clock, tight);
    const block = (n: number): Uint8Array => new Uint8Array(1_000).fill(n);
    const keep = (on: BlockShelf, some: readonly number[], from: string) => on.keep(keeping(some.map(block), from));
    must(await keep(shelf, [1, 2, 3], "peer"));
    expect(await keep(shelf, [4], "peer")).toMatchObject({ code: "storage-full" });
    // What is here already needs no room again.
    must(await keep(shelf, [1, 2], "peer"));
    must(await keep(shelf, [4], "other"));
    expect(await keep(shelf, [5], "third")).toMatchObject({ code: "storage-full" });
    // One that is ours as well makes room for another of that peer's.
    must(await keep(shelf, [1, 6], ""));
    expect(await keep(shelf, [7], "")).toMatchObject({ code: "storage-full" });
    must(await keep(shelf, [5], "peer"));
    const reopened = await BlockShelf.open(disk, clock, tight);
    expect(await keep(reopened, [7], "peer")).toMatchObject({ code: "storage-full" });
    expect(await reopened.find([block(1), block(7)].map((one) => sha256(one)))).toEqual([block(1), null]);
  });

  it("gives nothing for a block that the disk has spoilt", async () => {
    const { disk, shelf } = await open();
    must(await shelf.keep(keeping(blocks, "")));
    const [, row] = (await disk.range("files", { limit: 10 })).filter(([key]) => key[0] === 1);
    await disk.commit([{ table: "files", key: row?.[0] as Uint8Array, value: new Uint8Array(1_000) }]);
    expect((await shelf.find(digests)).filter((block) => block === null)).toHaveLength(1);
  });
});

describe("pieces that their owners let go", () => {
  it("reads pieces that were written before they could be let go, and lets go of what only the released one had", async () => {
    const { disk, clock, shelf } = await open();
    must(await shelf.keep(keeping(blocks, "peer", forever, [])));
    // As it was, of two versions: without marks and pin, and without what our own people have apart.
    const first = { stripe: stripeSchema, untilMs: unsigned(), own: unsigned(1) };
    const marked = { ...first, marks: list(bytes32, 4), pinnedUntilMs: unsigned() };
    const [id1, ours] = [stripeId(stripe), { data: 1, shards: stripe.shards.slice(0, 1) }];
    const [mark] = stripe.shards as [Uint8Array];
    const untilMs = fileLimits.lifeMs;
    const rows: [Uint8Array, Uint8Array][] = [
      [id1, encode(record(first), { stripe, untilMs, own: 0 })],
      [stripeId(ours), encode(record(marked), { stripe: ours, untilMs, own: 1, marks: [mark], pinnedUntilMs: 7 })],
    ];
    await disk.commit(rows.map(([id, value]) => ({ table: "files", key: rowKey("stripe", id), value })));
    const reopened = await BlockShelf.open(disk, clock, bounds);
    expect(reopened.stripes.get(toHex(id1))).toMatchObject({ stripe, marks: [], ours: null });
    expect(reopened.stripes.get(toHex(stripeId(ours)))).toMatchObject({
      marks: [mark],
      ours: { mark, renewedUntilMs: untilMs, pinnedUntilMs: 7 },
    });
    await disk.commit([{ table: "files", key: rowKey("stripe", stripeId(ours)), value: null }]);
    reopened.stripes.delete(toHex(stripeId(ours)));
    const secret = new Uint8Array(32).fill(1);
    const other = { data: 4, shards: [...stripe.shards.slice(0, 2), ...stripe.shards.slice(0, 6)] };
    const both = {
      ...keeping(blocks.slice(0, 2), "peer", forever, [releaseMark(stripeId(other), secret)]),
      stripe: other,
    };
    must(await reopened.keep(both));
    const id = stripeId(other);
    const releases = [
      { id, secret: new Uint8Array(32) },
      { id: stripeId(stripe), secret },
      { id, secret },
    ];
    expect([...(await reopened.release(releases))]).toEqual([0, 0, 1]);
    expect(await reopened.find(digests)).toEqual(blocks);
    expect(reopened.stripes.size).toBe(1);
    expect(await (await BlockShelf.open(disk, clock, bounds)).keep(both)).toMatchObject({ code: "revoked" });
  });

  it("reads pieces that were written before any was for everybody, as for nobody else", async () => {
    const { disk, clock } = await open();
    const before = record({
      stripe: stripeSchema,
      untilMs: unsigned(),
      marks: list(bytes32, 4),
      from: text(128),
      ours: nullable(record({ tag: bytes32, mark: bytes32, renewedUntilMs: unsigned(), pinnedUntilMs: unsigned() })),
    });
    const [mark] = stripe.shards as [Uint8Array];
    const ours = { tag: mark, mark, renewedUntilMs: 5, pinnedUntilMs: 7 };
    const row = { stripe, untilMs: 3, marks: [mark], from: "peer", ours };
    await disk.commit([{ table: "files", key: rowKey("stripe", stripeId(stripe)), value: encode(before, row) }]);
    const reopened = await BlockShelf.open(disk, clock, bounds);
    expect(reopened.stripes.get(toHex(stripeId(stripe)))).toEqual({ ...row, isPublic: false });
  });

  it("lets a piece of several go once each has let it go, and never one that more left than it has marks for", async () => {
    const { shelf } = await open();
    const id = stripeId(stripe);
    const secrets = Array.from({ length: 6 }, (_, n) => new Uint8Array(32).fill(n));
    const left = (some: readonly Uint8Array[]) =>
      keeping(
        blocks,
        "peer",
        forever,
        some.map((one) => releaseMark(id, one)),
      );
    const letGo = (some: readonly Uint8Array[]) => shelf.release(some.map((secret) => ({ id, secret })));
    for (const one of secrets.slice(0, 2)) must(await shelf.keep(left([one])));
    await letGo(secrets.slice(0, 1));
    expect(await shelf.find(digests)).toEqual(blocks);
    await letGo(secrets.slice(1, 2));
    expect(await shelf.find(digests)).toEqual([null, null, null]);
    for (const one of secrets.slice(2)) must(await shelf.keep(left([one])));
    must(await shelf.keep(left([new Uint8Array(32).fill(9)])));
    await letGo(secrets.slice(2));
    expect(await shelf.find(digests)).toEqual(blocks);
  });

  it("knows our own people's pieces by the secret of their file, and is told by nobody else until when they are renewed", async () => {
    const { disk, clock, shelf, pass } = await open();
    const [secret, id] = [new Uint8Array(32).fill(1), stripeId(stripe)];
    const mine = releaseMark(id, releaseSecret(secret, id));
    must(await shelf.pin([stripe], secret, forever, 5_000));
    pass(1_000);
    // Another leaves shards of it here and has them kept longer.
    must(await shelf.keep(keeping(blocks, "peer", forever, [releaseMark(id, new Uint8Array(32))])));
    must(await shelf.renew(stripe, forever));
    const reopened = await BlockShelf.open(disk, clock, bounds);
    const kept = () => reopened.stripes.get(toHex(id));
    expect(kept()?.ours).toMatchObject({ renewedUntilMs: 5_000, pinnedUntilMs: forever, mark: mine });
    expect(reopened.stripesOf(secret)).toEqual([stripe]);
    expect(reopened.stripesOf(new Uint8Array(32))).toEqual([]);
    // All or none: what was let go is not pinned again, nor what comes with it.
    must(await reopened.renew(stripe, forever, true));
    expect(kept()?.ours?.renewedUntilMs).toBe(clock.nowMs() + fileLimits.lifeMs);
    await reopened.release([{ id, secret: releaseSecret(secret, id) }]);
    // The other's stays, and is the other's alone.
    expect(kept()).toMatchObject({ ours: null, marks: [releaseMark(id, new Uint8Array(32))] });
    const copies = { data: 1, shards: stripe.shards.slice(0, 1) };
    expect(await reopened.pin([copies, stripe], secret, forever, 5_000)).toMatchObject({ code: "revoked" });
    expect(reopened.stripesOf(secret)).toEqual([]);
  });

  it("keeps of one peer no more blocks, pieces and releases than its part, and others' releases whatever one does", async () => {
    const { disk, clock } = await open();
    const few = { ...bounds, fromOnePieces: 3 };
    const shelf = await BlockShelf.open(disk, clock, few);
    const copiesOf = (n: number): Stripe => ({ data: 1, shards: [sha256(new Uint8Array(9).fill(n))] });
    const leave = (on: BlockShelf, n: number, from: string, of = copiesOf(n)) => {
      const marks = [releaseMark(stripeId(of), new Uint8Array(32).fill(n))];
      return on.keep({ ...keeping([new Uint8Array(9).fill(n)], from, forever, marks), stripe: of });
    };
    const letGo = (on: BlockShelf, n: number) =>
      on.release([{ id: stripeId(copiesOf(n)), secret: new Uint8Array(32).fill(n) }]);
    must(await leave(shelf, 9, "other"));
    await letGo(shelf, 9);
    for (const n of [1, 2, 3]) must(await leave(shelf, n, "peer"));
    const reopened = await BlockShelf.open(disk, clock, few);
    expect(await leave(reopened, 4, "peer")).toMatchObject({ code: "storage-full" });
    // One block of many made-up pieces counts as often.
    expect(
      await leave(reopened, 1, "peer", { data: 2, shards: [1, 2, 3].map((n) => sha256(new Uint8Array(n))) }),
    ).toMatchObject({
      code: "storage-full",
    });
    must(await leave(reopened, 4, "other"));
    for (const n of [1, 2, 3]) await letGo(reopened, n);
    for (const n of [5, 6]) {
      must(await leave(reopened, n, "peer"));
      await letGo(reopened, n);
    }
    for (const on of [reopened, await BlockShelf.open(disk, clock, few)]) {
      const marks = [1, 2, 3, 5, 6, 9].map((n) => releaseMark(stripeId(copiesOf(n)), new Uint8Array(32).fill(n)));
      expect(on.releasedBy(marks).map((secret) => secret !== null)).toEqual([false, false, true, true, true, true]);
    }
  });

  it("remembers that a piece was let go as long as any keeper may have it", async () => {
    const { shelf, pass } = await open();
    const [id, secret] = [stripeId(stripe), new Uint8Array(32)];
    const left = keeping(blocks, "peer", 10_000, [releaseMark(id, secret)]);
    must(await shelf.keep(left));
    await shelf.release([{ id, secret }]);
    pass(fileLimits.lifeMs - 1);
    await shelf.sweep();
    expect(await shelf.keep(left)).toMatchObject({ code: "revoked" });
    pass(2);
    await shelf.sweep();
    must(await shelf.keep(left));
  });

  it("keeps what a deal is about when nothing else is kept for others any more", async () => {
    const { shelf } = await open();
    must(await shelf.keep(keeping(blocks, "peer")));
    const bound = toHex(digests[1] as Uint8Array);
    shelf.isBound = (digest) => digest === bound;
    await shelf.offer(null);
    expect(await shelf.find(digests)).toEqual([null, blocks[1], null]);
  });

  it("remembers of no more pieces that they were let go than it may keep", async () => {
    const { disk, shelf } = await open();
    for (let n = 0; n < bounds.blocks + 3; n++) {
      const one = new Uint8Array(9).fill(n);
      const copies = { data: 1, shards: [sha256(one)] };
      const [id, secret] = [stripeId(copies), new Uint8Array(32).fill(n)];
      const kept = { ...keeping([one], "peer", forever, [releaseMark(id, secret)]), stripe: copies };
      must(await shelf.keep(kept));
      await shelf.release([{ id, secret }]);
    }
    expect(await disk.range("files", { limit: 100 })).toHaveLength(bounds.blocks);
  });
});
