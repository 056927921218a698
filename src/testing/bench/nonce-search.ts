/**
 * The nonce search on one thread.
 * @module
 */
import { createSHA256 } from "hash-wasm";
import { bigEndian } from "#protocol/codec/bytes.ts";
import { createSha256Kernel, type Sha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { atLeastTimes, type Contender, compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const kernelNonces = 1 << 20;
const rivalNonces = 1 << 17;

/** Both kernels against hash-wasm hashing 72 bytes, and against hash-wasm from its midstate. */
export async function measureNonceSearch(): Promise<MeasuredRow[]> {
  const preimage = new Uint8Array(64).fill(5);
  const impossible = new Uint8Array(32);
  const [simd, scalar] = [await createSha256Kernel("simd"), await createSha256Kernel("scalar")];
  const hasher = await createSHA256();
  const midstate = hasher.init().update(preimage).save();
  const search =
    (kernel: Sha256Kernel): Contender =>
    () => {
      if (kernel.search(preimage, impossible, 0n, kernelNonces) !== null) throw new Error("a wrong answer");
      return kernelNonces;
    };
  const rivalSearch =
    (hash: (nonce: Uint8Array) => Uint8Array): Contender =>
    () => {
      const nonce = new Uint8Array(8);
      const view = new DataView(nonce.buffer);
      for (let i = 0; i < rivalNonces; i++) {
        view.setUint32(4, i);
        // The same rough test as the kernel's: the front of the hash.
        const front = hash(nonce);
        if (front[0] === 0 && front[1] === 0 && front[2] === 0 && front[3] === 0 && front[4] === 0)
          throw new Error("a wrong answer");
      }
      return rivalNonces;
    };
  const message = new Uint8Array(72);
  message.set(preimage);
  const rates = await medianRates({
    simd: search(simd),
    scalar: search(scalar),
    whole: rivalSearch((nonce) => {
      message.set(nonce, 64);
      return hasher.init().update(message).digest("binary");
    }),
    midstate: rivalSearch((nonce) => hasher.load(midstate).update(nonce).digest("binary")),
  });
  // The stronger of the two loops is the rival.
  const rival =
    rates.whole > rates.midstate
      ? { name: "hash-wasm loop", value: rates.whole }
      : { name: "hash-wasm loop from its midstate", value: rates.midstate };
  const row = {
    unit: "hashes/s",
    goals: atLeastTimes(1.5),
    method: `one thread, a target nobody meets; ${medianOfRounds}`,
  };
  const known = simd.search(preimage, bigEndian((1n << 240n) - 1n, 32), 0n, kernelNonces);
  if (known !== scalar.search(preimage, bigEndian((1n << 240n) - 1n, 32), 0n, kernelNonces))
    throw new Error("the two builds of the kernel disagree");
  return [
    compared({ ...row, name: "nonce search, SIMD kernel" }, rates.simd, rival),
    compared({ ...row, name: "nonce search, scalar kernel" }, rates.scalar, rival),
  ];
}
