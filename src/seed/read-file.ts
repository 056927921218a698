/**
 * What programs that check a file share: reading it, and saying what came of it.
 * @module
 */
import { readFileSync, statSync } from "node:fs";
import { accepted, type Result, rejected } from "../protocol/result.ts";

/** A file's bytes; `kind` is what it should be, and no such thing is longer than `mostBytes`. */
export function readBoundedFile(file: string, kind: string, mostBytes: number): Result<Uint8Array> {
  try {
    const { size } = statSync(file);
    if (size > mostBytes)
      return rejected("too-large", `This is no ${kind}: it has ${size} bytes, and none has more than ${mostBytes}.`);
    return accepted(new Uint8Array(readFileSync(file)));
  } catch (error) {
    return rejected("not-found", `The file cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Says what came of a check; ends the program with 1 if it does not hold. */
export function tellVerdict(verdict: Result<string>): void {
  if (verdict.ok) process.stdout.write(`${verdict.value}\n`);
  else {
    process.stderr.write(`${verdict.message}\n`);
    process.exitCode = 1;
  }
}
