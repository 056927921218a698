/**
 * Everything a run depends on besides program and limits, in one encoding: its digest stands on the ledger, and where
 * the input is public its bytes do, so that anybody can run the program again.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";
import { byteString, bytes32, decode, encode, list, record, type Schema, text, unsigned } from "../codec/schema.ts";
import type { Result } from "../result.ts";

/** Bounds of an input. */
export const processInputLimits = {
  /** Of all of it: what a tab can hash and hold while a program runs. */
  bytes: 67_108_864,
  arguments: 1_024,
  variables: 1_024,
  files: 4_096,
  /** Of one argument, name or value. */
  textBytes: 65_536,
  pathBytes: 1_024,
} as const;

/** What a run is given. */
export interface ProcessInput {
  readonly arguments: readonly string[];
  readonly environment: readonly (readonly [name: string, value: string])[];
  readonly input: Uint8Array;
  readonly files: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  /** What its clock says, Unix time in milliseconds. */
  readonly timeMs: number;
  /** 32 bytes from which its random bytes are drawn. */
  readonly seed: Uint8Array;
}

const wordSchema = text(processInputLimits.textBytes);

const variableSchema: Schema<readonly [name: string, value: string]> = {
  write: (writer, [name, value]) => {
    writer.arrayHead(2);
    wordSchema.write(writer, name);
    wordSchema.write(writer, value);
  },
  read: (reader) => {
    reader.arrayLength(2, 2);
    return [wordSchema.read(reader), wordSchema.read(reader)];
  },
};

const processInputSchema: Schema<ProcessInput> = record<ProcessInput>({
  arguments: list(wordSchema, processInputLimits.arguments),
  environment: list(variableSchema, processInputLimits.variables),
  input: byteString(0, processInputLimits.bytes),
  files: list(
    record<ProcessInput["files"][number]>({
      path: text(processInputLimits.pathBytes),
      bytes: byteString(0, processInputLimits.bytes),
    }),
    processInputLimits.files,
  ),
  timeMs: unsigned(),
  seed: bytes32,
});

/** Canonical bytes of an input. */
export function encodeProcessInput(input: ProcessInput): Uint8Array {
  return encode(processInputSchema, input);
}

/** Strictly decodes an input from anywhere. */
export function decodeProcessInput(bytes: Uint8Array): Result<ProcessInput> {
  return decode(processInputSchema, bytes, processInputLimits.bytes);
}

/** What stands for an encoded input on the ledger. */
export function processInputDigest(encoded: Uint8Array): Uint8Array {
  return taggedHash("aether/process-input/1", encoded);
}
