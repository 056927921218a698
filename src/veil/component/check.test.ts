import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assembled, type HandMade, handMade, handMadeInterfaces, lowered } from "#testing/veil/component-maker.ts";
import { checkComponent, isComponent } from "./check.ts";
import { componentLimits } from "./limits.ts";

const wc = new Uint8Array(readFileSync("guests/wc/wc.wasm"));
const run = "(i32.const 0)";

test("says what a program needs, and for which interface", () => {
  const checked = checkComponent(wc);
  if (!checked.ok) throw new Error(checked.message);
  const needs = checked.value.needs.map(({ capability, interfaceName }) => `${capability} ${interfaceName}`);
  expect(needs).toEqual([
    "arguments wasi:cli/environment@0.2.3",
    "input wasi:cli/stdin@0.2.3",
    "output wasi:cli/stdout@0.2.3",
    "output wasi:cli/stderr@0.2.3",
    "files wasi:filesystem/types@0.2.3",
    "files wasi:filesystem/preopens@0.2.3",
  ]);
  expect(checked.value.modules.map(({ instances }) => instances)).toEqual([1, 1, 1, 1]);
});

test("lets no custom section through", async () => {
  const plain = await handMade({ run });
  const section = Uint8Array.of(0, 7, 2, 104, 105, 1, 2, 3, 4);
  const checked = checkComponent(Uint8Array.from([...plain, ...section]));
  const checkedPlain = checkComponent(plain);
  expect(checked).toEqual(checkedPlain);
});

test("lets no custom section of a component within through", async () => {
  const within = (sections: string) =>
    handMade({ run, more: `(component $c ${sections} (core module $m)) (instance (instantiate $c))` });
  const plain = checkComponent(await within(""));
  const checked = checkComponent(await within('(@custom "hi" "there")'));
  expect(checked).toEqual(plain);
  expect(plain.ok && new TextDecoder().decode(plain.value.bytes)).not.toContain("there");
});

test("counts the instances of every core module, wherever it is", async () => {
  const more = `(core module $a) (core instance (instantiate $a)) (core instance (instantiate $a))
    (component $c (core module $b) (core instance (instantiate $b)) (alias outer 1 $a (core module $again))
      (core instance (instantiate $again)) (component (core module) (core instance (instantiate 0))))
    (instance (instantiate $c)) (instance (instantiate $c))`;
  const checked = checkComponent(await handMade({ run, more }));
  expect(checked.ok && checked.value.modules.map(({ instances }) => instances)).toEqual([1, 1, 4, 2, 0]);
});

const hostileNames = [
  "x'];globalThis.stolen=1;(['",
  'x"];globalThis.stolen=1;(["',
  "`$\u007bglobalThis.stolen=1}`",
  "x\\",
  "x\ny",
  "x\u2028y",
  "*/ globalThis.stolen=1 /*",
  "</script><script>",
  "naïve",
  "__proto__",
  "n".repeat(componentLimits.nameLength + 1),
];

/** A name as the text format writes it. */
function quoted(name: string): string {
  return [...new TextEncoder().encode(name)].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}

test.each(hostileNames)("refuses the name %j wherever it stands", async (name) => {
  const text = quoted(name);
  const places: readonly string[] = [
    // Exported by a module, and taken from it.
    `(core module $x (func (export "${text}"))) (core instance $x (instantiate $x)) (alias core export $x "${text}" (core func))`,
    // Imported by a module.
    `(core module $x (import "${text}" "f" (func)))`,
    `(core module $x (import "f" "${text}" (func)))`,
    // Given to an instance.
    `(core instance (export "${text}" (memory $memory)))`,
    // Anywhere in a component within.
    `(component (core module $x (func (export "${text}"))))`,
    `(component (component (core module $x (import "f" "${text}" (func)))))`,
    `(component (core module $x) (core instance $x (instantiate $x)) (alias core export $x "${text}" (core func)))`,
  ];
  for (const more of places) {
    expect(checkComponent(await handMade({ run, more }))).toMatchObject({ ok: false, code: "reserved-name" });
  }
});

test.each<[string, string, Partial<HandMade>]>([
  ["an interface that nobody has", "not-found", { more: '(import "wasi:sockets/tcp@0.2.3" (instance))' }],
  ["an interface of another version", "not-found", { more: '(import "wasi:io/poll@0.3.0" (instance))' }],
  ["an interface of somebody else", "not-found", { more: '(import "evil:io/poll@0.2.0" (instance))' }],
  ["a function of its own", "not-found", { more: '(import "run-me" (func))' }],
  [
    "a function that WASI does not have",
    "invalid-module",
    { more: '(import "wasi:io/streams@0.2.0" (instance (export "read-all" (func (result (list u8))))))' },
  ],
  [
    "a function of another type",
    "invalid-module",
    { more: '(import "wasi:cli/environment@0.2.0" (instance (export "get-arguments" (func (result (list f64))))))' },
  ],
  [
    "a type of another meaning",
    "invalid-module",
    {
      more: `(type $l (list string)) (import "wasi:clocks/wall-clock@0.2.0" (instance
        (alias outer 1 $l (type $o)) (export "datetime" (type (eq $o)))))`,
    },
  ],
  [
    "a named member of every object",
    "invalid-module",
    { more: '(import "wasi:cli/exit@0.2.0" (instance (export "constructor" (func))))' },
  ],
  ["a second export", "unsupported-feature", { more: '(export "more" (instance $entry))' }],
  ["an entry with results of its own", "unsupported-feature", { runType: "(result (list string))" }],
  [
    "a resource of its own in the place of WASI's",
    "invalid-module",
    {
      types: "(type $r (resource (rep i32)))",
      more: `(import "wasi:cli/terminal-input@0.2.0" (instance
        (alias outer 1 $r (type $o)) (export "terminal-input" (type (eq $o)))))`,
    },
  ],
  [
    "a type of a component of its own under the name of WASI's",
    "invalid-module",
    {
      more: `(component $c (type $t (list u8)) (export "pollable" (type $t))) (instance $i (instantiate $c))
        (alias export $i "pollable" (type $own)) (import "wasi:io/streams@0.2.0" (instance
        (alias outer 1 $own (type $o)) (export "pollable" (type (eq $o)))))`,
    },
  ],
  ["a component that it takes", "unsupported-feature", { more: '(import "c" (component))' }],
  ["a core module that it takes", "unsupported-feature", { more: '(import "m" (core module))' }],
  ["a component that it gives", "unsupported-feature", { more: '(component $c) (export "c" (component $c))' }],
  [
    "a component that is given a component",
    "unsupported-feature",
    { more: '(component $c) (component $d) (instance (instantiate $c (with "d" (component $d))))' },
  ],
  ["a component that a component takes", "unsupported-feature", { more: '(component (import "c" (component)))' }],
  ["an index that is of nothing", "invalid-module", { more: "(component (alias outer 1 99 (type)))" }],
  ["an outer component that is not there", "invalid-module", { more: "(component (alias outer 5 0 (component)))" }],
  [
    "asynchronous functions in it",
    "unsupported-feature",
    {
      more: `(component (core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func (canon lift (core func $i "f") async)))`,
    },
  ],
  [
    "components too deep in each other",
    "too-many",
    { more: "(component ".repeat(componentLimits.depth) + ")".repeat(componentLimits.depth) },
  ],
  ["too many components", "too-many", { more: "(component)".repeat(componentLimits.components) }],
  [
    "components that double by being instantiated twice",
    "too-many",
    {
      more: `(component $c0) ${Array.from(
        { length: 8 },
        (_, i) =>
          `(component $c${i + 1} (alias outer 1 $c${i} (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))`,
      ).join(" ")} (instance (instantiate $c8))`,
    },
  ],
  [
    "core modules that double with their components",
    "too-many",
    {
      more: `(component $c0 (core module $m) (core instance (instantiate $m)) (core instance (instantiate $m))) ${Array.from(
        { length: 5 },
        (_, i) =>
          `(component $c${i + 1} (alias outer 1 $c${i} (component $x)) (instance (instantiate $x)) (instance (instantiate $x)))`,
      ).join(" ")} (instance (instantiate $c5))`,
    },
  ],
  [
    "items that double with their components",
    "too-many",
    {
      more: `(component $c0 ${`(core instance ${Array.from({ length: 500 }, (_, i) => `(export "n${i}" (func 0))`).join(" ")})`})
        (component $c1 ${"(alias outer 1 $c0 (component)) (instance (instantiate 0))".repeat(20)}) ${"(instance (instantiate $c1))".repeat(2)}`,
    },
  ],
  [
    "tables of a module in many instances",
    "too-many",
    { more: `(core module $m (table 100000 funcref)) ${"(core instance (instantiate $m))".repeat(3)}` },
  ],
  [
    "types of too many parts behind names",
    "too-many",
    {
      more: `(component (type $t0 (tuple u64 u64)) (export $n0 "n-a" (type $t0)) ${Array.from(
        { length: 12 },
        (_, i) =>
          `(type $t${i + 1} (tuple $n${i} $n${i})) (export $n${i + 1} "n-${"abcdefghijklmnop"[i + 1]}" (type $t${i + 1}))`,
      ).join(" ")})`,
    },
  ],
  [
    "text that is not UTF-8",
    "unsupported-feature",
    {
      functions: {
        makeFolder: [lowered.makeFolder[0], lowered.makeFolder[1].replace("(memory", "string-encoding=utf16 (memory")],
      },
    },
  ],
  [
    "types that double",
    "too-many",
    {
      types: `(type $t0 (tuple u64 u64)) ${Array.from(
        { length: 40 },
        (_, i) => `(type $t${i + 1} (tuple $t${i} $t${i}))`,
      ).join(" ")}`,
    },
  ],
  [
    "too many things in all",
    "too-many",
    {
      more: Array.from(
        { length: 20 },
        () =>
          `(core instance ${Array.from({ length: 1_000 }, (_, i) => `(export "n${i}" (memory $memory))`).join(" ")})`,
      ).join(" "),
    },
  ],
  [
    "tables without end",
    "too-many",
    { more: "(core module (table 200000 funcref)) (core module (table 200000 funcref))" },
  ],
  [
    "too many modules",
    "too-many",
    { more: Array.from({ length: componentLimits.modules }, () => "(core module)").join(" ") },
  ],
])("refuses %s", async (_, code, parts) => {
  const component = await handMade({ run, ...parts });
  expect(isComponent(component)).toBe(true);
  expect(checkComponent(component)).toMatchObject({ ok: false, code });
});

test("refuses a component that is none to run", async () => {
  const library = await assembled(`(component ${handMadeInterfaces.split("(import")[0]})`);
  expect(checkComponent(library)).toMatchObject({ ok: false, code: "unsupported-feature" });
  const bare = await assembled("(module)");
  expect(isComponent(bare)).toBe(false);
  expect(checkComponent(bare)).toMatchObject({ ok: false, code: "malformed-module" });
});

test("refuses every beginning of a component, and one that is too large, without throwing", () => {
  const whole = checkComponent(wc);
  const bytes = whole.ok ? whole.value.bytes : wc;
  for (let end = 0; end < bytes.length; end += end < 2_000 || end > 43_000 ? 7 : 501) {
    expect(checkComponent(bytes.subarray(0, end)).ok).toBe(false);
  }
  expect(checkComponent(new Uint8Array(componentLimits.bytes + 1))).toMatchObject({ ok: false, code: "too-large" });
});
