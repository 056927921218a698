/**
 * Our keys and proofs in the forms of snarkjs, the reference that differential tests and benchmarks run against.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Curve, type Group, sizes } from "#platform/wasm/groth16/curve.ts";
import { fromBigEndian } from "#protocol/codec/bytes.ts";
import { type ProofClaim, splitProof, type VerificationKey } from "#protocol/proofs/groth16.ts";

/** A proof in the form of snarkjs: points as decimal strings, projective. */
export interface SnarkProof {
  readonly pi_a: readonly string[];
  readonly pi_b: readonly (readonly string[])[];
  readonly pi_c: readonly string[];
  readonly protocol: "groth16";
  readonly curve: "bn128";
}

/** Coordinates of a compressed point: two numbers in G1, four in G2 (imaginary parts first). */
function coordinates(curve: Curve, group: Group, compressed: Uint8Array): bigint[] {
  const bytes = group === "g1" ? sizes.g1 : sizes.g2;
  const mark = curve.mark();
  const affine = curve.decompress(group, compressed);
  if (affine === null) throw new Error("not a point");
  const plain = curve.take(bytes);
  curve.call(`${group}m_LEMtoU`, affine, plain);
  const values = Array.from({ length: bytes / 32 }, (_, i) => fromBigEndian(curve.view(plain + 32 * i, 32).slice()));
  curve.release(mark);
  return values;
}

function inG1(curve: Curve, compressed: Uint8Array): string[] {
  return [...coordinates(curve, "g1", compressed).map(String), "1"];
}

function inG2(curve: Curve, compressed: Uint8Array): string[][] {
  const [x1, x0, y1, y0] = coordinates(curve, "g2", compressed).map(String) as [string, string, string, string];
  return [
    [x0, x1],
    [y0, y1],
    ["1", "0"],
  ];
}

/** A verification key as snarkjs takes it. */
export function snarkKey(curve: Curve, key: VerificationKey): object {
  return {
    protocol: "groth16",
    curve: "bn128",
    nPublic: key.inputs.length - 1,
    vk_alpha_1: inG1(curve, key.alpha),
    vk_beta_2: inG2(curve, key.beta),
    vk_gamma_2: inG2(curve, key.gamma),
    vk_delta_2: inG2(curve, key.delta),
    IC: key.inputs.map((input) => inG1(curve, input)),
  };
}

/** A proof as snarkjs takes it. */
export function snarkProof(curve: Curve, proof: Uint8Array): SnarkProof {
  const { a, b, c } = splitProof(proof);
  return { pi_a: inG1(curve, a), pi_b: inG2(curve, b), pi_c: inG1(curve, c), protocol: "groth16", curve: "bn128" };
}

/** A proof that snarkjs is asked about. */
export interface SnarkQuestion {
  readonly key: object;
  readonly signals: readonly string[];
  readonly proof: SnarkProof;
}

/** What snarkjs is asked to do. */
export interface SnarkRequest {
  readonly verify?: readonly SnarkQuestion[];
  readonly prove?: {
    readonly key: string;
    readonly witness: string;
    readonly rounds: number;
    readonly verificationKey: object;
    readonly options?: { readonly singleThread: boolean };
  };
}

/** What it answered: for each proof whether it is good and how long it took. */
export interface SnarkAnswer {
  readonly answers: readonly {
    readonly good: boolean;
    readonly ms: number;
    /** Time of all its threads together; of proofs only. */
    readonly processorMs?: number;
  }[];
  /** Most memory its process had at a time. */
  readonly peakBytes: number;
}

/** Runs snarkjs in a process of its own. */
export function askSnarkjs(request: SnarkRequest): SnarkAnswer {
  const script = fileURLToPath(new URL("snarkjs-child.mjs", import.meta.url));
  const child = spawnSync(process.execPath, [script], {
    input: JSON.stringify(request),
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return JSON.parse(child.stdout) as SnarkAnswer;
}

/** Whether snarkjs accepts each claim. */
export function snarkVerdicts(curve: Curve, key: VerificationKey, claims: readonly ProofClaim[]): readonly boolean[] {
  const form = snarkKey(curve, key);
  const verify = claims.map(({ proof, publicSignals }) => ({
    key: form,
    signals: publicSignals.map(String),
    proof: snarkProof(curve, proof),
  }));
  return askSnarkjs({ verify }).answers.map((answer) => answer.good);
}
