/**
 * How a checkpoint, a block that somebody is told to be final, is written in links, flags and commands: height and hash.
 * @module
 */
import { fromHex, toHex } from "../codec/bytes.ts";
import { accepted, type Result, rejected } from "../result.ts";
import type { FinalisedBlock } from "./finality.ts";

/** A checkpoint in words. */
export function checkpointText({ height, hash }: FinalisedBlock): string {
  return `${height}:${toHex(hash)}`;
}

/** Reads what {@link checkpointText} writes. */
export function readCheckpoint(text: string): Result<FinalisedBlock> {
  const [, height = "", name = ""] = /^(\d{1,15}):([0-9a-fA-F]{64})$/.exec(text) ?? [];
  const hash = fromHex(name);
  if (hash?.length !== 32 || Number(height) < 1) {
    return rejected("invalid-argument", `"${text}" is no checkpoint: it is a height, a colon and the block's hash.`);
  }
  return accepted({ height: Number(height), hash });
}
