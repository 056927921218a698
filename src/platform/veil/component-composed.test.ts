/**
 * Programs made of several components: what crosses between them stays in code that is metered, and what the glue does for
 * that is paid for and bounded.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { wrapped } from "#testing/veil/component-maker.ts";
import { type Composed, composed } from "#testing/veil/composed-component.ts";
import { capabilities, type RunInput, type RunResult } from "#veil/run.ts";
import { type PreparedComponent, runComponent } from "./component-run.ts";
import { loadGlueInNode } from "./node-glue.ts";
import { prepareComponent } from "./transpile.ts";

const limits = { fuel: 100_000_000, memoryPages: 64, outputBytes: 1_000, fileBytes: 1_000, wallMs: 10_000 };
const nothing = new Uint8Array(0);
const input = { arguments: [], environment: [], input: nothing, files: [], timeMs: 0, seed: new Uint8Array(32) };

async function ran(bytes: Uint8Array, given: Partial<RunInput> = {}): Promise<RunResult> {
  const program = await prepareComponent(bytes, limits.memoryPages);
  if (!program.ok) throw new Error(program.message);
  const order = { capabilities, input: { ...input, ...given }, limits };
  const result = runComponent(program.value as PreparedComponent, order, { loadGlue: loadGlueInNode });
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

test("components call each other, with text, lists and handles", async () => {
  const result = await ran(await composed());
  expect(new TextDecoder().decode(result.output)).toBe("HELLO, COMPONENTS");
  expect(result.end).toEqual({ type: "exit", code: 0 });
  expect(result.memoryPeakPages).toBe(4);
});

test("a toolchain's program runs as ever inside others", async () => {
  const words = new Uint8Array(readFileSync("guests/words/words.wasm"));
  const given = { arguments: ["words"], input: new TextEncoder().encode("to be or not to be to") };
  const plain = await ran(words, given);
  for (const times of [1, 3]) {
    const inside = await ran(await wrapped(words, times), given);
    expect(inside).toEqual(plain);
  }
  expect(plain.end).toEqual({ type: "exit", code: 0 });
});

test("handles taken in places of dropped ones stand for what they were made of, also where they are lent on", async () => {
  const place = "(i32.add (i32.const 8192) (i32.mul (local.get $i) (i32.const 4)))";
  const each = (step: number, body: string): string => `(local.set $i (i32.const 1))
    (loop $next ${body} (local.set $i (i32.add (local.get $i) (i32.const ${step})))
      (br_if $next (i32.lt_u (local.get $i) (i32.const 200))))`;
  const make = `(i32.store ${place} (call $new (local.get $i)))`;
  const check = (call: string): string =>
    `(if (i32.ne ${call} (i32.add (local.get $i) (i32.const 10))) (then (unreachable)))`;
  const run = `${each(1, make)} ${each(3, `(call $drop (i32.load ${place}))`)} ${each(3, make)}
    ${each(1, check(`(call $twice (i32.load ${place}) (i32.const 5))`))}
    ${each(1, check(`(call $add (i32.load ${place}) (i32.const 0))`))} (i32.const 0)`;
  expect((await ran(await composed({ run }))).end).toEqual({ type: "exit", code: 0 });
});

test("two handles lent at once stay two, and give their places back, call after call", async () => {
  const run = `(local.set $h (call $new (i32.const 40))) (i32.store (i32.const 300) (call $new (i32.const 2)))
    (loop $again
      (if (i32.ne (call $both (local.get $h) (i32.load (i32.const 300))) (i32.const 40002)) (then (return (i32.const 1))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 10))))
    (i32.const 0)`;
  expect((await ran(await composed({ run }))).end).toEqual({ type: "exit", code: 0 });
});

const forged = (call: string) => `${call} (i32.const 0)`;
const looped = (body: string) => `(loop $again ${body} (br $again)) (unreachable)`;

test.each<[string, Composed, object]>([
  [
    "calls another for ever",
    { run: looped("(drop (call $sum (i32.const 200) (i32.const 0)))") },
    { type: "out-of-fuel" },
  ],
  [
    "takes and drops resources for ever",
    { run: looped("(call $drop (call $new (i32.const 1000)))") },
    { type: "out-of-fuel" },
  ],
  [
    "hoards resources of another component",
    { run: looped("(drop (call $new (i32.const 1000)))") },
    { type: "trap", message: expect.stringContaining("more than 65536 handles") },
  ],
  [
    "makes up a handle of another component",
    { run: forged("(drop (call $add (i32.const 77) (i32.const 1)))") },
    { type: "trap" },
  ],
  [
    "takes handle 0 of another component",
    { run: forged("(drop (call $add (i32.const 0) (i32.const 1)))") },
    { type: "trap" },
  ],
  ...[-1, 0x3fffffff, 0x40000001, -0x7fffffff].map((mark): [string, Composed, object] => [
    `finds no other name for its handle, ${mark} more or less`,
    {
      run: forged(
        `(local.set $h (call $new (i32.const 1))) (drop (call $add (i32.add (local.get $h) (i32.const ${mark})) (i32.const 1)))`,
      ),
    },
    { type: "trap" },
  ]),
  ["gives a handle away that it does not have", { run: forged("(call $keep (i32.const 5))") }, { type: "trap" }],
  [
    "uses a resource that it gave away",
    {
      run: forged(
        "(local.set $h (call $new (i32.const 1))) (call $keep (local.get $h)) (drop (call $add (local.get $h) (i32.const 1)))",
      ),
    },
    { type: "trap" },
  ],
  [
    "gives text that is not in its memory",
    { run: forged("(call $upper (i32.const -4096) (i32.const 8192) (i32.const 0))") },
    { type: "trap" },
  ],
  [
    "gives a list that is not in its memory",
    { run: forged("(drop (call $sum (i32.const 0) (i32.const 0x7fffff)))") },
    { type: "trap" },
  ],
  [
    "takes a stream for a counter",
    { run: forged("(drop (call $add (call $stdout) (i32.const 1)))") },
    { type: "trap" },
  ],
])("a composed program that %s", async (_, parts, end) => {
  const result = await ran(await composed(parts));
  expect(result.end).toMatchObject(end);
  expect(result.fuelUsed).toBeLessThanOrEqual(limits.fuel);
});
