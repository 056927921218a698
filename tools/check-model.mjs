/**
 * `npm run check:model`: checks the models of finality in models/ exhaustively with Spin, and that Spin refutes each mutant
 * (a model with one rule removed). Ends with 1 if a rule fails or a mutant passes. Wants `spin` and a C compiler.
 * @module
 */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { fail, requireNode, root } from "./install.mjs";

const runFile = promisify(execFile);
/** Each search stays far below; one that reaches a limit has not been exhaustive and counts as failed. */
const limits = { memoryMegabytes: 4_000, depth: 10_000, searchMs: 600_000, checksAtOnce: 2 };

/** Name, what it says, the model's switches, and whether the checker must find a violation. */
const fixedVoters = [
  ["agreement and liveness, 3 honest and 1 Byzantine", []],
  ["the same by the journal's two numbers", ["JOURNAL"]],
  ["accountable safety, 2 honest and 2 Byzantine", ["BYZANTINE=2", "HEIGHTS=2"]],
  ["canary: the last block can become final", ["CANARY"], true],
  ["canary: two Byzantine can finalise twice", ["BYZANTINE=2", "HEIGHTS=2", "CANARY"], true],
  ["mutant: two votes with one target epoch", ["NO_DOUBLE_RULE"], true],
  ["mutant: a vote may surround another", ["NO_SURROUND_RULE"], true],
  ["mutant: the source need not be justified", ["NO_SOURCE_RULE"], true],
  ["mutant: the second round from any source", ["ANY_COMMIT_SOURCE"], true],
  ["mutant: half of the stake is enough", ["QUORUM=2"], true],
  ["mutant: the head goes by work alone", ["WORK_ONLY"], true],
  ["mutant: double votes are no evidence", ["BYZANTINE=2", "HEIGHTS=2", "NO_DOUBLE_RULE"], true],
  ["mutant: surrounding votes are no evidence", ["BYZANTINE=2", "HEIGHTS=2", "NO_SURROUND_RULE"], true],
];
/** The same while one voter leaves and one joins; BYZANTINE is a set of voters here. */
const changingVoters = [
  ["agreement and liveness, 1 Byzantine that stays", ["SETTLED", "LIVENESS"]],
  ["agreement and liveness, Byzantine are who leaves and who joins", ["SETTLED", "LIVENESS", "BYZANTINE=17"]],
  ["accountable safety, 2 Byzantine that stay", ["SETTLED", "EVIDENCE", "BYZANTINE=12"]],
  ["accountable safety, Byzantine are who leaves and one that stays", ["SETTLED", "EVIDENCE", "BYZANTINE=9"]],
  ["canary: a block can become final by both electorates", ["SETTLED", "CANARY"], true],
  ["canary: two Byzantine can finalise twice", ["SETTLED", "EVIDENCE", "BYZANTINE=12", "CANARY"], true],
  ["mutant: the new electorate alone decides", ["SETTLED", "NO_STITCHING"], true],
  ["mutant: the new electorate alone, evidence", ["SETTLED", "EVIDENCE", "BYZANTINE=12", "NO_STITCHING"], true],
  ["mutant: every final block changes the electorate", ["SETTLED", "NO_DRAWN_RULE"], true],
  ["mutant: certificates start at the newest justified block", ["SETTLED", "LIVENESS", "NO_EARLIER"], true],
  ["mutant: certificates are judged by later electorates", ["SETTLED", "LIVENESS", "JUDGED_LATER"], true],
];
const checks = [
  ...fixedVoters.map((one) => ["finality.pml", ...one]),
  ...changingVoters.map((one) => ["electorates.pml", ...one]),
].map(([model, name, switches, refuted = false]) => ({ model, name, switches, refuted }));

const works = (command, argument) => spawnSync(command, [argument], { stdio: "ignore" }).status === 0;
const missing = () => [...(works("spin", "-V") ? [] : ["spin"]), ...(works("cc", "--version") ? [] : ["gcc"])];

function ensureTools() {
  let lacking = missing();
  if (lacking.length > 0 && process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { stdio: "inherit", env });
    spawnSync("apt-get", ["install", "-y", "-qq", ...lacking], { stdio: ["ignore", "ignore", "inherit"], env });
    lacking = missing();
  }
  if (lacking.length > 0) {
    fail(
      `The model checker needs ${lacking.join(" and ")}. On Debian or Ubuntu: sudo apt-get install ${lacking.join(" ")}; on a Mac: brew install spin.`,
    );
  }
}

const number = (text, pattern) => Number(pattern.exec(text)?.[1] ?? Number.NaN);

/** Generates the checker of one variant, builds it and runs it. */
async function search({ model, switches, refuted }, folder) {
  const source = join(root, "models", model);
  await runFile("spin", ["-a", ...switches.map((name) => `-D${name}`), source], { cwd: folder });
  const built = ["-O1", "-DSAFETY", "-DNOFAIR", `-DMEMLIM=${limits.memoryMegabytes}`, "-o", "pan", "pan.c"];
  await runFile("cc", built, { cwd: folder });
  const startedMs = performance.now();
  const { stdout } = await runFile("./pan", [`-m${limits.depth}`, "-w24"], {
    cwd: folder,
    timeout: limits.searchMs,
  }).catch((error) => ({ stdout: `${error.stdout ?? ""}` }));
  const violations = number(stdout, /errors: (\d+)/);
  const assertion = /assertion violated/.test(stdout);
  const whole = !/not completed|too small|out of memory|interrupted/.test(stdout);
  return {
    passed: refuted ? violations > 0 && assertion : violations === 0 && whole,
    states: number(stdout, /(\d+) states, stored/),
    transitions: number(stdout, /(\d+) transitions/),
    depth: number(stdout, /depth reached (\d+)/),
    tookMs: performance.now() - startedMs,
    stdout,
  };
}

async function check(one) {
  const folder = mkdtempSync(join(tmpdir(), "aether-model-"));
  try {
    const { passed, states, transitions, depth, tookMs, stdout } = await search(one, folder);
    const found = one.refuted ? "refuted" : "holds";
    process.stdout.write(
      `${passed ? "ok  " : "FAIL"} ${one.model}, ${one.name}: ${passed ? found : `not ${found}`}; ${states} states, ${transitions} transitions, ${depth} steps deep, ${(tookMs / 1_000).toFixed(1)} s\n`,
    );
    if (!passed) process.stdout.write(`${stdout}\n`);
    return passed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

requireNode();
ensureTools();
const waiting = [...checks];
const results = [];
const worker = async () => {
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) results.push(await check(one));
};
await Promise.all(Array.from({ length: limits.checksAtOnce }, worker));
process.exit(results.every(Boolean) ? 0 : 1);
