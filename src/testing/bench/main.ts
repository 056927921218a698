/**
 * `npm run bench [-- name]`: every row runs its rival in the same run and reports medians. Prints a table, then one line
 * of JSON. Runs under Vitest, which is what executes TypeScript here.
 */
import { it } from "vitest";
import { run as apply } from "./apply.bench.ts";
import { run as beacon } from "./beacon.bench.ts";
import { run as ecdsa } from "./ecdsa.bench.ts";
import { run as nonceSearch } from "./nonce-search.bench.ts";
import type { BenchRow } from "./row.ts";
import { run as sampler } from "./sampler.bench.ts";
import { run as stateTree } from "./state-tree.bench.ts";

const benches = { ecdsa, apply, "nonce-search": nonceSearch, beacon, "state-tree": stateTree, sampler };
const wanted = process.env["BENCH"];

it("bench", { timeout: 600_000 }, async () => {
  const rows: BenchRow[] = [];
  for (const [name, run] of Object.entries(benches)) {
    if (wanted === undefined || wanted === "" || name === wanted) rows.push(...(await run()));
  }
  const figure = (value: number): string => Math.round(value).toLocaleString("en");
  for (const { name, unit, value, rival, ratio, goal, method } of rows) {
    const against = rival === undefined ? "" : `  ${ratio?.toFixed(2)}× ${rival.name} (${figure(rival.value)})`;
    const target = goal === undefined ? "" : `  goal ${goal}×${(ratio ?? 0) >= goal ? "" : " MISSED"}`;
    console.log(`${name}: ${figure(value)} ${unit}${against}${target}\n    ${method}`);
  }
  console.log(JSON.stringify(rows));
});
