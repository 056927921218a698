/**
 * Hears a sandbox worker that may have been taken over: every word is checked for its form and against the run's limits,
 * and there may be only so many of them. The first wrong one ends the run as a fault of this node.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";
import type { RunEnd, RunFile, RunLimits, RunResult } from "#veil/run.ts";
import { deadlineGraceMs, mostFilesBack, mostMessageCharacters, mostPathCharacters } from "./limits.ts";
import {
  fewPieces,
  mostBatches,
  type OutputPiece,
  outputBatchBytes,
  outputBatchMs,
  progressMs,
  readBatch,
} from "./sandbox/output-batches.ts";

/** What a word was, once it is known to be in order. */
export type CheckedWord =
  | { readonly type: "output"; readonly pieces: readonly OutputPiece[] }
  | { readonly type: "progress"; readonly fuelUsed: number }
  | { readonly type: "refused"; readonly refusal: Rejected }
  | { readonly type: "end"; readonly result: Omit<RunResult, "output" | "errorOutput"> }
  /** Something that our script never says. */
  | { readonly type: "wrong"; readonly why: string };

type Fields = Readonly<Record<string, unknown>>;

function wrong(why: string): CheckedWord {
  return { type: "wrong", why };
}

function isFields(value: unknown): value is Fields {
  return value !== null && typeof value === "object";
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most;
}

/** Bytes in a plain buffer; one that can change its length is refused by what they are handed to later. */
function bytesOf(value: unknown, most: number): Uint8Array | null {
  if (!(value instanceof ArrayBuffer) || value.byteLength > most) return null;
  if ((value as { resizable?: boolean }).resizable === true) return null;
  return new Uint8Array(value);
}

const forbiddenInText = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/** One line without control characters, so that it may be printed. */
export function plainLine(text: string): string {
  return text.slice(0, mostMessageCharacters).replace(forbiddenInText, " ").trim();
}

/** What the private file system of a run lets a path be: control characters too. Who prints it cleans it. */
function isPath(value: unknown): value is string {
  if (typeof value !== "string" || value.length > mostPathCharacters || value.includes("\0")) return false;
  return value.split("/").every((name) => name !== "" && name !== "." && name !== "..");
}

function filesOf(value: unknown, mostBytes: number): RunFile[] | null {
  if (!Array.isArray(value) || value.length > mostFilesBack) return null;
  const files: RunFile[] = [];
  const paths = new Set<string>();
  let left = mostBytes;
  for (const file of value as readonly unknown[]) {
    if (!isFields(file) || !isPath(file["path"]) || paths.has(file["path"])) return null;
    const bytes = bytesOf(file["bytes"], left);
    if (bytes === null) return null;
    left -= bytes.length;
    paths.add(file["path"]);
    files.push({ path: file["path"], bytes });
  }
  return files;
}

function endOf(value: unknown): RunEnd | null {
  if (!isFields(value)) return null;
  const { type, code, message } = value;
  switch (type) {
    case "exit":
      return isCount(code, 0xffff_ffff) ? { type, code } : null;
    case "trap":
    case "node-fault":
      return typeof message === "string" ? { type, message: plainLine(message) } : null;
    case "out-of-fuel":
    case "out-of-stack":
    case "too-much-output":
    case "out-of-time":
      return { type };
    default:
      return null;
  }
}

/** What only shows when a program meets its files and the host's functions. Other refusals are no sandbox's business. */
const refusals = ["invalid-module", "not-found", "not-granted", "invalid-argument", "quota-exceeded"] as const;

function refused({ code, message }: Fields): CheckedWord {
  const known = refusals.find((one) => one === code);
  if (known === undefined || typeof message !== "string") return wrong("it refused the program for an unknown reason");
  return { type: "refused", refusal: rejected(known, plainLine(message)) };
}

/** The words of one worker during one run. */
export class SandboxWords {
  private readonly limits: RunLimits;
  private words: number;
  private outputLeft: number;

  constructor(limits: RunLimits) {
    this.limits = limits;
    this.outputLeft = limits.outputBytes;
    const longestMs = limits.wallMs + deadlineGraceMs;
    // Full batches, those that time cut short, how far it is, and the end.
    this.words =
      mostBatches(limits.outputBytes) + Math.ceil(longestMs / outputBatchMs) + Math.ceil(longestMs / progressMs) + 2;
  }

  /** Checks the next word. */
  read(word: unknown): CheckedWord {
    if (this.words-- <= 0) return wrong("it sent too many messages");
    if (!isFields(word)) return wrong("it sent something that is no message");
    if (word["type"] === "output") return this.output(word);
    if (word["type"] === "progress") return this.progress(word);
    if (word["type"] === "refused") return refused(word);
    if (word["type"] === "end") return this.end(word);
    return wrong("it sent an unknown message");
  }

  private output({ batch }: Fields): CheckedWord {
    const bytes = bytesOf(batch, outputBatchBytes);
    const pieces = bytes === null ? null : readBatch(bytes);
    if (pieces === null) return wrong("it sent output of no known form");
    for (const piece of pieces) this.outputLeft -= piece.bytes.length;
    return this.outputLeft < 0 ? wrong("it wrote more than it may") : { type: "output", pieces: fewPieces(pieces) };
  }

  private progress({ fuelUsed }: Fields): CheckedWord {
    return isCount(fuelUsed, this.limits.fuel) ? { type: "progress", fuelUsed } : wrong("it took more than it may");
  }

  private end({ end, fuelUsed, memoryPeakPages, files }: Fields): CheckedWord {
    const ended = endOf(end);
    const left = filesOf(files, this.limits.fileBytes);
    if (ended === null || left === null) return wrong("it ended in an unknown way");
    if (!isCount(fuelUsed, this.limits.fuel) || !isCount(memoryPeakPages, this.limits.memoryPages)) {
      return wrong("it took more than it may");
    }
    return { type: "end", result: { end: ended, files: left, fuelUsed, memoryPeakPages } };
  }
}
