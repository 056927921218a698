/**
 * What the owner of a process says became of it: self-attested, as nobody else ran it. Digests stand for bytes, which
 * stay with who may see them; whoever has the program and its input can run it again and compare.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";
import { DecodeFailure } from "../codec/reader.ts";
import { bytes32, record, type Schema, unsigned } from "../codec/schema.ts";
import { limits } from "../parameters.ts";

/** Ways in which a run can end, by their number on the wire. */
export const processExits = [
  "exit",
  "trap",
  "out-of-fuel",
  "out-of-stack",
  "too-much-output",
  "killed",
  "out-of-time",
  "node-fault",
] as const;

/** Those that are of the node, not of the program: elsewhere it may end otherwise. */
export const nodeExits: readonly ProcessExit["type"][] = ["killed", "out-of-time", "node-fault"];

/** How a process ended. */
export interface ProcessExit {
  readonly type: (typeof processExits)[number];
  /** The exit code; 0 where it did not come to one. */
  readonly code: number;
}

/** What is said of a run. */
export interface ProcessReceipt {
  readonly exit: ProcessExit;
  /** `processOutputDigest` of what it wrote to its output. */
  readonly outputDigest: Uint8Array;
  /** Units of the cost table. */
  readonly fuelUsed: number;
  /** Never below what was used. */
  readonly fuelLimit: number;
  readonly memoryPeakPages: number;
  /** The cap; never above the lease. */
  readonly memoryPages: number;
  /** Settings of the metering under which the figures hold. */
  readonly meteringDigest: Uint8Array;
}

const exitTypeSchema: Schema<ProcessExit["type"]> = {
  write: (writer, type) => writer.unsigned(processExits.indexOf(type)),
  read: (reader) => {
    const number = Number(reader.unsigned());
    const type = processExits[number];
    if (type === undefined) throw new DecodeFailure("out-of-range", `No process ends in way ${number}.`);
    return type;
  },
};

/** Most pages a linear memory can have. */
const mostPages = limits.leaseBytes / limits.memoryPageBytes;

/** Wire form of {@link ProcessReceipt}. */
export const processReceiptSchema: Schema<ProcessReceipt> = record<ProcessReceipt>({
  exit: record<ProcessExit>({ type: exitTypeSchema, code: unsigned(2 ** 32 - 1) }),
  outputDigest: bytes32,
  fuelUsed: unsigned(),
  fuelLimit: unsigned(),
  memoryPeakPages: unsigned(mostPages),
  memoryPages: unsigned(mostPages),
  meteringDigest: bytes32,
});

/** What stands for a process's output in its receipt. */
export function processOutputDigest(output: Uint8Array): Uint8Array {
  return taggedHash("aether/process-output/1", output);
}
