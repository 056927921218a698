import "fake-indexeddb/auto";
import { openDB } from "idb";
import { describe, expect, it } from "vitest";
import { accepted } from "#protocol/result.ts";
import { homeLimits } from "#sdk/home-files.ts";
import { openHomeFiles } from "./home-files.ts";

let opened = 0;
const fresh = () => openHomeFiles(`home ${opened++}`, () => 7);
const bytes = Uint8Array.of(1, 2, 3);

describe("files of a person", () => {
  it("are there until they are deleted, also when opened anew", async () => {
    const files = fresh();
    expect(await files.write("b/c.txt", bytes)).toEqual(accepted(undefined));
    expect(await files.write("a.txt", new Uint8Array())).toEqual(accepted(undefined));
    const again = openHomeFiles(`home ${opened - 1}`, () => 9);
    expect(await again.list()).toEqual(
      accepted([
        { path: "a.txt", sizeBytes: 0, changedMs: 7 },
        { path: "b/c.txt", sizeBytes: 3, changedMs: 7 },
      ]),
    );
    expect(await again.read("b/c.txt")).toEqual(accepted(bytes));
    expect(await again.write("b/c.txt", Uint8Array.of(9))).toEqual(accepted(undefined));
    expect(await files.read("b/c.txt")).toEqual(accepted(Uint8Array.of(9)));
    expect(await files.remove("b/c.txt")).toEqual(accepted(undefined));
    expect(await again.read("b/c.txt")).toMatchObject({
      code: "not-found",
      message: expect.stringContaining("b/c.txt"),
    });
    expect(await again.remove("b/c.txt")).toMatchObject({ code: "not-found" });
  });

  it.each(["", "/a", "a/", "a//b", "../a", ".", "a/..", "a\n", "a\\b", "a\u202eb", "a".repeat(256)])(
    "cannot be called %j",
    async (path) => {
      const files = fresh();
      expect(await files.write(path, bytes)).toMatchObject({ code: "invalid-argument" });
      expect(await files.list()).toEqual(accepted([]));
    },
  );

  it("are refused beyond their limits, and nothing is changed then", async () => {
    const files = fresh();
    await files.write("a", bytes);
    expect(await files.write("a", new Uint8Array(homeLimits.fileBytes + 1))).toMatchObject({ code: "storage-full" });
    expect(await files.read("a")).toEqual(accepted(bytes));
    for (let i = 1; i < homeLimits.files; i++) await files.write(`f${i}`, new Uint8Array());
    expect(await files.write("one more", bytes)).toMatchObject({ code: "storage-full" });
    expect(await files.write("a", Uint8Array.of(4))).toEqual(accepted(undefined));
  });

  it("opens again after another version of the app has closed the database", async () => {
    const files = fresh();
    await files.write("a", bytes);
    const newer = await openDB(`home ${opened - 1}`, 2);
    newer.close();
    expect(await files.read("a")).toMatchObject({ code: "storage-unavailable" });
  });
});
