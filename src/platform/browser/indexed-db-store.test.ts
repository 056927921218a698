import "fake-indexeddb/auto";
import { openDB } from "idb";
import { describe, expect, it } from "vitest";
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
});
