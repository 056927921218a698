/**
 * BLS signatures: our kernel against `@noble/curves` alone, one thread each; certificates of many voters, whose keys both
 * have read before; and ECVRF.
 * @module
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { blsAggregateSignatures, blsPublicKey, blsSign, pureBlsVerifier } from "#protocol/crypto/bls.ts";
import { type BlsCheck, blsRandomnessBytes, blsTags, maximumBlsBatch } from "#protocol/crypto/bls-check.ts";
import { vrfProve, vrfPublicKey, vrfVerify } from "#protocol/crypto/vrf.ts";
import { elligatorVrf } from "#protocol/crypto/vrf-elligator.ts";
import { type BlsKernel, startBlsKernel } from "../../platform/wasm/bls/verifier.ts";
import { atLeastTimes, compared, type MeasuredRow, median, medianOfRounds, medianRates, sampled } from "./row.ts";

/** Checks in a turn of the kernel, and of the slow reference: its rate is what counts. */
const kernelChecks = 16;
const referenceChecks = 4;
const voters = 512;
const smallCommittee = 64;
const certificates = 20;
const rival = "@noble/curves";

const message = (i: number): Uint8Array => new Uint8Array(32).fill(i);

/** Small numbers as secrets: what a key is costs nothing, and voters are many. */
function secretOf(i: number): Uint8Array {
  const secret = new Uint8Array(32);
  new DataView(secret.buffer).setUint32(28, i + 1);
  secret[1] = 1;
  return secret;
}

function demand(good: boolean): void {
  if (!good) throw new Error("a wrong answer");
}

function verifyAll(kernel: BlsKernel, checks: readonly BlsCheck[]): void {
  const randomness = crypto.getRandomValues(new Uint8Array(checks.length * blsRandomnessBytes));
  demand(kernel.verify(checks, randomness).every(Boolean));
}

async function measureSingle(kernel: BlsKernel): Promise<MeasuredRow[]> {
  const checksOf = (different: boolean): BlsCheck[] =>
    Array.from({ length: maximumBlsBatch }, (_, i) => {
      const signed = message(different ? i : 0);
      return { publicKeys: [blsPublicKey(secretOf(i))], message: signed, signature: blsSign(secretOf(i), signed) };
    });
  const [different, same] = [checksOf(true), checksOf(false)];
  const signatures = same.map(({ signature }) => signature);
  const rates = await medianRates({
    single: () => {
      for (const check of different.slice(0, kernelChecks)) verifyAll(kernel, [check]);
      return kernelChecks;
    },
    different: () => {
      verifyAll(kernel, different);
      return different.length;
    },
    same: () => {
      verifyAll(kernel, same);
      return same.length;
    },
    noble: async () => {
      demand((await pureBlsVerifier.verifyBatch(different.slice(0, referenceChecks))).every(Boolean));
      return referenceChecks;
    },
    added: () => {
      demand(kernel.aggregate(signatures).ok);
      return signatures.length;
    },
    nobleAdded: () => {
      demand(blsAggregateSignatures(signatures.slice(0, 2 * referenceChecks)).ok);
      return 2 * referenceChecks;
    },
  });
  const row = { unit: "signatures/s", goals: atLeastTimes(4), method: `one thread; ${medianOfRounds}` };
  const noble = { name: rival, value: rates.noble };
  return [
    compared({ ...row, name: "BLS verify, one by one" }, rates.single, noble),
    compared({ ...row, name: `BLS verify, batch of ${maximumBlsBatch} messages` }, rates.different, noble),
    compared({ ...row, name: `BLS verify, batch of ${maximumBlsBatch} votes on one message` }, rates.same, noble),
    compared({ ...row, name: "BLS signatures read, checked and added up" }, rates.added, {
      name: rival,
      value: rates.nobleAdded,
    }),
  ];
}

/** Certificates of so many voters, each of a message of its own, and the time of each in milliseconds. */
function measureCertificates(kernel: BlsKernel, count: number): MeasuredRow {
  const secrets = Array.from({ length: count }, (_, i) => secretOf(i));
  const publicKeys = secrets.map(blsPublicKey);
  // The sum of all signatures is that of the sum of all secrets: signing so often would take longer than what is measured.
  const order = bls12_381.fields.Fr.ORDER;
  const sum = secrets.reduce((total, secret) => (total + bls12_381.fields.Fr.fromBytes(secret)) % order, 0n);
  const together = bls12_381.fields.Fr.toBytes(sum);
  const points = publicKeys.map((key) => bls12_381.G1.Point.fromBytes(key));
  const samples: number[] = [];
  const rivals: number[] = [];
  for (let i = 0; i <= certificates; i++) {
    const check = { publicKeys, message: message(i), signature: blsSign(together, message(i)) };
    const startedMs = performance.now();
    verifyAll(kernel, [check]);
    const tookMs = performance.now() - startedMs;
    // The first reads the keys.
    if (i > 0) samples.push(tookMs);
    if (i % 4 !== 1) continue;
    const rivalStartedMs = performance.now();
    const { longSignatures } = bls12_381;
    const key = points.reduce((total, point) => total.add(point));
    demand(longSignatures.verify(check.signature, longSignatures.hash(check.message, blsTags.message), key));
    rivals.push(performance.now() - rivalStartedMs);
  }
  const row = sampled(
    {
      name: `BLS certificate of ${count} voters checked, keys read before`,
      unit: "ms",
      goals: [{ of: "p95", atMost: 100 }],
      method: `one thread; ${certificates} certificates, the median and the p95; the rival has its keys read before as well`,
    },
    samples,
  );
  const noble = { name: rival, value: median(rivals) };
  return { ...row, rival: noble, ratio: row.value / noble.value };
}

async function measureVrf(): Promise<MeasuredRow[]> {
  const secret = message(7);
  const publicKey = vrfPublicKey(secret);
  const count = 16;
  const messages = Array.from({ length: count }, (_, i) => message(i));
  const suites = { TAI: { prove: vrfProve, verify: vrfVerify }, ELL2: elligatorVrf };
  const rows: MeasuredRow[] = [];
  for (const [name, vrf] of Object.entries(suites)) {
    const proofs = messages.map((signed) => vrf.prove(secret, signed));
    const rates = await medianRates({
      prove: () => messages.map((signed) => vrf.prove(secret, signed)).length,
      verify: () => {
        for (const [i, proof] of proofs.entries())
          demand(vrf.verify(publicKey, messages[i] as Uint8Array, proof) !== null);
        return count;
      },
    });
    const method = `@noble/curves, one thread, no rival; ${medianOfRounds}`;
    rows.push({ name: `ECVRF ${name} prove`, unit: "proofs/s", value: rates.prove, method });
    rows.push({ name: `ECVRF ${name} verify`, unit: "proofs/s", value: rates.verify, method });
  }
  return rows;
}

/** Rows for BLS signatures and ECVRF. */
export async function measureBls(): Promise<MeasuredRow[]> {
  const kernel = await startBlsKernel();
  return [
    ...(await measureSingle(kernel)),
    measureCertificates(kernel, smallCommittee),
    measureCertificates(kernel, voters),
    ...(await measureVrf()),
  ];
}
