/**
 * Rows as text: one line of figures, one of method.
 * @module
 */
import { type BenchRow, type Goal, isMet } from "./row.ts";

function figure(value: number): string {
  return value.toLocaleString("en", { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 });
}

function goalText(row: BenchRow, goal: Goal): string {
  const factor = goal.of === "ratio" ? "×" : ` ${row.unit}`;
  const wanted = goal.atLeast === undefined ? `≤ ${figure(goal.atMost ?? 0)}` : `≥ ${figure(goal.atLeast)}`;
  const of = goal.of === "p95" ? "p95 " : "";
  return `  goal ${of}${wanted}${factor}${isMet(row, goal) ? "" : " MISSED"}`;
}

/** One row, two lines. */
export function rowText(row: BenchRow): string {
  const spread = row.p95 === undefined ? "" : `  p95 ${figure(row.p95)} (n = ${row.samples})`;
  const against =
    row.rival === undefined ? "" : `  ${row.ratio?.toFixed(2)}× ${row.rival.name} (${figure(row.rival.value)})`;
  const goals = (row.goals ?? []).map((goal) => goalText(row, goal)).join("");
  return `[${row.where}] ${row.name}: ${figure(row.value)} ${row.unit}${spread}${against}${goals}\n    ${row.method}`;
}
