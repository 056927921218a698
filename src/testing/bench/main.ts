/**
 * `npm run bench [-- name …]`: every row runs its rival in the same run and reports medians. Prints a table, then one line
 * of JSON. Runs under Vitest, which is what executes TypeScript here.
 */
import { it } from "vitest";
import { bodies } from "./bodies.ts";
import { runInBrowser } from "./browser-platform.ts";
import { runOnNode } from "./node-platform.ts";
import type { BenchRow } from "./row.ts";
import { rowText } from "./table.ts";

const wanted = (process.env["BENCH"] ?? "").split(" ").filter((name) => name !== "");

it("bench", { timeout: 3_600_000 }, async () => {
  const rows: BenchRow[] = [];
  const report = (measured: readonly BenchRow[]): void => {
    rows.push(...measured);
    for (const row of measured) process.stdout.write(`${rowText(row)}\n`);
  };
  for (const [name, body] of Object.entries(bodies)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    report(await runOnNode(body));
    report(await runInBrowser(name));
  }
  process.stdout.write(`${JSON.stringify(rows)}\n`);
});
