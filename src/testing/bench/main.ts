/**
 * `npm run bench [-- name …]`: every row runs its rival in the same run and reports medians. Prints a table, then one line
 * of JSON. Runs under Vitest, which is what executes TypeScript here; tools/bench.mjs hands over the settings.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { it } from "vitest";
import { endAll } from "../../../e2e/harness.ts";
import { measureFiles } from "./app/files.ts";
import { measureFirstLoad } from "./app/first-load.ts";
import { measureIdle } from "./app/idle.ts";
import { measureInput } from "./app/input.ts";
import { measureJoin } from "./app/join.ts";
import { measureProduction } from "./app/produce.ts";
import { measureSpread } from "./app/spread.ts";
import { measureStart } from "./app/start.ts";
import { measureAgainstBcoin } from "./apply-against-bcoin.ts";
import { bodies } from "./bodies.ts";
import { runInBrowser } from "./browser-platform.ts";
import { measureComponentsEverywhere } from "./components.ts";
import { measureGroth16 } from "./groth16.ts";
import { describeMachine } from "./machine.ts";
import { runOnNode } from "./node-platform.ts";
import type { BenchRow } from "./row.ts";
import { measureSandbox } from "./sandbox.ts";
import { rowText } from "./table.ts";

/** What tools/bench.mjs read from the command line. */
interface Settings {
  readonly names: readonly string[];
  readonly minutes: number;
  readonly jsonFile: string | null;
  /** Root of a checkout whose build takes turns with this one. */
  readonly against: string | null;
}

const { names, minutes, jsonFile, against } = JSON.parse(process.env["BENCH"] ?? "{}") as Settings;

/** All benchmarks by name, in the order of the table. */
const benches: Readonly<Record<string, () => Promise<readonly BenchRow[]>>> = {
  ...Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => [
      name,
      async () => [...(await runOnNode(body)), ...(await runInBrowser(name))],
    ]),
  ),
  bcoin: () => runOnNode(measureAgainstBcoin),
  groth16: measureGroth16,
  components: measureComponentsEverywhere,
  sandbox: measureSandbox,
  "first-load": async () => measureFirstLoad(),
  start: () => measureStart(against),
  join: measureJoin,
  spread: measureSpread,
  files: measureFiles,
  input: measureInput,
  idle: () => measureIdle(minutes),
  produce: () => measureProduction(minutes),
};

/** Who else works on the machine: figures of a busy one say little, and of two threads against one nothing. */
function loadText(load: readonly number[]): string {
  return `${load.map((minutes) => minutes.toFixed(1)).join(" ")} on ${availableParallelism()} cores`;
}

it("bench", { timeout: 7_200_000 }, async () => {
  const unknown = names.filter((name) => !Object.hasOwn(benches, name));
  if (unknown.length > 0) {
    throw new Error(`no benchmark ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}`);
  }
  const rows: BenchRow[] = [];
  const failures: Error[] = [];
  const loadBefore = loadavg();
  process.stdout.write(`load before: ${loadText(loadBefore)}\n`);
  for (const [name, measure] of Object.entries(benches)) {
    if (names.length > 0 && !names.includes(name)) continue;
    try {
      const measured = await measure();
      rows.push(...measured);
      for (const row of measured) process.stdout.write(`${rowText(row)}\n`);
    } catch (error) {
      // The others still count; the run fails at its end.
      failures.push(new Error(`${name} could not be measured`, { cause: error }));
    } finally {
      await endAll();
    }
  }
  process.stdout.write(`load after: ${loadText(loadavg())}\n`);
  const report = JSON.stringify({ ...describeMachine(), loadBefore, rows });
  if (jsonFile !== null) writeFileSync(jsonFile, `${report}\n`);
  process.stdout.write(`${report}\n`);
  if (failures.length > 0) throw new AggregateError(failures, failures.map(({ message }) => message).join("; "));
});
