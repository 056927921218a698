/**
 * The table of the world against its WIT, by the component tools: a module with every function of the table is one of the
 * WIT's world, and one with any other type is not.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bumpAllocator, textModule } from "#testing/veil/text-module.ts";
import { capabilities } from "./run.ts";
import { neededCapabilities, type WorldInterface, worldFunctions, worldModule } from "./world.ts";

const jco = new URL("../", import.meta.resolve("@bytecodealliance/jco/component"));
const { $init, tools } = (await import(/* @vite-ignore */ new URL("obj/wasm-tools.js", jco).href)) as {
  $init: Promise<void>;
  tools: {
    componentEmbed(options: {
      binary: Uint8Array;
      witSource: string;
      stringEncoding: "utf8";
      world: string;
    }): Uint8Array;
    componentNew(module: Uint8Array, adapters: readonly []): Uint8Array;
  };
};
await $init;

const witSource = readFileSync("src/veil/wit/aether-os.wit", "utf8");

const all = (Object.keys(worldFunctions) as WorldInterface[]).flatMap((from) =>
  Object.entries(worldFunctions[from]).map(([name, type]) => ({ from, name, type: type as string })),
);

function typeText(type: string): string {
  const [parameters = "", results = ""] = type.split(">");
  const words = (letters: string) => [...letters].map((letter) => (letter === "i" ? "i32" : "i64")).join(" ");
  return `(param ${words(parameters)}) (result ${words(results)})`;
}

/** A module that imports functions of the world. */
function moduleWith(functions: readonly { from: WorldInterface; name: string; type: string }[]): Uint8Array {
  const imports = functions.map(
    ({ from, name, type }) => `(import "${worldModule(from)}" "${name}" (func ${typeText(type)}))`,
  );
  return textModule(`(module ${imports.join(" ")} ${bumpAllocator} (func (export "run") (result i32) (i32.const 0)))`);
}

function makeComponent(module: Uint8Array): Uint8Array {
  return tools.componentNew(
    tools.componentEmbed({ binary: module, witSource, stringEncoding: "utf8", world: "program" }),
    [],
  );
}

describe("the world's table", () => {
  it("has what the WIT has, function by function", () => {
    expect(() => makeComponent(moduleWith(all))).not.toThrow();
    const inWit = [...witSource.matchAll(/^ {2}%?([a-z-]+): func/gm)].map(([, name]) => name as string);
    expect(all.map(({ name }) => name).sort()).toEqual(inWit.sort());
  });

  it.each(all)("has $name of $from with the type that the canonical ABI gives it", ({ from, name, type }) => {
    expect(() => makeComponent(moduleWith([{ from, name, type }]))).not.toThrow();
    const other = type.startsWith("i") ? `I${type.slice(1)}` : `i${type}`;
    expect(() => makeComponent(moduleWith([{ from, name, type: other }]))).toThrow();
    const refused = neededCapabilities(moduleWith([{ from, name, type: other }]));
    expect(refused).toMatchObject({ ok: false, code: "invalid-module" });
  });

  it("says what a module needs", () => {
    const needed = neededCapabilities(moduleWith(all));
    expect(needed.ok && [...needed.value].sort()).toEqual([...capabilities].sort());
  });
});
