/**
 * Builds the guests written in C, components of WASI 0.2, with Debian's toolchain and jco:
 *   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 && node tools/build-c-guests.mjs
 * Artifacts are committed and pinned by digest (guests/digests.json), so that nobody else needs the toolchain. With
 * --check nothing is written: it fails if an artifact is not what its source gives.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Source and artifact, from the repository's root. */
const guests = [
  ["guests/wc/wc.c", "guests/wc/wc.wasm"],
  ["src/testing/veil/wasi-probe.c", "src/testing/veil/wasi-probe.wasm"],
];
const flags = ["--target=wasm32-wasi", "-std=c11", "-Oz", "-Wall", "-Wextra", "-Werror", "-Wl,--strip-all"];
const digestFile = "guests/digests.json";

const root = new URL("..", import.meta.url).pathname;
const check = process.argv.includes("--check");
const jco = new URL("../", import.meta.resolve("@bytecodealliance/jco/component"));
const { $init, tools } = await import(new URL("obj/wasm-tools.js", jco).href);
await $init;
const adapter = readFileSync(new URL("lib/wasi_snapshot_preview1.command.wasm", jco));

const folder = mkdtempSync(join(tmpdir(), "guests-"));
const digests = JSON.parse(readFileSync(join(root, digestFile), "utf8"));
let failed = false;
try {
  for (const [source, artifact] of guests) {
    const core = join(folder, "core.wasm");
    execFileSync("clang-19", [...flags, "-o", core, join(root, source), join(root, "guests/component-memory.c")], {
      stdio: "inherit",
    });
    const component = tools.componentNew(readFileSync(core), [["wasi_snapshot_preview1", adapter]]);
    const digest = createHash("sha256").update(component).digest("hex");
    const equal = digests[artifact] === digest;
    console.log(`${digest}  ${artifact} (${component.length} bytes)${equal ? "" : " differs"}`);
    failed ||= check && !equal;
    if (!check) writeFileSync(join(root, artifact), component);
    digests[artifact] = digest;
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (!check) writeFileSync(join(root, digestFile), `${JSON.stringify(digests, null, 2)}\n`);
process.exit(failed ? 1 : 0);
