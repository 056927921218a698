/**
 * Core modules for tests from WebAssembly text, by binaryen.
 */
import binaryen from "binaryen";

/** The module that a text describes. */
export function textModule(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  try {
    module.setFeatures(binaryen.Features.MVP | binaryen.Features.BulkMemory | binaryen.Features.MutableGlobals);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

/** Imports of the world in text, each with its type; the name in the module is `$interface.function`. */
export function worldImports(...imports: readonly (readonly [from: string, name: string, type: string])[]): string {
  return imports
    .map(([from, name, type]) => `(import "aether:os/${from}@0.1.0" "${name}" (func $${from}.${name} ${type}))`)
    .join("\n");
}

/** A memory, and a `cabi_realloc` that only goes up: addresses from 4096 on. */
export const bumpAllocator = `
  (memory (export "memory") 1 64)
  (global $top (mut i32) (i32.const 4096))
  (func $allocate (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
    (global.set $top (i32.add (local.get $at) (local.get 3)))
    (block $enough
      (br_if $enough (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.div_u (local.get 3) (i32.const 65536)) (i32.const 1)))))
    (local.get $at))`;
