/**
 * Stands in for Groth16 and Poseidon in the simulator, where seconds a proof would make thousands of blocks impossible: a
 * "proof" is a hash over the statement's public signals. It is bound to the same statement as a real one, and worth nothing.
 * @module
 */
import { bigEndian, concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { fieldFromHash } from "#protocol/proofs/field.ts";
import type { Poseidon } from "#protocol/proofs/poseidon.ts";
import { publicSignals } from "#protocol/proofs/step-statement.ts";
import { accepted } from "#protocol/result.ts";
import type { Entropy, SegmentProver, SegmentVerifier } from "../node/ports.ts";
import { createEmulatedSampler } from "../platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../platform/wasm/sampler-kernel.ts";

function digest(elements: readonly bigint[]): Uint8Array {
  return sha256(concatBytes(...elements.map((element) => bigEndian(element, 32))));
}

/** A hash of field elements that takes microseconds. */
export const emulatedPoseidon: Poseidon = (inputs) => fieldFromHash(digest(inputs));

/** Proves at once. */
const emulatedProver: SegmentProver = {
  start: (statement) => ({
    result: Promise.resolve(accepted(digest(publicSignals(statement)))),
    cancel: () => undefined,
  }),
};

/** Accepts what {@link emulatedProver} makes, for the same statement only. */
const emulatedVerifier: SegmentVerifier = {
  verifyBatch: (claims) => Promise.resolve(claims.map((claim) => equalBytes(claim.proof, digest(claim.publicSignals)))),
};

/** Every run is annealed from scratch, so that nodes can share it. */
const kernel = await createSamplerKernel();

/** The ports that a simulated node makes and checks work with; the sampler is the real emulated unit. */
export function emulatedWork(entropy: Entropy) {
  return {
    segmentProver: emulatedProver,
    segmentVerifier: emulatedVerifier,
    poseidon: emulatedPoseidon,
    sampler: createEmulatedSampler({ kernel, entropy, pause: () => Promise.resolve() }),
  };
}

/** Accepts every proof: for tests of the chain whose blocks carry none. */
export const credulousVerifier: SegmentVerifier = {
  verifyBatch: (claims) => Promise.resolve(claims.map(() => true)),
};
