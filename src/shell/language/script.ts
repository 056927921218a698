/**
 * Scripts: lines of the shell in a file. Read as a whole before the first line is run: a slip in the last line must not be
 * found when the others have spent.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { isOpen, joinLines, type Pipeline, parseLine } from "./grammar.ts";

/** Lines of one script. */
const mostLines = 10_000;

/** One line of a script, or several that belong together. */
export interface ScriptLine {
  readonly pipelines: readonly Pipeline[];
  /** Where it begins, counted from 1. */
  readonly row: number;
}

/** Reads a script; a refusal says in which line. */
export function readScript(source: string): Result<readonly ScriptLine[]> {
  const rows = source.split(/\r?\n/);
  if (rows.length > mostLines) return rejected("too-many", `it has more than ${mostLines} lines.`);
  const lines: ScriptLine[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = i + 1;
    let line = rows[i] as string;
    while (isOpen(line) && i + 1 < rows.length) line = joinLines(line, rows[++i] as string);
    const parsed = parseLine(line);
    if (!parsed.ok) return rejected(parsed.code, `line ${row}: ${parsed.message}`);
    if (parsed.value.length > 0) lines.push({ pipelines: parsed.value, row });
  }
  return accepted(lines);
}
