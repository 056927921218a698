/**
 * `npm run simulate -- --churn`: plays files among nodes that come and go, and tells what came of them.
 * @module
 */
import type { ErasureCode } from "#protocol/files/erasure-code.ts";
import { type Churn, type ChurnReport, playChurn, usualChurn } from "./churn.ts";

/** What can be said of it on the command line, as it was typed. */
export interface ChurnWords {
  readonly hours?: string | undefined;
  readonly nodes?: string | undefined;
  readonly files?: string | undefined;
  /** As in `10+2`. */
  readonly code?: string | undefined;
  /** Percent in an hour. */
  readonly gone?: string | undefined;
  readonly "no-repair": boolean;
}

function codeIn(words: string): ErasureCode | null {
  const [, data, parity] = /^(\d{1,3})\+(\d{1,3})$/.exec(words) ?? [];
  return data === undefined || parity === undefined ? null : { data: Number(data), parity: Number(parity) };
}

/** What was asked for; null where a word is no number or code. */
export function churnIn(words: ChurnWords, seed: number): Churn | null {
  const { nodes, hours, files, gone } = usualChurn;
  const numbers = [words.nodes ?? nodes, words.hours ?? hours, words.files ?? files, words.gone ?? 100 * gone].map(
    Number,
  );
  const [nodeCount, hourCount, fileCount, gonePercent] = numbers as [number, number, number, number];
  const code = words.code === undefined ? undefined : codeIn(words.code);
  const isWhole = [nodeCount, hourCount, fileCount].every((number) => Number.isSafeInteger(number) && number > 0);
  if (!isWhole || code === null || !(gonePercent >= 0 && gonePercent < 100)) return null;
  return {
    ...usualChurn,
    seed,
    nodes: nodeCount,
    hours: hourCount,
    files: fileCount,
    gone: gonePercent / 100,
    repair: !words["no-repair"],
    ...(code === undefined ? {} : { code }),
  };
}

/** A line for people. */
export function churnLine(churn: Churn, report: ChurnReport): string {
  const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
  const { code, files, lost, available, left, wentForGood, repaired, growth, requestsPerHour, movedPerHour } = report;
  return [
    `${lost === 0 || !churn.repair ? "ok  " : "FAIL"} ${churn.nodes} nodes, ${churn.hours} h, seed ${churn.seed}, code ${code.data}+${code.parity}, repair ${churn.repair ? "on" : "off"}:`,
    `${percent(churn.leave, 0)} an hour leave and come back within ${churn.awayHours} h (${left} times), ${percent(churn.gone)} an hour go for good (${wentForGood});`,
    `${lost} of ${files} files lost (${percent(lost / files)}), ${percent(available, 3)} available on the hour;`,
    `${repaired} shards made anew, disks hold ${growth.toFixed(1)} times what was put; ${requestsPerHour.toFixed(0)} requests a node and hour, ${movedPerHour.toFixed(1)} shards moved for each in an hour\n`,
  ].join(" ");
}

/** Plays it; whether no file was lost, which without repair nobody promises. */
export async function tellChurn(churn: Churn, json: boolean): Promise<boolean> {
  const report = await playChurn(churn);
  process.stdout.write(json ? `${JSON.stringify({ churn, report })}\n` : churnLine(churn, report));
  return report.lost === 0 || !churn.repair;
}
