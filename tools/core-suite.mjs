/**
 * `node tools/core-suite.mjs FOLDER`: packs the core test suite of WebAssembly into src/testing/fixtures/core-suite.json.br.
 * FOLDER is `js/src/jit-test/tests/wasm/spec` of Debian's source package mozjs78, where the suite's own converter has put
 * it: modules in binary, assertions as calls. Those are recorded here, not judged.
 * @module
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { brotliCompressSync, constants } from "node:zlib";
import { fail, root } from "./install.mjs";

/** What the suite's proposals had become part of the specification by now; threads have not, here. */
const parts = ["spec", "bulk-memory-operations", "reference-types"];

const modules = [];
const moduleNumbers = new Map();

/** Number of a module in the list of all; many occur often. */
function numberOf(binary) {
  let number = moduleNumbers.get(binary);
  if (number === undefined) {
    number = modules.push(Buffer.from(binary, "latin1").toString("base64")) - 1;
    moduleNumbers.set(binary, number);
  }
  return number;
}

/** A value as JSON has it: what JSON cannot say is a word. */
function plainValue(value) {
  if (typeof value !== "number") return value;
  return Number.isFinite(value) && !Object.is(value, -0) ? value : Object.is(value, -0) ? "-0" : `${value}`;
}

/** The commands of one file, in order. */
function record(source) {
  const commands = [];
  const action = (perform) => perform();
  let instances = 0;
  const world = {
    instance(binary, imports) {
      // An instance with imports of another only checks what that one gives.
      if (imports !== undefined) return { judge: [numberOf(binary), imports.name, imports.of] };
      const number = instances++;
      commands.push(["instance", number, numberOf(binary)]);
      return { number };
    },
    // Some files leave out the name under which the checking module imports.
    exports: (...given) => ({ name: given.length === 1 ? "module" : given[0], of: given.at(-1).number }),
    call: (of, name, values) => [of.judge ?? of.number, name, values.map(plainValue)],
    register: (name, { number }) => commands.push(["register", name, number]),
    externref: (number) => ({ external: number }),
    run: (perform) => commands.push(["run", action(perform)]),
    assert_return: (perform, ...expected) => commands.push(["return", action(perform), expected.map(plainValue)]),
    assert_trap: (perform) => commands.push(["trap", action(perform)]),
    assert_exhaustion: (perform) => commands.push(["exhaustion", action(perform)]),
    assert_invalid: (binary) => commands.push(["invalid", numberOf(binary)]),
    assert_malformed: (binary) => commands.push(["malformed", numberOf(binary)]),
    assert_uninstantiable: (binary) => commands.push(["uninstantiable", numberOf(binary)]),
  };
  runInContext(source, createContext(world));
  return commands;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) fail("Usage: node tools/core-suite.mjs FOLDER");
const files = parts.flatMap((part) =>
  readdirSync(join(folder, part))
    .filter((name) => name.endsWith(".wast.js"))
    .sort()
    .map((name) => ({
      name: `${part}/${name.slice(0, -".wast.js".length)}`,
      commands: record(readFileSync(join(folder, part, name), "utf8")),
    })),
);
const text = JSON.stringify({ modules, files });
const params = { [constants.BROTLI_PARAM_LGWIN]: 24, [constants.BROTLI_PARAM_QUALITY]: 11 };
const packed = brotliCompressSync(text, { params });
writeFileSync(join(root, "src/testing/fixtures/core-suite.json.br"), packed);
const commands = files.reduce((sum, file) => sum + file.commands.length, 0);
console.log(`${files.length} files, ${modules.length} modules, ${commands} commands, ${packed.length} bytes`);
