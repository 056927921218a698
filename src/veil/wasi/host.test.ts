/**
 * What WASI's functions charge and how they end when they fail: the glue has done its work by then. Called here as glue calls
 * them; whole components are run in platform/veil.
 */
import { describe, expect, it } from "vitest";
import { hostCosts } from "#protocol/veil/host-costs.ts";
import { FileSystem, fileLimits } from "../file-system.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { Descriptor, DirectoryEntryStream } from "./filesystem.ts";
import { wasiHost } from "./host.ts";
import { dropped } from "./resources.ts";
import { wasiLimits } from "./system.ts";

function started(fileBytes = 1_000) {
  const made = FileSystem.withFiles([], fileBytes);
  if (!made.ok) throw new Error(made.message);
  let used = 0;
  const host = wasiHost({
    input: {
      arguments: [],
      environment: [],
      input: new Uint8Array(0),
      files: [],
      timeMs: 0,
      seed: new Uint8Array(32),
    },
    files: made.value,
    random: new SeededRandom(new Uint8Array(32)),
    charge: (units) => {
      used += units;
    },
    write: () => undefined,
    exit: () => {
      throw new Error("exit");
    },
    trap: (message) => {
      throw new Error(message);
    },
  });
  const directories = host["wasi:filesystem/preopens"]?.getDirectories as () => [[Descriptor, string]];
  const [[root]] = directories();
  /** Fuel of an action, and what it threw. */
  const priceOf = (action: () => void): readonly [units: number, thrown: unknown] => {
    const before = used;
    try {
      action();
    } catch (error) {
      return [used - before, error];
    }
    return [used - before, undefined];
  };
  return { files: made.value, root, priceOf };
}

const create = { create: true };
const megabyte = new Uint8Array(1_048_576);

describe("what fails is paid for like what succeeds", () => {
  it("zeros for a stream that is closed", () => {
    const { root, priceOf } = started();
    const stream = root.openAt({}, "f", create, { write: true }).writeViaStream(0n);
    expect(priceOf(() => stream.write(megabyte))[1]).toMatchObject({ tag: "last-operation-failed" });
    const [closed, error] = priceOf(() => stream.writeZeroes(65_536n));
    expect(error).toEqual({ tag: "closed" });
    expect(closed).toBeGreaterThanOrEqual(65_536 / 8);
  });

  it("paths of links that are refused, and the path of a folder that a handle is of", () => {
    const { root, priceOf } = started();
    const long = "a/".repeat(500_000);
    for (const refused of [() => root.symlinkAt(long, "b"), () => root.linkAt({}, "b", root, long)]) {
      const [units, error] = priceOf(refused);
      expect(error).toBe("unsupported");
      expect(units).toBeGreaterThanOrEqual(long.length * hostCosts.pathByte);
    }
    for (const look of [
      () => root.stat(),
      () => root.getType(),
      () => root.metadataHash(),
      () => root.readDirectory(),
    ]) {
      expect(priceOf(look)[0]).toBeGreaterThanOrEqual(hostCosts.path);
    }
  });
});

describe("what is gone or closed", () => {
  it("is the same as nothing, without an error that nobody could be given", () => {
    const { root } = started();
    root.createDirectoryAt("d");
    const folder = root.openAt({}, "d", { directory: true }, {});
    expect(folder.isSameObject(root.openAt({}, "d", {}, {}))).toBe(true);
    root.removeDirectoryAt("d");
    expect([folder.isSameObject(folder), folder.isSameObject(root), root.isSameObject(folder)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it("takes nothing from the stream that is spliced into it", () => {
    const { files, root } = started(8);
    const source = root.openAt({}, "in", create, { read: true, write: true });
    source.write(new Uint8Array([1, 2, 3, 4]), 0n);
    const sink = root.openAt({}, "out", create, { write: true }).writeViaStream(0n);
    expect(() => sink.write(new Uint8Array(5))).toThrow();
    const input = source.readViaStream(0n);
    expect(() => sink.splice(input, 4n)).toThrow();
    expect([...input.read(4n)]).toEqual([1, 2, 3, 4]);
    expect(files.find("out")).toMatchObject({ ok: true, value: { size: 0 } });
  });
});

it("lists of large folders count as many handles, and give them all back", () => {
  const { files, root } = started();
  for (let i = 0; i < fileLimits.entries; i++) files.open(`f${i}`, { create: true });
  const fits = Math.floor((wasiLimits.handles - 1) / (1 + fileLimits.entries / wasiLimits.entriesPerHandle));
  for (let round = 0; round < 2; round++) {
    const streams: DirectoryEntryStream[] = [];
    for (let i = 0; i < fits; i++) streams.push(root.readDirectory());
    expect(() => root.readDirectory()).toThrow("handles at one time");
    for (const stream of streams) stream[dropped]();
  }
});
