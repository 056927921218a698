import { expect, test } from "vitest";
import { type HandMade, handMade, lowered } from "#testing/veil/component-maker.ts";
import { capabilities, type RunResult } from "#veil/run.ts";
import { type PreparedComponent, runComponent } from "./component-run.ts";
import { loadGlueInNode } from "./node-glue.ts";
import { prepareComponent } from "./transpile.ts";

const limits = { fuel: 20_000_000, memoryPages: 512, outputBytes: 1_000, fileBytes: 1_000, wallMs: 10_000 };
const nothing = new Uint8Array(0);
const input = { arguments: [], environment: [], input: nothing, files: [], timeMs: 0, seed: new Uint8Array(32) };

async function ranHandMade(parts: HandMade): Promise<RunResult> {
  const program = await prepareComponent(await handMade(parts), limits.memoryPages);
  if (!program.ok) throw new Error(program.message);
  const order = { capabilities, input, limits };
  const result = runComponent(program.value as PreparedComponent, order, { loadGlue: loadGlueInNode });
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const { now, later, ready, block, drop, poll, random, folders, makeFolder } = lowered;
const trapped = (message: string) => ({ type: "trap", message: expect.stringContaining(message) });
const loop = (body: string) => `(loop $again ${body} (br $again)) (unreachable)`;
const pollOf = (count: string) => `(call $poll (i32.const 0) ${count} (i32.const 131000))`;

test.each<[string, HandMade, object]>([
  ["returns", { run: "(i32.const 0)" }, { type: "exit", code: 0 }],
  ["fails", { run: "(i32.const 1)" }, { type: "exit", code: 1 }],
  ["returns what is no result", { run: "(i32.const 2)" }, trapped("not of its type")],
  [
    "waits by what it was given",
    {
      functions: { now, later, ready, block, drop },
      run: `(local.set $h (call $later (i64.const 1000)))
        (if (call $ready (local.get $h)) (then (return (i32.const 1))))
        (call $block (local.get $h))
        (if (i32.eqz (call $ready (local.get $h))) (then (return (i32.const 1))))
        (call $drop (local.get $h))
        (i64.ne (call $now) (i64.const 1000))`,
    },
    { type: "exit", code: 0 },
  ],
  [
    "makes up a handle",
    { functions: { block }, run: "(call $block (i32.const 77)) (i32.const 0)" },
    trapped("no pollable"),
  ],
  [
    "takes handle 0",
    { functions: { block }, run: "(call $block (i32.const 0)) (i32.const 0)" },
    trapped("no pollable"),
  ],
  [
    "takes a negative handle",
    { functions: { block }, run: "(call $block (i32.const -1)) (i32.const 0)" },
    trapped("no pollable"),
  ],
  [
    "uses a handle that it dropped",
    {
      functions: { later, drop, block },
      run: "(local.set $h (call $later (i64.const 1))) (call $drop (local.get $h)) (call $block (local.get $h)) (i32.const 0)",
    },
    trapped("no pollable"),
  ],
  [
    "drops a handle twice",
    {
      functions: { later, drop },
      run: "(local.set $h (call $later (i64.const 1))) (call $drop (local.get $h)) (call $drop (local.get $h)) (i32.const 0)",
    },
    trapped("handle"),
  ],
  [
    "passes a handle as one of another kind",
    {
      functions: { later, makeFolder },
      run: "(call $makeFolder (call $later (i64.const 1)) (i32.const 0) (i32.const 1) (i32.const 64)) (i32.const 0)",
    },
    trapped("no descriptor"),
  ],
  [
    "hoards handles",
    { functions: { later }, run: loop("(drop (call $later (i64.const 1)))") },
    trapped("more than 1024"),
  ],
  [
    "takes and drops handles for ever",
    { functions: { later, drop }, run: loop("(call $drop (call $later (i64.const 1)))") },
    { type: "out-of-fuel" },
  ],
  ["calls for ever", { functions: { now }, run: loop("(drop (call $now))") }, { type: "out-of-fuel" }],
  ["waits for nothing", { functions: { poll }, run: `${pollOf("(i32.const 0)")} (i32.const 0)` }, trapped("nothing")],
  [
    "waits for a list that is not there",
    { functions: { poll }, run: `${pollOf("(i32.const 0x3fffffff)")} (i32.const 0)` },
    { type: "trap" },
  ],
  [
    "waits for one thing too often",
    {
      functions: { later, poll },
      run: `(local.set $h (call $later (i64.const 1)))
        (drop (memory.grow (i32.const 500)))
        (loop $fill
          (i32.store (i32.mul (local.get $i) (i32.const 4)) (local.get $h))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $fill (i32.lt_u (local.get $i) (i32.const 800000))))
        ${pollOf("(local.get $i)")} (i32.const 0)`,
    },
    trapped("at most 1024"),
  ],
  [
    "takes gigabytes of random bytes",
    { functions: { random }, run: "(call $random (i64.const 0x100000000) (i32.const 0)) (i32.const 0)" },
    trapped("random"),
  ],
  [
    "makes room outside its memory",
    {
      functions: { random },
      allocate: "(i32.const -16)",
      run: "(call $random (i64.const 64) (i32.const 0)) (i32.const 0)",
    },
    trapped("outside its memory"),
  ],
  [
    "asks for results outside its memory",
    { functions: { random }, run: "(call $random (i64.const 64) (i32.const -8)) (i32.const 0)" },
    trapped("outside its memory"),
  ],
  [
    "gives text outside its memory",
    {
      functions: { folders, makeFolder },
      run: `(call $folders (i32.const 0))
        (call $makeFolder (i32.load (i32.load (i32.const 0))) (i32.const -4096) (i32.const 8192) (i32.const 64)) (i32.const 0)`,
    },
    trapped("outside its memory"),
  ],
  [
    "calls the system out of its allocation",
    {
      functions: { now, random },
      allocate: "(drop (call_indirect (type $asks) (i32.const 0))) (i32.const 0)",
      run: "(call $random (i64.const 64) (i32.const 0)) (i32.const 0)",
    },
    trapped("while the system called it"),
  ],
  [
    "allocates for ever",
    {
      functions: { random },
      allocate: "(loop $again (br $again)) (unreachable)",
      run: "(call $random (i64.const 64) (i32.const 0)) (i32.const 0)",
    },
    { type: "out-of-fuel" },
  ],
])("a program that %s", async (_, parts, end) => {
  const result = await ranHandMade(parts);
  expect(result.end).toMatchObject(end);
  expect(result.fuelUsed).toBeLessThanOrEqual(limits.fuel);
});
