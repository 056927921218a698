/**
 * Builds the programs of guests/ into dist/app/guests/: NAME.HASH.wasm and manifest.json, which says what each is. Sources
 * in AssemblyScript are compiled here, and again only when one changed; programs in C and Rust stand beside their sources as
 * they came from Debian's compilers. All must have the digests of guests/programs.json. `--check` builds nothing
 * into dist and does not trust what was compiled before; `--pin` writes the digests; `--into=FOLDER` builds there.
 * @module
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { ensureInstalled, fail, root } from "./install.mjs";

const folder = join(root, "guests");
const pins = join(folder, "programs.json");
const cache = join(root, ".cache", "guests");

/** Optimised; no garbage collector, no assertions, no abort with strings: errors are the programs' own business. */
const options = ["-O3", "--runtime", "stub", "--noAssert", "--use", "abort="];

function sha256(bytes) {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Names everything that a compiled program depends on. */
function fingerprint(sources) {
  const version = JSON.parse(
    readFileSync(join(root, "node_modules", "assemblyscript", "package.json"), "utf8"),
  ).version;
  const hash = createHash("sha256").update(`${version} ${options}\0`);
  for (const source of [...sources, ...sourcesIn("library")]) {
    hash.update(relative(folder, source)).update("\0").update(readFileSync(source)).update("\0");
  }
  return hash.digest("hex").slice(0, 32);
}

function sourcesIn(name) {
  const files = readdirSync(join(folder, name)).filter((file) => file.endsWith(".ts"));
  return files.sort().map((file) => join(folder, name, file));
}

async function compile(name) {
  const { default: asc } = await import("assemblyscript/asc");
  let binary;
  const { error, stderr } = await asc.main([`guests/${name}/main.ts`, "--outFile", "program.wasm", ...options], {
    readFile: (file, base) => {
      const path = join(base ?? root, file);
      return existsSync(path) ? readFileSync(path, "utf8") : null;
    },
    writeFile: (_file, contents) => {
      binary = contents;
    },
    listFiles: () => [],
  });
  if (error) fail(`The program ${name} does not compile:\n${stderr.toString()}`);
  return Buffer.from(binary);
}

/** The bytes of a program; `afresh`: compiled now, whatever was compiled before. */
async function programBytes(name, afresh) {
  const built = join(folder, name, `${name}.wasm`);
  if (existsSync(built)) return readFileSync(built);
  const kept = join(cache, `${name}.${fingerprint(sourcesIn(name))}.wasm`);
  if (!afresh && existsSync(kept)) return readFileSync(kept);
  const bytes = await compile(name);
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache)) if (old.startsWith(`${name}.`)) rmSync(join(cache, old));
  writeFileSync(kept, bytes);
  return bytes;
}

/**
 * What a program must be granted: for a module of our world an interface of it each, but for its end, which is everybody's;
 * what a component needs stands with its pin, because only the gate reads components.
 */
function capabilitiesOf(bytes, pinned) {
  if (pinned !== undefined) return pinned;
  const modules = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(({ module }) => module);
  const names = modules.map((module) => /^aether:os\/([a-z]+)@/.exec(module)?.[1]);
  return [...new Set(names)].filter((name) => name !== "process");
}

/** All programs with their bytes; ends the process if one is not what the pins say. */
async function programs({ afresh = false, pinned = true } = {}) {
  const entries = Object.entries(JSON.parse(readFileSync(pins, "utf8")));
  const all = [];
  for (const [name, about] of entries) {
    const bytes = await programBytes(name, afresh);
    const digest = sha256(bytes);
    if (pinned && digest !== about.digest) {
      fail(`The program ${name} is not the one of guests/programs.json. If that is meant: npm run guests -- --pin`);
    }
    all.push({ name, ...about, digest, bytes });
  }
  return all;
}

/** Writes programs and manifest into a folder. */
async function buildGuests(target = join(root, "dist", "app", "guests")) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const manifest = [];
  for (const { bytes, ...about } of await programs()) {
    const file = `${about.name}.${about.digest.slice(0, 8)}.wasm`;
    writeFileSync(join(target, file), bytes);
    manifest.push({ ...about, file, bytes: bytes.length, capabilities: capabilitiesOf(bytes, about.capabilities) });
  }
  writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest)}\n`);
}

async function pin() {
  const all = await programs({ pinned: false });
  const entries = all.map(({ name, bytes: _, ...about }) => [name, about]);
  // Lists in one line, as the formatter has them.
  const text = JSON.stringify(Object.fromEntries(entries), undefined, 2).replace(/\[[^\]]*\]/g, (list) =>
    list.replace(/\s+/g, " ").replace("[ ", "[").replace(" ]", "]"),
  );
  writeFileSync(pins, `${text}\n`);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  ensureInstalled();
  if (process.argv.includes("--check")) await programs({ afresh: true });
  else if (process.argv.includes("--pin")) await pin();
  else {
    const into = process.argv.find((argument) => argument.startsWith("--into="))?.slice("--into=".length);
    await buildGuests(into);
  }
}
