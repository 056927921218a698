import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { costTable } from "#protocol/veil/costs.ts";
import { bumpAllocator, textModule, worldImports } from "#testing/veil/text-module.ts";
import { prepareCore } from "#veil/prepare-core.ts";
import { capabilities } from "#veil/run.ts";
import { runCore } from "./core-run.ts";
import { type GuestOptions, runCoreGuest } from "./run-guest.ts";

const usual: GuestOptions = { fuel: 10_000_000, memoryPages: 64, capabilities };

function text(bytes: Uint8Array): string {
  return decodeUtf8(bytes, 0, bytes.length) as string;
}

const write = ["output", "write", "(param i32 i32)"] as const;
const writeError = ["output", "write-error", "(param i32 i32)"] as const;
const read = ["input", "read", "(param i32 i32)"] as const;
const exit = ["process", "exit", "(param i32)"] as const;

function run(imports: string, code: string, options: Partial<GuestOptions> = {}) {
  return runCoreGuest(textModule(`(module ${imports} ${bumpAllocator} ${code})`), { ...usual, ...options });
}

describe("a run of a core module", () => {
  it("reads its input, writes its output and gives its exit code", () => {
    const copy = `(func (export "run") (result i32)
      (call $input.read (i32.const 100) (i32.const 16))
      (call $output.write (i32.load (i32.const 16)) (i32.load (i32.const 20)))
      (i32.const 7))`;
    const result = run(worldImports(read, write), copy, { input: { input: utf8ToBytes("Grüße") } });
    expect(result).toMatchObject({ exit: 7, trap: null, memoryPeakPages: 1 });
    expect(text(result.stdout)).toBe("Grüße");
  });

  it("ends where it calls exit, whatever comes after", () => {
    const code = `(data (i32.const 0) "ab")
      (func (export "run") (result i32)
        (call $output.write-error (i32.const 0) (i32.const 2))
        (call $process.exit (i32.const 259)) (unreachable))`;
    const result = run(worldImports(writeError, exit), code);
    expect(result).toMatchObject({ exit: 3, trap: null });
    expect(text(result.stderr)).toBe("ab");
  });

  it("pays for host calls and for every byte, to the unit", () => {
    const code = (length: number) =>
      `(func (export "run") (result i32) (call $output.write (i32.const 0) (i32.const ${length})) (i32.const 0))`;
    const used = (length: number) => run(worldImports(write), code(length)).fuelUsed;
    expect(used(0)).toBeGreaterThan(costTable.hostCall);
    expect(used(1) - used(0)).toBe(1);
    expect(used(8_000) - used(0)).toBe(1_000);
  });

  it("is refused what it is not granted, by name, before anything runs", () => {
    const code = `(func (export "run") (result i32) (i32.const 0))`;
    const result = run(worldImports(write, read), code, { capabilities: ["output"] });
    expect(result).toMatchObject({ exit: null, fuelUsed: 0 });
    expect(result.trap).toMatch(/^not-granted: The program needs input, which it was not granted/);
  });

  it.each([
    ['(import "env" "clock" (func))', /^not-found: The program needs "env" "clock"/],
    ['(import "aether:os/output@0.1.0" "write" (func (param f64)))', /^invalid-module: .*import output write/],
    ['(import "aether:os/output@0.1.0" "constructor" (func))', /^not-found/],
    ['(import "aether:os/process@0.1.0" "exit" (func (param i32) (result f32)))', /^invalid-module/],
    ['(import "aether:os/output@0.1.0" "write" (global i32))', /^invalid-module/],
  ])("refuses imports of another world: %s", (imports, message) => {
    const result = run(imports, `(func (export "run") (result i32) (i32.const 0))`);
    expect(result.trap).toMatch(message);
  });

  it("stops an endless loop and endless host calls at the limit, in both cases with what was written", () => {
    const loop = `(func (export "run") (result i32) (loop (br 0)) (i32.const 0))`;
    expect(run("", loop)).toMatchObject({ exit: null, trap: "out-of-fuel", fuelUsed: usual.fuel });
    const calls = `(func (export "run") (result i32)
      (loop (call $output.write (i32.const 0) (i32.const 1)) (br 0)) (i32.const 0))`;
    const result = run(worldImports(write), calls);
    expect(result).toMatchObject({ exit: null, trap: "out-of-fuel", fuelUsed: usual.fuel });
    expect(result.stdout.length).toBeGreaterThan(100_000);
  });

  it("says how far it is while it works, never more than it may use", () => {
    const spin = textModule(`(module ${bumpAllocator} (func (export "run") (result i32) (loop (br 0)) (i32.const 0)))`);
    const seen: number[] = [];
    const prepared = prepareCore(spin, capabilities, 16);
    if (!prepared.ok) throw new Error(prepared.message);
    const input = {
      arguments: [],
      environment: [],
      input: new Uint8Array(0),
      files: [],
      timeMs: 0,
      seed: new Uint8Array(32),
    };
    const limits = { fuel: 20_000_000, memoryPages: 16, outputBytes: 1, fileBytes: 1, wallMs: 1 };
    runCore(prepared.value.module, { capabilities, input, limits }, { onProgress: (fuelUsed) => seen.push(fuelUsed) });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual(seen.toSorted((one, other) => one - other));
    expect(seen.at(-1)).toBeGreaterThan(limits.fuel / 2);
    expect(seen.at(-1)).toBeLessThanOrEqual(limits.fuel);
  });
});
