/**
 * The world against guests that use it well and guests that do not: pointers, room that is none, calls out of
 * `cabi_realloc`, memory that moves, forged numbers, counts of four thousand millions.
 */
import { chacha20 } from "@noble/ciphers/chacha.js";
import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { hostCosts } from "#protocol/veil/host-costs.ts";
import { bumpAllocator, textModule, worldImports } from "#testing/veil/text-module.ts";
import { capabilities } from "#veil/run.ts";
import { type GuestOptions, runCoreGuest } from "./run-guest.ts";

const usual: GuestOptions = { fuel: 50_000_000, memoryPages: 64, capabilities };

const write = ["output", "write", "(param i32 i32)"] as const;
const read = ["input", "read", "(param i32 i32)"] as const;
const args = ["arguments", "get", "(param i32)"] as const;
const environment = ["environment", "get", "(param i32)"] as const;
const now = ["clock", "now", "(result i64)"] as const;
const random = ["random", "bytes", "(param i32 i32)"] as const;
const open = ["files", "open", "(param i32 i32 i32 i32)"] as const;
const close = ["files", "close", "(param i32 i32)"] as const;
const fileRead = ["files", "read", "(param i32 i64 i32 i32)"] as const;
const fileWrite = ["files", "write", "(param i32 i64 i32 i32 i32)"] as const;
const resize = ["files", "resize", "(param i32 i64 i32)"] as const;
const size = ["files", "size", "(param i32 i32)"] as const;
const status = ["files", "status", "(param i32 i32 i32)"] as const;
const list = ["files", "list", "(param i32 i32 i32)"] as const;
const makeFolder = ["files", "make-folder", "(param i32 i32 i32)"] as const;
const remove = ["files", "remove", "(param i32 i32 i32)"] as const;
const rename = ["files", "rename", "(param i32 i32 i32 i32 i32)"] as const;

/** Runs code that ends with an exit code. */
function run(imports: string, code: string, options: Partial<GuestOptions> = {}, allocator = bumpAllocator) {
  const text = `(module ${imports} ${allocator} ${code})`;
  return runCoreGuest(textModule(text), { ...usual, ...options });
}

/** Shows the guest's memory as it is at the end. */
function shown(
  imports: readonly (readonly [string, string, string])[],
  body: string,
  options: Partial<GuestOptions> = {},
  data = "",
) {
  const code = `${data} (func (export "run") (result i32) ${body}
    (call $output.write (i32.const 0) (i32.const 16384)) (i32.const 0))`;
  const result = run(worldImports(write, ...imports), code, options);
  expect(result.trap).toBeNull();
  return { ...result, view: new DataView(result.stdout.buffer, result.stdout.byteOffset) };
}

describe("the world aether:os", () => {
  it("gives arguments and environment as lists of texts", () => {
    const input = { arguments: ["prog", "äöü", ""], environment: [["HOME", "/"] as const] };
    const { view, stdout } = shown(
      [args, environment],
      "(call $arguments.get (i32.const 16)) (call $environment.get (i32.const 24))",
      { input },
    );
    const text = (at: number) =>
      Buffer.from(stdout.subarray(view.getUint32(at, true)).subarray(0, view.getUint32(at + 4, true))).toString();
    const [argumentList, variables] = [view.getUint32(16, true), view.getUint32(24, true)];
    expect(view.getUint32(20, true)).toBe(3);
    expect([0, 8, 16].map((offset) => text(argumentList + offset))).toEqual(input.arguments);
    expect(view.getUint32(28, true)).toBe(1);
    expect([0, 8].map((offset) => text(variables + offset))).toEqual(["HOME", "/"]);
  });

  it("has a clock that stands still and random bytes that are the seed's", () => {
    const seed = new Uint8Array(32).fill(7);
    const body = `(i64.store (i32.const 0) (call $clock.now)) (i64.store (i32.const 8) (call $clock.now))
      (call $random.bytes (i32.const 5) (i32.const 16)) (call $random.bytes (i32.const 200) (i32.const 24))`;
    const { view, stdout } = shown([now, random], body, { input: { timeMs: 1_700_000_000_123, seed } });
    expect([view.getBigUint64(0, true), view.getBigUint64(8, true)]).toEqual([1_700_000_000_123n, 1_700_000_000_123n]);
    const drawn = [16, 24].flatMap((at) => [
      ...stdout.subarray(view.getUint32(at, true)).subarray(0, view.getUint32(at + 4, true)),
    ]);
    expect(drawn).toEqual([...chacha20(seed, new Uint8Array(12), new Uint8Array(205))]);
  });

  it("gives at most 64 KiB of random bytes and no more input than there is, however much is asked for", () => {
    const body = `(call $random.bytes (i32.const -1) (i32.const 16)) (call $input.read (i32.const -1) (i32.const 24))`;
    const { view } = shown([random, read], body, { input: { input: utf8ToBytes("abc") } });
    expect([view.getUint32(20, true), view.getUint32(28, true)]).toEqual([65_536, 3]);
  });

  it("makes, writes, reads, lists, renames and removes files", () => {
    const data =
      '(data (i32.const 0) "f") (data (i32.const 4) "d") (data (i32.const 8) "d/g") (data (i32.const 12) "hello")';
    const body = `
      (call $files.make-folder (i32.const 4) (i32.const 1) (i32.const 100))
      (call $files.open (i32.const 0) (i32.const 1) (i32.const 4) (i32.const 104))
      (call $files.write (i32.load (i32.const 108)) (i64.const 2) (i32.const 12) (i32.const 5) (i32.const 112))
      (call $files.resize (i32.load (i32.const 108)) (i64.const 6) (i32.const 114))
      (call $files.size (i32.load (i32.const 108)) (i32.const 120))
      (call $files.read (i32.load (i32.const 108)) (i64.const 1) (i32.const -1) (i32.const 136))
      (call $files.rename (i32.const 0) (i32.const 1) (i32.const 8) (i32.const 3) (i32.const 148))
      (call $files.status (i32.const 8) (i32.const 3) (i32.const 152))
      (call $files.list (i32.const 4) (i32.const 1) (i32.const 176))
      (call $files.remove (i32.const 4) (i32.const 1) (i32.const 188))
      (call $files.close (i32.load (i32.const 108)) (i32.const 190))
      (call $files.close (i32.load (i32.const 108)) (i32.const 192))`;
    const functions = [open, close, fileRead, fileWrite, resize, size, status, list, makeFolder, remove, rename];
    const { view, stdout, files } = shown(functions, body, {}, data);
    expect([100, 104, 112, 114, 120, 136, 148, 152, 176].map((at) => stdout[at])).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(view.getBigUint64(128, true)).toBe(6n);
    const bytes = (at: number) => [
      ...stdout.subarray(view.getUint32(at, true)).subarray(0, view.getUint32(at + 4, true)),
    ];
    expect(bytes(140)).toEqual([0, ...utf8ToBytes("hell")]);
    expect([stdout[160], view.getBigUint64(168, true)]).toEqual([0, 6n]);
    expect([view.getUint32(184, true), bytes(view.getUint32(180, true))]).toEqual([1, [...utf8ToBytes("g")]]);
    // Not empty; open, and not open any more.
    expect([...stdout.subarray(188, 194)]).toEqual([1, 5, 0, 0, 1, 6]);
    expect(files).toEqual([{ path: "d/g", bytes: Uint8Array.of(0, 0, ...utf8ToBytes("hell")) }]);
  });

  it("answers forged handles and offsets beyond everything with errors, and goes on", () => {
    const body = `
      (call $files.read (i32.const -1) (i64.const 0) (i32.const 9) (i32.const 100))
      (call $files.write (i32.const 3) (i64.const -1) (i32.const 0) (i32.const 9) (i32.const 112))
      (call $files.open (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 116))
      (call $files.write (i32.const 0) (i64.const -1) (i32.const 0) (i32.const 9) (i32.const 124))
      (call $files.resize (i32.const 0) (i64.const 9223372036854775807) (i32.const 126))
      (call $files.read (i32.const 0) (i64.const -1) (i32.const -1) (i32.const 128))`;
    const { stdout, view } = shown([open, fileRead, fileWrite, resize], body, {}, '(data (i32.const 0) "f")');
    expect([stdout[100], stdout[104], stdout[112], stdout[113]]).toEqual([1, 6, 1, 6]);
    expect([stdout[116], view.getUint32(120, true)]).toEqual([0, 0]);
    expect([...stdout.subarray(124, 128)]).toEqual([1, 9, 1, 9]);
    expect([stdout[128], view.getUint32(136, true)]).toEqual([0, 0]);
  });

  it("finds the guest's memory again after it has moved", () => {
    const growing = `
      (memory (export "memory") 1 64)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (i32.mul (memory.grow (i32.const 1)) (i32.const 65536)))`;
    const code = `(func (export "run") (result i32)
      (call $arguments.get (i32.const 16)) (call $input.read (i32.const 3) (i32.const 32))
      (call $output.write (i32.load (i32.const 32)) (i32.load (i32.const 36))) (i32.load (i32.const 20)))`;
    const input = { arguments: ["a", "b", "c"], input: utf8ToBytes("xyz") };
    const result = run(worldImports(write, read, args), code, { input }, growing);
    expect(result).toMatchObject({ exit: 3, trap: null, memoryPeakPages: 6 });
    expect(Buffer.from(result.stdout).toString()).toBe("xyz");
  });
});

describe("a hostile guest", () => {
  const body = (call: string) => `(func (export "run") (result i32) ${call} (i32.const 0))`;
  const input = { arguments: ["program"], input: utf8ToBytes("input") };

  it.each([
    [write, "(call $output.write (i32.const 65530) (i32.const 7))", "outside its memory"],
    [write, "(call $output.write (i32.const -1) (i32.const -1))", "outside its memory"],
    [write, "(call $output.write (i32.const 0) (i32.const -1))", "outside its memory"],
    [read, "(call $input.read (i32.const 1) (i32.const -4))", "outside its memory"],
    [read, "(call $input.read (i32.const 1) (i32.const 2))", "not aligned"],
    [
      status,
      "(i32.store8 (i32.const 0) (i32.const 255)) (call $files.status (i32.const 0) (i32.const 1) (i32.const 8))",
      "not UTF-8",
    ],
    [open, "(call $files.open (i32.const 0) (i32.const 0) (i32.const 5) (i32.const 8))", "a mode that there is not"],
  ] as const)("traps where it gives nonsense: %s %s", (needed, call, message) => {
    const result = run(worldImports(needed), body(call), { input });
    expect(result.exit).toBeNull();
    expect(result.trap).toMatch(/^trap: /);
    expect(result.trap).toContain(message);
  });

  it.each([
    ["(i32.const -8)", "outside its memory"],
    ["(i32.const 65532)", "outside its memory"],
    ["(unreachable)", "unreachable"],
    ["(call $output.write (i32.const 0) (i32.const 1)) (i32.const 0)", "called the system from cabi_realloc"],
    ["(call $input.read (i32.const 1) (i32.const 0)) (i32.const 0)", "called the system from cabi_realloc"],
  ])("traps where its cabi_realloc answers %s", (answer, message) => {
    const allocator = `(memory (export "memory") 1 1)
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${answer})`;
    const result = run(
      worldImports(read, write),
      body("(call $input.read (i32.const 5) (i32.const 0))"),
      { input },
      allocator,
    );
    expect(result.trap).toContain(message);
    expect(result.stdout.length).toBe(0);
  });

  it("cannot get bytes without room for them", () => {
    const result = run(
      worldImports(read),
      body("(call $input.read (i32.const 5) (i32.const 0))"),
      { input },
      '(memory (export "memory") 1)',
    );
    expect(result.trap).toContain("no cabi_realloc");
  });

  it("recursing without end in cabi_realloc runs out of stack, and spinning there out of fuel", () => {
    const call = body("(call $input.read (i32.const 5) (i32.const 0))");
    const allocator = (code: string) =>
      `(memory (export "memory") 1) (func $r (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) ${code})`;
    const deep = "(call $r (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
    expect(run(worldImports(read), call, { input }, allocator(deep)).trap).toBe("out-of-stack");
    const spinning = "(loop (br 0)) (i32.const 0)";
    expect(run(worldImports(read), call, { input }, allocator(spinning)).trap).toBe("out-of-fuel");
  });

  it("pays for what it makes the host do: sparse files, copies, lists", () => {
    const loop = (call: string) => `(data (i32.const 0) "f") (func (export "run") (result i32)
      (call $files.open (i32.const 0) (i32.const 1) (i32.const 2) (i32.const 8))
      (loop ${call} (br 0)) (i32.const 0))`;
    const sparse = `(call $files.resize (i32.const 0) (i64.const 60000000) (i32.const 16))
      (call $files.resize (i32.const 0) (i64.const 0) (i32.const 16))`;
    const before = performance.now();
    const result = run(worldImports(open, resize), loop(sparse));
    expect(result.trap).toBe("out-of-fuel");
    // 50 million units pay for seven times 60 MB.
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  it("pays by the host's work: random bytes, paths, folders that are moved or listed", () => {
    const code = (call: string) => `(data (i32.const 0) "d/fegh") (func (export "run") (result i32)
      (drop (memory.grow (i32.const 10)))
      (call $files.make-folder (i32.const 0) (i32.const 1) (i32.const 8))
      (call $files.open (i32.const 0) (i32.const 3) (i32.const 2) (i32.const 8))
      ${call} (i32.const 0))`;
    const imports = worldImports(makeFolder, open, rename, status, list, random);
    const fuelOf = (call: string): number => {
      const { exit, fuelUsed } = run(imports, code(call));
      expect(exit).toBe(0);
      return Number(fuelUsed);
    };
    const base = fuelOf("");
    const priceOf = (call: string): number => fuelOf(call) - base;
    expect(priceOf("(call $random.bytes (i32.const 1) (i32.const 64))")).toBeGreaterThan(hostCosts.random);
    const many = priceOf("(call $random.bytes (i32.const 65536) (i32.const 64))");
    expect(many).toBeGreaterThan(65_536 * hostCosts.randomByte);
    expect(priceOf("(call $files.status (i32.const 0) (i32.const 1) (i32.const 64))")).toBeGreaterThan(hostCosts.path);
    const long = priceOf("(call $files.status (i32.const 0) (i32.const 500000) (i32.const 64))");
    expect(long).toBeGreaterThan(500_000 * hostCosts.pathByte);
    const renamed = "(call $files.rename (i32.const 0) (i32.const 1) (i32.const 3) (i32.const 1) (i32.const 64))";
    expect(priceOf(renamed)).toBeGreaterThan(hostCosts.moveFolder);
    const listed = "(call $files.list (i32.const 0) (i32.const 1) (i32.const 64))";
    expect(priceOf(listed)).toBeGreaterThan(hostCosts.path + hostCosts.entry);
  });

  it("is stopped at the bound of its output, of which all that fits is kept", () => {
    const code = `(func (export "run") (result i32)
      (loop (call $output.write (i32.const 0) (i32.const 65536)) (br 0)) (i32.const 0))`;
    const result = run(worldImports(write), code, { fuel: 1_000_000_000 });
    expect(result).toMatchObject({ exit: null, trap: "too-much-output" });
    expect(result.stdout.length).toBe(64 * 1_048_576);
  });

  it("gets no memory beyond its cap and no start for free", () => {
    const grow = `(func (export "run") (result i32) (memory.grow (i32.const 64)))`;
    expect(run("", grow).exit).toBe(255);
    const large = '(memory (export "memory") 60) (func (export "run") (result i32) (i32.const 0))';
    expect(run("", "", { fuel: 100_000 }, large)).toMatchObject({ trap: "out-of-fuel", memoryPeakPages: 0 });
    expect(run("", "", { memoryPages: 59 }, large).trap).toMatch(/^out-of-memory: The program starts with 60 pages/);
  });
});
