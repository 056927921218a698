import { describe, expect, it } from "vitest";
import { concatBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { auditLeafCount, auditRoot, checkAuditLeaf } from "#protocol/files/audit-tree.ts";
import { Random } from "#testing/random.ts";
import { DealBytes } from "./deal-bytes.ts";

/** A shelf that counts what is read of it. */
function shelfOf(blocks: readonly Uint8Array[]) {
  const byName = new Map(blocks.map((block) => [toHex(sha256(block)), block]));
  let read = 0;
  const at = (digest: Uint8Array): Uint8Array | null => byName.get(toHex(digest)) ?? null;
  return {
    byName,
    reads: () => read,
    which: (digests: readonly Uint8Array[]) => Uint8Array.from(digests, (digest) => (at(digest) === null ? 0 : 1)),
    find: (digests: readonly Uint8Array[]) => {
      read += digests.length;
      return Promise.resolve(digests.map(at));
    },
  };
}

/** Lengths that end within leaves and groups of them, at their ends, and far below and above one. */
const lengths = [1_300, 1, 1_024, 748, 5, 700_000, 345_498, 1_048_576, 900_000, 2_049, 17, 600_000];
const blocks = lengths.map((length, i) => new Random(i).bytes(length));
const digests = blocks.map((block) => sha256(block));
const deal = { id: sha256(concatBytes(...blocks)), ...auditRoot(blocks) };
/** Where something ends, and some between. */
const last = auditLeafCount(deal.bytes) - 1;
const some = [0, 1, 2, 3, 684, 1_022, 1_023, 1_024, 2_047, 2_048, 2_926, 2_927, 3_071, 3_072, last - 1, last];

describe("the bytes of a deal", () => {
  it("are shown leaf by leaf, and read whole only once", async () => {
    const shelf = shelfOf(blocks);
    const bytes = new DealBytes(shelf);
    expect(await bytes.are(deal, digests)).toBe(true);
    expect(shelf.reads()).toBe(blocks.length);
    for (const index of some) {
      const shown = await bytes.show(deal, digests, [index]);
      expect(shown?.map((leaf) => checkAuditLeaf(deal, index, leaf))).toEqual([true]);
    }
    // Each leaf read the blocks that its group lies in, and never all of them.
    expect(shelf.reads()).toBeLessThan(blocks.length + 8 * some.length);
    bytes.forget(deal.id);
    expect(await bytes.are(deal, digests)).toBe(true);
  });

  it("are not those that are missing, in another order, or more than it names", async () => {
    const shelf = shelfOf(blocks);
    const bytes = new DealBytes(shelf);
    expect(await bytes.are(deal, digests.toReversed())).toBe(false);
    expect(await bytes.are(deal, digests.slice(1))).toBe(false);
    const before = shelf.reads();
    expect(await bytes.are(deal, Array.from({ length: 100 }, () => digests).flat())).toBe(false);
    expect(shelf.reads() - before).toBeLessThanOrEqual(2 * blocks.length);
    expect(await bytes.are(deal, digests)).toBe(true);
    shelf.byName.delete(toHex(digests[5] as Uint8Array));
    expect(bytes.missing(digests)).toBe(1);
    expect(await bytes.show(deal, digests, some)).toBeNull();
  });
});
