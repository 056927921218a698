/**
 * Builds the guests for the general path, components of WASI 0.2 in C and Rust, with Debian's toolchains and jco:
 *   apt-get install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 rustc libstd-rust-dev-wasm32
 *   node tools/build-wasi-guests.mjs
 * RUST_ROOT names a folder into which Debian's packages rustc, libstd-rust-1.63 and libstd-rust-dev-wasm32 were unpacked, where
 * rustc-web stands in their way. Artifacts are committed and pinned by digest, so that nobody else needs the toolchains:
 * programs that come with the app in guests/programs.json (`npm run guests -- --pin` writes it), those of tests in
 * guests/digests.json. With --check nothing is written: it fails if an artifact is not what its source gives.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/** Source and artifact, from the repository's root. */
const guests = [
  ["guests/words/words.rs", "guests/words/words.wasm"],
  ["guests/wc/wc.c", "guests/wc/wc.wasm"],
  ["src/testing/veil/wasi-probe.c", "src/testing/veil/wasi-probe.wasm"],
];
const cFlags = ["--target=wasm32-wasi", "-std=c11", "-Oz", "-Wall", "-Wextra", "-Werror"];
const digestFile = "guests/digests.json";
const programFile = "guests/programs.json";

const root = new URL("..", import.meta.url).pathname;
const check = process.argv.includes("--check");
const jco = new URL("../", import.meta.resolve("@bytecodealliance/jco/component"));
const { $init, tools } = await import(new URL("obj/wasm-tools.js", jco).href);
await $init;
const adapter = readFileSync(new URL("lib/wasi_snapshot_preview1.command.wasm", jco));

const folder = mkdtempSync(join(tmpdir(), "guests-"));
const memory = join(root, "guests/component-memory.c");

/** Rust links with clang, for wasi-libc, and with our allocation function. */
function buildRust(source, core) {
  const rust = process.env.RUST_ROOT ?? "";
  const object = join(folder, "memory.o");
  execFileSync("clang-19", [...cFlags, "-c", "-o", object, memory], { stdio: "inherit" });
  const linker = join(folder, "link.mjs");
  // What rustc 1.63 asks of its linker and lld 19 no longer takes: warnings that end it, and a flavour.
  const dropped = `(word, i) => word !== "--fatal-warnings" && i > 1`;
  const script = `#!/usr/bin/env node
import { execFileSync } from "node:child_process";
const words = process.argv.slice(2).filter(${dropped});
execFileSync("wasm-ld-19", words, { stdio: ["ignore", "inherit", "ignore"] });
`;
  writeFileSync(linker, script, { mode: 0o755 });
  const codegen = [
    "opt-level=s",
    "lto",
    "codegen-units=1",
    "panic=abort",
    "strip=symbols",
    `linker=${linker}`,
    "linker-flavor=wasm-ld",
  ];
  const linked = ["-L/usr/lib/wasm32-wasi", "/usr/lib/wasm32-wasi/crt1-command.o", object, "--export=cabi_realloc"];
  const options = [...codegen, "link-self-contained=no", ...linked.map((word) => `link-arg=${word}`)];
  execFileSync(
    `${rust}/usr/bin/rustc`,
    [
      "--edition=2021",
      "--sysroot",
      `${rust}/usr`,
      "--target=wasm32-wasi",
      ...options.flatMap((word) => ["-C", word]),
      "-o",
      core,
      source,
    ],
    { stdio: "inherit", env: { ...process.env, LD_LIBRARY_PATH: `${rust}/usr/lib/x86_64-linux-gnu:${rust}/usr/lib` } },
  );
}

const digests = JSON.parse(readFileSync(join(root, digestFile), "utf8"));
const programs = JSON.parse(readFileSync(join(root, programFile), "utf8"));
let failed = false;
try {
  for (const [source, artifact] of guests) {
    const core = join(folder, "core.wasm");
    if (source.endsWith(".rs")) buildRust(join(root, source), core);
    else
      execFileSync("clang-19", [...cFlags, "-Wl,--strip-all", "-o", core, join(root, source), memory], {
        stdio: "inherit",
      });
    const component = tools.componentNew(readFileSync(core), [["wasi_snapshot_preview1", adapter]]);
    const digest = createHash("sha256").update(component).digest("hex");
    const program = programs[basename(artifact, ".wasm")];
    const equal = (program === undefined ? digests[artifact] : program.digest) === digest;
    console.log(`${digest}  ${artifact} (${component.length} bytes)${equal ? "" : " differs"}`);
    failed ||= check && !equal;
    if (!check) writeFileSync(join(root, artifact), component);
    if (program === undefined) digests[artifact] = digest;
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (!check) writeFileSync(join(root, digestFile), `${JSON.stringify(digests, null, 2)}\n`);
process.exit(failed ? 1 : 0);
