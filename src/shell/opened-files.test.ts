import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import { homeLimits, sourceOfBytes } from "#sdk/home-files.ts";
import { filesIn } from "#testing/shell-on-files.ts";
import { takeIn, whatNext } from "./opened-files.ts";

const program = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const backup = new TextEncoder().encode("aether backup 1\n…");

describe("a file that the system opened", () => {
  it.each([
    ["hello.wasm", program, /is a program/, "run hello.wasm"],
    ["keys.aether", backup, /is a backup .*`id restore keys\.aether`/, "id drill keys.aether"],
    // What it is, its bytes say.
    ["keys.aether", program, /is a program/, "run keys.aether"],
    ["notes.wasm", new Uint8Array(3), /no program and no backup/, null],
    ["../../etc/a b.wasm", program, /^a b\.wasm is among your files/, "run 'a b.wasm'"],
    ["x'; id new\n.wasm", program, /is a program/, "run 'x'\\''; id new .wasm'"],
    ["gpj\u202e.wasm", program, /is a program/, "run 'gpj .wasm'"],
    ["..", program, /^opened is among your files/, "run opened"],
  ])("is kept, told, and its command proposed: %j", async (name, bytes, words, line) => {
    const kept = new Map<string, Uint8Array>();
    const taken = await takeIn(filesIn(kept), { name, content: sourceOfBytes(bytes) });
    expect(taken).toMatchObject({ isTaken: true, line });
    expect(taken.words).toMatch(words);
    expect(taken.words).toMatch(/nothing has run/);
    expect([...kept.values()]).toEqual([bytes]);
  });

  it("takes no other file's place", async () => {
    const kept = new Map([["a.wasm", backup]]);
    for (const path of ["a-2.wasm", "a-3.wasm"])
      expect((await takeIn(filesIn(kept), { name: "a.wasm", content: sourceOfBytes(program) })).line).toBe(
        `run ${path}`,
      );
    expect(kept.get("a.wasm")).toBe(backup);
  });

  it("is refused where it is too long or cannot be read, from its start or further on", async () => {
    const kept = new Map<string, Uint8Array>();
    const unreadable = rejected("not-found", "It was moved.");
    const sizeBytes = 2 * homeLimits.pieceBytes;
    for (const [content, why] of [
      [{ ...sourceOfBytes(program), sizeBytes: homeLimits.fileBytes + 1 }, /more than 4\.0 GiB.*Nothing was changed/],
      [null, /cannot be read.*Nothing was changed/],
      [{ sizeBytes, read: async () => unreadable }, /cannot be read.*Nothing was changed/],
      [
        { sizeBytes, read: async (from: number) => (from > 0 ? unreadable : accepted(program)) },
        /was moved.*Nothing was changed/,
      ],
    ] as const) {
      const taken = await takeIn(filesIn(kept), { name: "a.wasm", content });
      expect(taken).toMatchObject({ isTaken: false, line: null, words: expect.stringMatching(why) });
    }
    expect(kept.size).toBe(0);
  });
});

describe("what one may do with a file that came from elsewhere", () => {
  const text = new TextEncoder().encode("ä".repeat(3_000));

  it.each([
    ["a program", program, /`run x` runs it, with what it asks for shown first/],
    ["text, whose letter is cut where looking ends", Uint8Array.of(0x61, ...text), /`cat x` shows it/],
    ["text that ends within a letter", text.subarray(0, 5), /^`save x` puts/],
    ["bytes", new Uint8Array(3), /^`save x` puts/],
  ])("is told of %s", (_, bytes, said) => expect(whatNext("x", bytes)).toMatch(said));
});
