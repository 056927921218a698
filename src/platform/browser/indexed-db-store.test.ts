import "fake-indexeddb/auto";
import { openDB } from "idb";
import { describe, expect, it } from "vitest";
import type { Table } from "#node/ports.ts";
import { storeContract } from "#testing/store-contract.ts";
import { openIndexedDbStore } from "./indexed-db-store.ts";

const quiet = { onClosed: () => undefined };
storeContract("IndexedDB", { open: (name) => openIndexedDbStore(name, quiet) });

describe("IndexedDB store", () => {
  it("lets go of the database when a newer version asks for it, and says so", async () => {
    const reasons: string[] = [];
    const store = await openIndexedDbStore("versioned", { onClosed: (reason) => reasons.push(reason) });
    const newer = await openDB("versioned", 99);
    expect(reasons[0]).toContain("newer version");
    newer.close();
    await expect(store.get("meta", new Uint8Array(1))).rejects.toMatchObject({ code: "storage-unavailable" });
    await expect(openIndexedDbStore("versioned", quiet)).rejects.toMatchObject({ code: "storage-unavailable" });
  });

  it("brings a database of version 1 forward with all it holds, also after an upgrade that was cut short", async () => {
    const first = ["meta", "headers", "bodies", "undo", "canonical", "state", "transactions", "pool", "peers"];
    const old = await openDB("old", 1, {
      upgrade: (database) => {
        for (const table of first) database.createObjectStore(table);
      },
    });
    for (const table of first) await old.put(table, Uint8Array.of(7), Uint8Array.of(1).buffer);
    old.close();
    const cut = openDB("old", 2, {
      upgrade: (database, _from, _to, transaction) => {
        database.createObjectStore("spare");
        transaction.done.catch(() => undefined);
        transaction.abort();
      },
    });
    await expect(cut).rejects.toBeDefined();
    const store = await openIndexedDbStore("old", quiet);
    for (const table of first) expect(await store.get(table as Table, Uint8Array.of(1))).toEqual(Uint8Array.of(7));
    await store.commit([{ table: "spare", key: Uint8Array.of(1), value: Uint8Array.of(9) }]);
    expect(await store.get("spare", Uint8Array.of(1))).toEqual(Uint8Array.of(9));
    await store.close();
  });
});
