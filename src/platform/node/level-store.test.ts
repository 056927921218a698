import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { storeContract } from "#testing/store-contract.ts";
import { openLevelStore } from "./level-store.ts";

const folder = mkdtempSync(join(tmpdir(), "aether-level-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

storeContract("LevelDB", { open: (name) => openLevelStore(join(folder, name)) });

describe("LevelDB store", () => {
  it("says so when another process has the directory", async () => {
    const store = await openLevelStore(join(folder, "locked"));
    await expect(openLevelStore(join(folder, "locked"))).rejects.toMatchObject({
      code: "storage-unavailable",
      message: expect.stringContaining("Another seed"),
    });
    await store.close();
  });

  it("says so when the directory cannot be made", async () => {
    writeFileSync(join(folder, "a-file"), "");
    await expect(openLevelStore(join(folder, "a-file", "inside"))).rejects.toMatchObject({
      code: "storage-unavailable",
    });
  });
});
