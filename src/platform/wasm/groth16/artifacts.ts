/**
 * The files of a circuit, from download to use: every file is checked against its pinned SHA-256 whether it comes from the
 * network or from the device, and the expanded key is kept so that the work of expanding it is done once. A kept file that
 * is damaged is fetched again; a device that keeps nothing only costs time.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { InSteps } from "../work-pace.ts";
import { startDecompression } from "./decompression.ts";
import { expandingSteps, type KeyFile, readKeyFile, writeKeyFile } from "./proving-key.ts";

/** Where a platform gets files and keeps them. */
export interface CircuitFiles {
  /** Gets a published file; `onBytes` hears how many have arrived. Refused if it cannot be had. */
  fetch(name: string, onBytes: (bytes: number) => void): Promise<Result<Uint8Array<ArrayBuffer>>>;
  /** A kept file, or null. Failures of the device are null too. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Keeps a file and lets go of all that are not in `names`. A device that cannot keep it does nothing. */
  keep(name: string, bytes: Uint8Array<ArrayBuffer>, names: readonly string[]): Promise<void>;
}

/** What a prover needs of a circuit. */
export interface CircuitArtifacts {
  /** The expanded key. */
  readonly key: KeyFile;
  readonly witnessProgram: Uint8Array<ArrayBuffer>;
}

/** How far loading has come. */
export type LoadingProgress = (stage: "load" | "expand", share: number) => void;

interface Pin {
  readonly bytes: number;
  readonly sha256: string;
}

async function matches(bytes: Uint8Array<ArrayBuffer>, pin: Pin): Promise<boolean> {
  if (bytes.length !== pin.bytes) return false;
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))) === pin.sha256;
}

/** Undoes gzip of a file whose hash is pinned, so its size is known to be sane. */
async function gunzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function fetchPinned(
  files: CircuitFiles,
  name: string,
  pin: Pin,
  onBytes: (bytes: number) => void,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const fetched = await files.fetch(name, onBytes);
  if (!fetched.ok || (await matches(fetched.value, pin))) return fetched;
  return rejected(
    "storage-corrupt",
    `The file ${name} is not the one this version was built with. Nothing was kept of it; reload the app and try again.`,
    { name },
  );
}

/** Loads a circuit's files: kept ones if they are whole, else fresh ones, which are kept. `inSteps` sets the pace. */
export async function loadArtifacts(
  circuit: keyof typeof circuits,
  files: CircuitFiles,
  inSteps: InSteps,
  onProgress: LoadingProgress,
): Promise<Result<CircuitArtifacts>> {
  const pins = circuits[circuit];
  const keyName = `${pins.expandedKey.sha256}.key`;
  const witnessName = `${pins.witnessFile.sha256}.witness`;
  const names = [keyName, witnessName];
  onProgress("load", 0);

  let witnessFile = await files.read(witnessName);
  if (witnessFile === null || !(await matches(witnessFile, pins.witnessFile))) {
    const fetched = await fetchPinned(files, `${circuit}.witness.bin`, pins.witnessFile, () => undefined);
    if (!fetched.ok) return fetched;
    witnessFile = fetched.value;
    await files.keep(witnessName, witnessFile, names);
  }
  const witnessProgram = await gunzip(witnessFile);

  const kept = await files.read(keyName);
  if (kept !== null && (await matches(kept, pins.expandedKey))) {
    const key = readKeyFile(kept);
    onProgress("load", 1);
    return key.ok ? accepted({ key: key.value, witnessProgram }) : key;
  }
  const fetched = await fetchPinned(files, `${circuit}.proving-key.bin`, pins.keyFile, (bytes) =>
    onProgress("load", bytes / pins.keyFile.bytes),
  );
  if (!fetched.ok) return fetched;
  const compact = readKeyFile(await gunzip(fetched.value));
  if (!compact.ok) return compact;
  const steps = expandingSteps(await startDecompression(), compact.value);
  const key = await inSteps(steps, (share) => onProgress("expand", share));
  await files.keep(keyName, writeKeyFile(key), names);
  return accepted({ key, witnessProgram });
}
