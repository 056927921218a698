/**
 * The private file system against a list of paths and contents that is as simple as can be, under random actions; and its
 * bounds.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { FileSystem, fileLimits, namesOf } from "./file-system.ts";

const limitBytes = 1_000;

function empty(limit = limitBytes): FileSystem {
  const made = FileSystem.withFiles([], limit);
  if (!made.ok) throw new Error(made.message);
  return made.value;
}

type Model = Map<string, Uint8Array | "folder">;

function parent(path: string): string {
  return path.split("/").slice(0, -1).join("/");
}

function isFolder(model: Model, path: string): boolean {
  return path === "" || model.get(path) === "folder";
}

function used(model: Model): number {
  return [...model.values()].reduce((sum, entry) => sum + (entry === "folder" ? 0 : entry.length), 0);
}

const path = fc.constantFrom("a", "b", "a/x", "a/y", "a/x/z", "b/x");
const action = fc.oneof(
  fc.record({
    type: fc.constant("write" as const),
    path,
    offset: fc.nat(400),
    bytes: fc.uint8Array({ maxLength: 400 }),
  }),
  fc.record({ type: fc.constant("resize" as const), path, size: fc.nat(1_200) }),
  fc.record({ type: fc.constant("make-folder" as const), path }),
  fc.record({ type: fc.constant("remove" as const), path }),
  fc.record({ type: fc.constant("rename" as const), path, newPath: path }),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** What the model has at a path after a change of its size; nothing if there is no room. */
function resized(model: Model, at: string, size: number): boolean {
  const old = (model.get(at) as Uint8Array | undefined) ?? new Uint8Array(0);
  if (used(model) - old.length + size > limitBytes) return size <= old.length;
  const next = new Uint8Array(size);
  next.set(old.subarray(0, size));
  model.set(at, next);
  return true;
}

function applyToModel(model: Model, step: Action): void {
  const there = model.get(step.path);
  if (step.type === "write" || step.type === "resize") {
    if (!isFolder(model, parent(step.path)) || there === "folder") return;
    if (there === undefined) model.set(step.path, new Uint8Array(0));
    if (step.type === "resize") resized(model, step.path, step.size);
    else if (step.bytes.length > 0) {
      const end = step.offset + step.bytes.length;
      const size = Math.max(end, (model.get(step.path) as Uint8Array).length);
      if (resized(model, step.path, size)) (model.get(step.path) as Uint8Array).set(step.bytes, step.offset);
    }
  } else if (step.type === "make-folder") {
    if (there === undefined && isFolder(model, parent(step.path))) model.set(step.path, "folder");
  } else if (step.type === "remove") {
    if ([...model.keys()].some((key) => key.startsWith(`${step.path}/`))) return;
    model.delete(step.path);
  } else renameInModel(model, step.path, step.newPath);
}

function renameInModel(model: Model, from: string, to: string): void {
  const [entry, target] = [model.get(from), model.get(to)];
  if (entry === undefined || from === to || !isFolder(model, parent(to)) || target === "folder") return;
  if (entry === "folder" && (target !== undefined || to.startsWith(`${from}/`))) return;
  for (const [key, value] of [...model]) {
    if (key !== from && !key.startsWith(`${from}/`)) continue;
    model.delete(key);
    model.set(to + key.slice(from.length), value);
  }
}

function applyToSystem(system: FileSystem, step: Action): void {
  if (step.type === "make-folder") system.makeFolder(step.path);
  else if (step.type === "remove") system.remove(step.path);
  else if (step.type === "rename") system.rename(step.path, step.newPath);
  else {
    const file = system.open(step.path, { create: true });
    if (!file.ok) return;
    if (step.type === "resize") system.resize(file.value, step.size);
    else system.write(file.value, step.offset, step.bytes);
  }
}

describe("the private file system", () => {
  it("behaves like a list of paths with contents", () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (steps) => {
        const [system, model]: [FileSystem, Model] = [empty(), new Map()];
        for (const step of steps) {
          applyToSystem(system, step);
          applyToModel(model, step);
          const files = [...model].filter(([, entry]) => entry !== "folder").sort(([a], [b]) => (a < b ? -1 : 1));
          expect(system.files()).toEqual(files.map(([path, bytes]) => ({ path, bytes })));
        }
      }),
      { numRuns: 500 },
    );
  });

  it("reads a path as names and never leaves the root", () => {
    expect(namesOf("/a//./b/../c/")).toEqual({ ok: true, value: ["a", "c"] });
    for (const bad of [
      "..",
      "a/../..",
      "a\0b",
      "é".repeat(128),
      "a/".repeat(fileLimits.depth + 1),
      "a".repeat(5_000),
    ]) {
      expect(namesOf(bad), bad.slice(0, 20)).toEqual({ ok: false, error: "bad-path" });
    }
  });

  it("has bounds on bytes and on entries, and gives both back", () => {
    const system = empty();
    for (let i = 0; i < fileLimits.entries; i++) expect(system.open(`f${i}`, { create: true }).ok).toBe(true);
    expect(system.open("more", { create: true })).toEqual({ ok: false, error: "too-many" });
    expect(system.remove("f0").ok).toBe(true);
    expect(system.makeFolder("more").ok).toBe(true);
    const file = system.open("f1");
    if (!file.ok) throw new Error(file.error);
    expect(system.resize(file.value, limitBytes + 1)).toEqual({ ok: false, error: "no-space" });
    expect(system.write(file.value, limitBytes - 1, utf8ToBytes("ab"))).toEqual({ ok: false, error: "no-space" });
    expect(system.resize(file.value, limitBytes).ok).toBe(true);
    expect(system.remove("f1").ok).toBe(true);
    expect(system.read(file.value, 0, 1)).toEqual({ ok: false, error: "not-found" });
    expect(file.value.buffer.length).toBe(0);
  });

  it("does not keep the memory of a file that became small", () => {
    const system = empty(1_000_000);
    const file = system.open("f", { create: true });
    if (!file.ok) throw new Error(file.error);
    system.resize(file.value, 1_000_000);
    system.resize(file.value, 10);
    expect(file.value.buffer.length).toBeLessThan(100);
  });

  it("does not copy a file each time it goes to and fro by a byte, wherever it stands", () => {
    const system = empty(1_000_000);
    const file = system.open("f", { create: true });
    if (!file.ok) throw new Error(file.error);
    system.resize(file.value, 600_000);
    system.resize(file.value, 290_000);
    const buffers = new Set<Uint8Array>();
    for (let size = 290_000; size > 289_000; size--) {
      for (const next of [size + 1, size - 1]) {
        system.resize(file.value, next);
        buffers.add(file.value.buffer);
      }
    }
    expect(buffers.size).toBeLessThan(5);
  });

  it("is not given files with impossible paths, twice the same, or too large together", () => {
    const bytes = new Uint8Array(600);
    const code = (...paths: string[]) => {
      const made = FileSystem.withFiles(
        paths.map((path) => ({ path, bytes })),
        limitBytes,
      );
      return made.ok ? "ok" : made.code;
    };
    expect(code("a/b/c")).toBe("ok");
    expect(code("../a")).toBe("invalid-argument");
    expect(code("")).toBe("invalid-argument");
    expect(code("a", "b")).toBe("quota-exceeded");
    expect(code("a", "a/b")).toBe("invalid-argument");
  });
});
