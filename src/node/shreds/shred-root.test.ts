import { describe, expect, it } from "vitest";
import { encodeContents } from "#protocol/ledger/block.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { limits } from "#protocol/parameters.ts";
import { shredLimits, shredRootOf } from "#protocol/shreds/shreds.ts";
import { longBlock } from "#testing/big-blocks.ts";
import { feed, openChain } from "#testing/chain-fixtures.ts";
import { MemoryStore } from "../../platform/memory/memory-store.ts";

describe("the shreds that a header names", () => {
  it("are its body's where that is longer than 64 KiB, and none where it is not", async () => {
    for (const bytes of [20_000, 70_000, 900_000]) {
      const { first, long } = longBlock(bytes);
      const body = encodeContents(long.block);
      expect(body.length).toBeLessThan(limits.blockBytes);
      expect(long.block.header.shreds).toEqual(shredRootOf(body));
      expect(long.block.header.shreds === null).toBe(body.length <= shredLimits.wholeBodyBytes);
      const chain = await openChain(new MemoryStore());
      expect(await feed(chain, [first, long])).toEqual({ ok: true, value: null });
      expect(chain.head.hash).toEqual(long.hash);
    }
  });

  it("make a block invalid if they are others than its body's: none, any, or those of another body", async () => {
    const { maker, first, long } = longBlock(70_000);
    const small = maker.make(first);
    const any = new Uint8Array(32).fill(7);
    for (const [made, shreds] of [
      [long, null],
      [long, any],
      [small, any],
      [small, long.block.header.shreds],
    ] as const) {
      const chain = await openChain(new MemoryStore());
      const forged = remade(made, shreds);
      expect(await feed(chain, [first, forged])).toMatchObject({ ok: false, code: "wrong-shreds" });
      expect(chain.index.get(forged.hash)?.invalid?.code).toBe("wrong-shreds");
      expect(chain.head.hash).toEqual(first.hash);
    }

    function remade(made: typeof long, shreds: Uint8Array | null): typeof long {
      const prepared = made.block.transactions.map((transaction) => prepareTransaction(transaction));
      return maker.make(first, prepared, undefined, { shreds });
    }
  });
});
