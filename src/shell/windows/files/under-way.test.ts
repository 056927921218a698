import { expect, it } from "vitest";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { cidOf } from "#protocol/files/link.ts";
import { brokenOffOf, movingFiles } from "./under-way.tsx";

const digest = new Uint8Array(32).fill(7);
const held = { kind: 0, name: "film.mp4", digest, sizeBytes: 64 } as HeldFile;
const draft = { tag: `get ${cidOf(digest)}`, sizeBytes: 12, touchedMs: 5 };

it("names a file that was broken off if its owner keeps it, and leaves out what is no file that was fetched", () => {
  expect(brokenOffOf([draft, { ...draft, tag: "cat - > x" }], [held])).toEqual([
    { tag: draft.tag, cid: cidOf(digest), name: "film.mp4", sizeBytes: 64, cameBytes: 12, touchedMs: 5 },
  ]);
  // A link to it, or nothing: whoever has the link knows what it is.
  for (const known of [[], [{ ...held, kind: 2 }]])
    expect(brokenOffOf([draft], known)).toMatchObject([{ name: null, sizeBytes: null, cameBytes: 12 }]);
});

it("shows the lines that move files", () => {
  const lines = ["put a.txt", "  get x", "cat - > film.mp4", "primes 1 9", "getter", "echo put"].map((line) => ({
    ...{ id: 0, startedMs: 0, progress: null, isBehind: false, stop: () => undefined },
    line,
  }));
  expect(movingFiles(lines).map(({ line }) => line.trim().split(" ")[0])).toEqual(["put", "get", "cat"]);
});
