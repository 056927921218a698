/**
 * Components written by hand for tests: text to bytes by jco's own tools, and a frame around a few lines of core
 * WebAssembly that calls WASI as no toolchain would.
 */
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

interface WasmTools {
  readonly $init: Promise<void>;
  readonly tools: { parse(text: string): Uint8Array; print(bytes: Uint8Array): string };
}

async function wasmTools(): Promise<WasmTools["tools"]> {
  const jco = pathToFileURL(createRequire(import.meta.url).resolve("@bytecodealliance/jco/component"));
  const { $init, tools } = (await import(/* @vite-ignore */ new URL("../obj/wasm-tools.js", jco).href)) as WasmTools;
  await $init;
  return tools;
}

/** The bytes of a component or module in the text format. */
export async function assembled(text: string): Promise<Uint8Array> {
  return (await wasmTools()).parse(text);
}

/**
 * A component around one that a toolchain made, so often within each other: it hands on what it imports and shows what the
 * inner one shows, as tools for composition do.
 */
export async function wrapped(component: Uint8Array, times: number): Promise<Uint8Array> {
  const { print, parse } = await wasmTools();
  const whole = print(component);
  const imports = whole.slice(whole.indexOf("\n"), whole.indexOf("(core module"));
  const names = [...imports.matchAll(/\(import "([^"]+)"/g)].map(([, name]) => name);
  let text = whole;
  for (let i = 0; i < times; i++) {
    const given = names.map((name, index) => `(with "${name}" (instance ${index}))`).join(" ");
    text = `(component ${imports}
      ${text.replace("(component", "(component $inner")}
      (instance $made (instantiate $inner ${given}))
      (alias export $made "wasi:cli/run@0.2.3" (instance $run))
      (export "wasi:cli/run@0.2.3" (instance $run)))`;
  }
  return parse(text);
}

/** A program of one function over some of WASI. */
export interface HandMade {
  /** Of the component's type section. */
  readonly types?: string;
  /** Core functions by name, each with its core type and the canonical definition behind it. */
  readonly functions?: Readonly<Record<string, readonly [type: string, definition: string]>>;
  /** Body of the allocation function, whose parameters are 0 to 3. It may call the functions by way of table 0, in order. */
  readonly allocate?: string;
  /** Body of `run`, which gives 0 or 1. */
  readonly run: string;
  /** Canonical type of `run`. */
  readonly runType?: string;
  /** More at the end. */
  readonly more?: string;
}

/** Interfaces that hand-made programs import. */
export const handMadeInterfaces = `
  (import "wasi:io/poll@0.2.3" (instance $poll
    (export $p "pollable" (type (sub resource)))
    (export "[method]pollable.ready" (func (param "self" (borrow $p)) (result bool)))
    (export "[method]pollable.block" (func (param "self" (borrow $p))))
    (export "poll" (func (param "in" (list (borrow $p))) (result (list u32))))))
  (alias export $poll "pollable" (type $pollable))
  (import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
    (alias outer 1 $pollable (type $o))
    (export $p "pollable" (type (eq $o)))
    (type $u u64)
    (export $t "instant" (type (eq $u)))
    (export $d "duration" (type (eq $u)))
    (export "now" (func (result $t)))
    (export "subscribe-duration" (func (param "when" $d) (result (own $p))))))
  (import "wasi:random/random@0.2.3" (instance $random
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
    (export "get-random-u64" (func (result u64)))))
  (import "wasi:filesystem/types@0.2.3" (instance $files
    (export $d "descriptor" (type (sub resource)))
    (alias outer 1 $error-code (type $o))
    (export $e "error-code" (type (eq $o)))
    (export "[method]descriptor.create-directory-at"
      (func (param "self" (borrow $d)) (param "path" string) (result (result (error $e)))))))
  (alias export $files "descriptor" (type $descriptor))
  (import "wasi:filesystem/preopens@0.2.3" (instance $preopens
    (alias outer 1 $descriptor (type $o))
    (export $d "descriptor" (type (eq $o)))
    (export "get-directories" (func (result (list (tuple (own $d) string)))))))`;

const errorCode = `(type $error-code (enum "access" "would-block" "already" "bad-descriptor" "busy" "deadlock" "quota" "exist"
  "file-too-large" "illegal-byte-sequence" "in-progress" "interrupted" "invalid" "io" "is-directory" "loop" "too-many-links"
  "message-size" "name-too-long" "no-device" "no-entry" "no-lock" "insufficient-memory" "insufficient-space" "not-directory"
  "not-empty" "not-recoverable" "unsupported" "no-tty" "no-such-device" "overflow" "not-permitted" "pipe" "read-only"
  "invalid-seek" "text-file-busy" "cross-device"))`;

const ways = "(memory $memory) (realloc (func $allocate))";

/** Canonical definitions for {@link HandMade.functions}. */
export const lowered = {
  now: ["(result i64)", '(canon lower (func $clock "now"))'],
  later: ["(param i64) (result i32)", '(canon lower (func $clock "subscribe-duration"))'],
  ready: ["(param i32) (result i32)", '(canon lower (func $poll "[method]pollable.ready"))'],
  block: ["(param i32)", '(canon lower (func $poll "[method]pollable.block"))'],
  drop: ["(param i32)", "(canon resource.drop $pollable)"],
  poll: ["(param i32 i32 i32)", `(canon lower (func $poll "poll") ${ways})`],
  random: ["(param i64 i32)", `(canon lower (func $random "get-random-bytes") ${ways})`],
  folders: ["(param i32)", `(canon lower (func $preopens "get-directories") ${ways})`],
  makeFolder: [
    "(param i32 i32 i32 i32)",
    `(canon lower (func $files "[method]descriptor.create-directory-at") ${ways})`,
  ],
} as const satisfies Readonly<Record<string, readonly [string, string]>>;

/** A program from its parts. Its memory is another module's, as an adapter's is. */
export function handMade({ types, functions = {}, allocate, run, runType, more }: HandMade): Promise<Uint8Array> {
  const all = Object.entries(functions);
  const room = "(global.get 0) (global.set 0 (i32.add (global.get 0) (local.get 3)))";
  return assembled(`(component
  ${errorCode}
  ${handMadeInterfaces}
  ${types ?? ""}
  (core module $base
    (memory (export "memory") 2)
    (table (export "table") 16 funcref)
    (type $asks (func (result i64)))
    (global (mut i32) (i32.const 65536))
    (func (export "allocate") (param i32 i32 i32 i32) (result i32) ${allocate ?? room}))
  (core instance $base (instantiate $base))
  (alias core export $base "memory" (core memory $memory))
  (alias core export $base "allocate" (core func $allocate))
  ${all.map(([name, [, definition]]) => `(core func $${name} ${definition})`).join("\n  ")}
  (core instance $system ${all.map(([name]) => `(export "${name}" (func $${name}))`).join(" ")})
  (core module $main
    ${all.map(([name, [type]]) => `(import "system" "${name}" (func $${name} ${type}))`).join("\n    ")}
    (import "base" "memory" (memory 0))
    (import "base" "table" (table 16 funcref))
    (elem (i32.const 0) func ${all.map(([name]) => `$${name}`).join(" ")})
    (func (export "run") (result i32) (local $i i32) (local $h i32) ${run}))
  (core instance $main (instantiate $main (with "system" (instance $system)) (with "base" (instance $base))))
  (func $run ${runType ?? "(result (result))"} (canon lift (core func $main "run") ${ways}))
  (component $shim
    (import "run" (func $run ${runType ?? "(result (result))"}))
    (export "run" (func $run)))
  (instance $entry (instantiate $shim (with "run" (func $run))))
  (export "wasi:cli/run@0.2.3" (instance $entry))
  ${more ?? ""})`);
}
