/**
 * What every adapter of the store port must do. Each adapter's own test file runs this suite on itself.
 * @module
 */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { StorageFailure, type Store, type Write } from "#node/ports.ts";
import { compareBytes, toHex } from "#protocol/codec/bytes.ts";

/** How the suite gets stores: `open` twice with one name opens the same data again. */
export interface StoreFactory {
  open(name: string): Promise<Store>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);
const key = fc.uint8Array({ minLength: 1, maxLength: 4 });
const write: fc.Arbitrary<Write> = fc.record({
  table: fc.constantFrom("state" as const, "meta" as const),
  key,
  value: fc.option(fc.uint8Array({ maxLength: 6 }), { nil: null }),
});

/** Runs the contract on one adapter. */
export function storeContract(adapter: string, factory: StoreFactory): void {
  let number = 0;
  const opened: Store[] = [];
  const open = async (name = `store-${number++}`): Promise<Store> => {
    const store = await factory.open(name);
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close().catch(() => undefined);
  });

  describe(`store contract: ${adapter}`, () => {
    it("behaves like sorted maps under any writes and ranges", async () => {
      const bounds = fc.record({ from: fc.option(key), to: fc.option(key), limit: fc.nat(8), reverse: fc.boolean() });
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.array(write, { maxLength: 8 }), { maxLength: 5 }),
          bounds,
          async (batches, range) => {
            const store = await open();
            const model = new Map<string, Write>();
            for (const batch of batches) {
              await store.commit(batch);
              for (const one of batch) model.set(`${one.table}/${toHex(one.key)}`, one);
            }
            for (const table of ["state", "meta"] as const) {
              const expected = [...model.values()]
                .filter((one) => one.table === table && one.value !== null)
                .sort((a, b) => compareBytes(a.key, b.key));
              for (const one of model.values()) {
                if (one.table === table) expect(await store.get(table, one.key)).toEqual(one.value ?? undefined);
              }
              const inRange = expected.filter(
                (one) =>
                  (!range.from || compareBytes(one.key, range.from) >= 0) &&
                  (!range.to || compareBytes(one.key, range.to) < 0),
              );
              const ordered = (range.reverse ? inRange.reverse() : inRange).slice(0, range.limit);
              const asked = {
                limit: range.limit,
                reverse: range.reverse,
                ...(range.from ? { from: range.from } : {}),
                ...(range.to ? { to: range.to } : {}),
              };
              if (range.from && range.to && compareBytes(range.from, range.to) >= 0) continue;
              expect(await store.range(table, asked)).toEqual(ordered.map((one) => [one.key, one.value]));
            }
            await store.close();
          },
        ),
        { numRuns: 15 },
      );
    });

    it("answers getMany in the order asked, with gaps", async () => {
      const store = await open();
      await store.commit([
        { table: "headers", key: bytes(1), value: bytes(10) },
        { table: "headers", key: bytes(255), value: bytes(20) },
      ]);
      expect(await store.getMany("headers", [bytes(255), bytes(7), bytes(1)])).toEqual([
        bytes(20),
        undefined,
        bytes(10),
      ]);
    });

    it("keeps its data apart from the caller's arrays", async () => {
      const store = await open();
      const value = bytes(1, 2, 3);
      const view = new Uint8Array([9, 9, 5, 9]).subarray(2, 3);
      await store.commit([{ table: "meta", key: view, value }]);
      value[0] = 99;
      const first = await store.get("meta", bytes(5));
      expect(first).toEqual(bytes(1, 2, 3));
      if (first) first[0] = 77;
      expect(await store.get("meta", bytes(5))).toEqual(bytes(1, 2, 3));
    });

    it("takes big values and many of them", async () => {
      const store = await open();
      const big = new Uint8Array(1_048_576).fill(7);
      const many: Write[] = Array.from({ length: 5_000 }, (_, i) => ({
        table: "state",
        key: bytes(i >> 8, i & 255),
        value: bytes(i & 255),
      }));
      await store.commit([{ table: "bodies", key: bytes(1), value: big }, ...many]);
      expect(await store.get("bodies", bytes(1))).toEqual(big);
      const page = await store.range("state", { from: bytes(3), limit: 300 });
      expect(page.length).toBe(300);
      expect(page[0]?.[0]).toEqual(bytes(3, 0));
    });

    it("has what it acknowledged after it was closed and opened again", async () => {
      const name = `durable-${number++}`;
      const store = await open(name);
      await store.commit([{ table: "meta", key: bytes(1), value: bytes(1) }]);
      await store.close();
      const again = await open(name);
      expect(await again.get("meta", bytes(1))).toEqual(bytes(1));
      await again.clear();
      expect(await again.range("meta", { limit: 9 })).toEqual([]);
    });

    it("clears the tables that are named and no others", async () => {
      const store = await open();
      const all = ["meta", "state", "spare"] as const;
      await store.commit(all.map((table) => ({ table, key: bytes(1), value: bytes(1) })));
      await store.clear("state", "spare");
      expect(await store.range("state", { limit: 9 })).toEqual([]);
      expect(await store.range("spare", { limit: 9 })).toEqual([]);
      expect(await store.get("meta", bytes(1))).toEqual(bytes(1));
    });

    it("refuses work after it was closed", async () => {
      const store = await open();
      await store.close();
      for (const attempt of [
        store.get("meta", bytes(1)),
        store.commit([{ table: "meta", key: bytes(1), value: null }]),
      ]) {
        await expect(attempt).rejects.toBeInstanceOf(StorageFailure);
        await expect(attempt).rejects.toMatchObject({ code: "storage-unavailable" });
      }
    });
  });
}
