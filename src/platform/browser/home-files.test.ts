import "fake-indexeddb/auto";
import { openDB } from "idb";
import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted } from "#protocol/result.ts";
import { type HomeFiles, homeLimits } from "#sdk/home-files.ts";
import { homeFilesContract, wholeOf } from "#testing/home-files-contract.ts";
import { must } from "#testing/mail-fixtures.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { lateHomeFiles } from "./home-files/late-files.ts";
import { openHomeFiles } from "./home-files.ts";

/** Locks of all tabs of a browser; a tab that dies lets go what it had. */
class Locks {
  readonly held = new Set<string>();
  request = (async (name: string, _: LockOptions, action: (lock: Lock | null) => unknown) => {
    if (this.held.has(name)) return action(null);
    this.held.add(name);
    await action({ name, mode: "exclusive" });
    this.held.delete(name);
  }) as LockManager["request"];
}

let opened = 0;
const fresh = (): HomeFiles => openHomeFiles(`home ${opened++}`, () => 7, new Locks());
const bytes = Uint8Array.of(1, 2, 3);

describe("files in a database", () => homeFilesContract(fresh));
describe("files that are loaded late", () => homeFilesContract(() => lateHomeFiles(async () => fresh())));
describe("files in a map, on which shells are tested,", () => homeFilesContract(() => filesIn(new Map())));

/** How much there is in a database, seen or not. */
async function rowsOf(name: string): Promise<Record<string, number>> {
  const database = await openDB(name);
  const rows: Record<string, number> = {};
  for (const store of database.objectStoreNames) rows[store] = await database.count(store);
  database.close();
  return rows;
}

describe("content that no file has yet", () => {
  const piece = new Uint8Array(homeLimits.pieceBytes).fill(5);
  const day = 24 * 3_600_000;

  it("is swept at the next start, unless a tab writes it or it waits to be gone on with", async () => {
    const [name, locks] = [`home ${opened++}`, new Locks()];
    const tab = (nowMs: number) => openHomeFiles(name, () => nowMs, locks);
    const crash = (): void => locks.held.clear();
    const first = tab(0);
    must(await must(await first.draft(null)).append(piece));
    must(await must(await first.draft("tag")).append(piece));
    must(await first.write("kept", piece));
    crash();
    const writing = must(await first.draft(null));
    must(await writing.append(piece));
    expect(await rowsOf(name)).toEqual({ entries: 1, pieces: 4, drafts: 3 });
    // A second tab starts: what the crashed one wrote goes, but not what waits, nor what the first still writes.
    expect(must(await tab(2 * day).list())).toHaveLength(1);
    expect(await rowsOf(name)).toEqual({ entries: 1, pieces: 3, drafts: 2 });
    must(await tab(4 * day).list());
    expect(await rowsOf(name)).toEqual({ entries: 1, pieces: 2, drafts: 1 });
    must(await writing.finish("made", "nothing"));
    expect(equalBytes(await wholeOf(first, "made"), piece)).toBe(true);
    must(await first.remove("made"));
    must(await first.write("kept", bytes));
    expect(await rowsOf(name)).toEqual({ entries: 1, pieces: 1, drafts: 0 });
  });

  it("is told of while nobody writes it, and can be discarded", async () => {
    const [name, locks] = [`home ${opened++}`, new Locks()];
    const files = openHomeFiles(name, () => 7, locks);
    const writing = must(await files.draft("get a"));
    must(await writing.append(piece));
    must(await must(await files.draft(null)).append(piece));
    expect(must(await files.left())).toEqual([]);
    await writing.leave();
    expect(must(await files.left())).toEqual([{ tag: "get a", sizeBytes: piece.length, touchedMs: 7 }]);
    await must(await files.draft("get a")).discard();
    expect(must(await files.left())).toEqual([]);
    expect(await rowsOf(name)).toMatchObject({ entries: 0, drafts: 1 });
  });

  it("takes the place of a file whole or not at all, whatever is thrown in between", async () => {
    let isBroken = false;
    const nowMs = (): number => {
      if (isBroken) throw new Error("There is no memory.");
      return 7;
    };
    const files = openHomeFiles(`home ${opened++}`, nowMs, new Locks());
    must(await files.write("a.bin", bytes));
    const draft = must(await files.draft(null));
    must(await draft.append(Uint8Array.of(9)));
    isBroken = true;
    expect(await draft.finish("a.bin", "what is there")).toMatchObject({ ok: false });
    isBroken = false;
    expect(must(await files.read("a.bin"))).toEqual(bytes);
    must(await draft.finish("a.bin", "what is there"));
    expect(must(await files.read("a.bin"))).toEqual(Uint8Array.of(9));
  });

  it("is refused to become a file when it was cleared away meanwhile", async () => {
    const name = `home ${opened++}`;
    const locks = new Locks();
    const files = openHomeFiles(name, () => 0, locks);
    const draft = must(await files.draft(null));
    must(await draft.append(piece));
    // As if the browser had let go of a tab that slept.
    locks.held.clear();
    must(await openHomeFiles(name, () => 0, locks).list());
    expect(await draft.append(piece)).toMatchObject({ code: "storage-unavailable" });
    expect(await draft.finish("a", "nothing")).toMatchObject({ code: "storage-unavailable" });
    expect(await rowsOf(name)).toEqual({ entries: 0, pieces: 0, drafts: 0 });
  });

  it("is what another tab reads until the file is replaced, and then says so", async () => {
    const files = fresh();
    must(await files.write("a", piece));
    const source = must(await files.open("a"));
    must(await files.write("a", bytes));
    expect(await source.read(0, 5)).toMatchObject({ code: "not-found", message: expect.stringMatching(/changed/) });
  });
});

describe("files of the version before", () => {
  it("are cut into pieces, once", async () => {
    const name = `home ${opened++}`;
    const long = new Uint8Array(2 * homeLimits.pieceBytes + 1).fill(3);
    const old = await openDB(name, 1, {
      upgrade: (database) => {
        database.createObjectStore("entries");
        database.createObjectStore("bytes");
      },
    });
    for (const [path, content] of [
      ["a/b", long],
      ["empty", new Uint8Array()],
    ] as const) {
      await old.put("entries", { path, sizeBytes: content.length, changedMs: 5 }, path);
      await old.put("bytes", content, path);
    }
    old.close();
    const files = openHomeFiles(name, () => 7, new Locks());
    expect(await files.list()).toEqual(
      accepted([
        { path: "a/b", sizeBytes: long.length, changedMs: 5 },
        { path: "empty", sizeBytes: 0, changedMs: 5 },
      ]),
    );
    expect(equalBytes(must(await files.read("a/b")), long)).toBe(true);
    expect(await rowsOf(name)).toEqual({ entries: 2, pieces: 3, drafts: 0 });
    must(await files.write("a/b", bytes));
    expect(await files.read("a/b")).toEqual(accepted(bytes));
    expect(await files.read("empty")).toEqual(accepted(new Uint8Array()));
    expect(await rowsOf(name)).toEqual({ entries: 2, pieces: 1, drafts: 0 });
  });
});

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

  it("of which pieces are missing are said to be spoilt", async () => {
    const name = `home ${opened++}`;
    const files = openHomeFiles(name, () => 7, new Locks());
    must(await files.write("a.bin", bytes));
    const database = await openDB(name);
    await database.clear("pieces");
    database.close();
    expect(await files.read("a.bin")).toMatchObject({ code: "storage-corrupt" });
  });

  it("are refused beyond their limits, and nothing is changed then", async () => {
    const files = fresh();
    await files.write("a", bytes);
    expect(await files.write("a", new Uint8Array(homeLimits.wholeBytes + 1))).toMatchObject({ code: "storage-full" });
    expect(await files.read("a")).toEqual(accepted(bytes));
    await files.add(
      Array.from({ length: homeLimits.files - 1 }, (_, i) => ({ path: `f${i}`, bytes: new Uint8Array() })),
    );
    expect(await files.write("one more", bytes)).toMatchObject({ code: "storage-full" });
    const draft = must(await files.draft(null));
    expect(await draft.finish("one more", "nothing")).toMatchObject({ code: "storage-full" });
    expect(await draft.finish("a", "what is there")).toEqual(accepted(undefined));
    expect(await files.write("a", Uint8Array.of(4))).toEqual(accepted(undefined));
  });

  it("are added all together or not at all", async () => {
    const files = fresh();
    const pair = (path: string, more = bytes) => [
      { path: "new/a", bytes },
      { path, bytes: more },
    ];
    await files.write("old", bytes);
    expect(await files.add(pair("old", Uint8Array.of(9)))).toMatchObject({ code: "invalid-argument" });
    expect(await files.add(pair("new/a"))).toMatchObject({ code: "invalid-argument" });
    expect(await files.add(pair("../b"))).toMatchObject({ code: "invalid-argument" });
    expect(await files.add(pair("b", new Uint8Array(homeLimits.wholeBytes + 1)))).toMatchObject({
      code: "storage-full",
    });
    const many = Array.from({ length: homeLimits.files }, (_, i) => ({ path: `f${i}`, bytes }));
    expect(await files.add(many)).toMatchObject({ code: "storage-full" });
    const uncopied = new Uint8Array(8);
    uncopied.slice = () => {
      throw new RangeError("no memory");
    };
    expect(await files.add(pair("b", uncopied))).toMatchObject({ message: expect.stringMatching(/as they were/) });
    expect(await files.list()).toEqual(accepted([{ path: "old", sizeBytes: 3, changedMs: 7 }]));
    expect(await files.add(pair("b", Uint8Array.of(9)))).toEqual(accepted(undefined));
    expect(await files.read("b")).toEqual(accepted(Uint8Array.of(9)));
    expect(await files.read("old")).toEqual(accepted(bytes));
  });

  it("opens again after another version of the app has closed the database", async () => {
    const files = fresh();
    await files.write("a", bytes);
    const newer = await openDB(`home ${opened - 1}`, 3);
    newer.close();
    expect(await files.read("a")).toMatchObject({ code: "storage-unavailable" });
  });
});
