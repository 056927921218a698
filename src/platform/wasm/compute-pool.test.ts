import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { bigEndian } from "#protocol/codec/bytes.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { type BlsCheck, maximumBlsBatch } from "#protocol/crypto/bls-check.ts";
import { vrfProve, vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { maximumProofBatch } from "#protocol/proofs/groth16.ts";
import { describeBlsVerifier } from "#testing/bls-contract.ts";
import { buildComputeThread } from "#testing/compute-thread-build.ts";
import type { NodeBundle } from "#testing/node-bundle.ts";
import { mixedBatch } from "#testing/signature-batch.ts";
import { describeSignatureVerifier } from "#testing/signature-contract.ts";
import { startComputeThread } from "../node/compute-threads.ts";
import { type ComputePool, type ComputePoolOptions, createComputePool } from "./compute-pool.ts";
import type { ComputeThread } from "./pool-worker.ts";

let built: NodeBundle;
let shared: ComputePool;
const opened: ComputePool[] = [];
const preimage = new Uint8Array(64).fill(9);
/** Nobody finds this. */
const impossible = new Uint8Array(32);
/** Found after some 2^20 tries: more than one slice. */
const hard = bigEndian((1n << 236n) - 1n, 32);

/** A pool over real threads of Node, and those threads. */
function open(threads: number, options: ComputePoolOptions = {}, script = built.script) {
  const started: ComputeThread[] = [];
  const spawn = (): ComputeThread => {
    const thread = startComputeThread(script);
    started.push(thread);
    return thread;
  };
  const pool = createComputePool(spawn, threads, () => performance.now(), options);
  opened.push(pool);
  return { pool, started };
}

/** Resolves when a thread's death has reached the pool. */
function deaths(count: number): { options: ComputePoolOptions; all: Promise<readonly string[]> } {
  const reasons: string[] = [];
  let resolve: (reasons: readonly string[]) => void = () => undefined;
  const all = new Promise<readonly string[]>((settle) => {
    resolve = settle;
  });
  const onThreadDeath = (reason: string, threadsLeft: number): void => {
    reasons.push(`${reason}; ${threadsLeft} left`);
    if (reasons.length === count) resolve(reasons);
  };
  return { options: { onThreadDeath }, all };
}

beforeAll(async () => {
  built = await buildComputeThread();
  shared = createComputePool(
    () => startComputeThread(built.script),
    2,
    () => performance.now(),
  );
});
afterEach(() => {
  for (const pool of opened.splice(0)) pool.close();
});
afterAll(() => {
  shared.close();
  rmSync(built.directory, { recursive: true });
});

describeSignatureVerifier("pool of Node threads", () => shared.signatureVerifier);
describeBlsVerifier("pool of Node threads", () => shared.blsVerifier);

describe("batches", () => {
  it("come back in order over many chunks, several batches at once", async () => {
    const { checks, expected } = mixedBatch(300);
    const first = shared.signatureVerifier.verifyBatch(checks);
    const second = shared.signatureVerifier.verifyBatch([...checks].reverse());
    expect(await first).toEqual(expected);
    expect(await second).toEqual([...expected].reverse());
  });

  it("of beacon proofs tell good from bad", async () => {
    const secret = new Uint8Array(32).fill(3);
    const checks = Array.from({ length: 12 }, (_, i) => {
      const message = Uint8Array.of(i);
      const proof = vrfProve(secret, message);
      return { publicKey: vrfPublicKey(secret), message: i % 4 === 1 ? Uint8Array.of(99) : message, proof };
    });
    expect(await shared.beaconVerifier.verifyBatch(checks)).toEqual(checks.map((_, i) => i % 4 !== 1));
  });

  it("of proofs may be longer than one equation takes, even with no thread left", async () => {
    const { pool } = open(0);
    const claims = Array.from({ length: maximumProofBatch + 1 }, () => ({
      proof: new Uint8Array(128),
      publicSignals: [1n, 2n, 3n, 4n],
    }));
    expect(await pool.segmentVerifier.verifyBatch(claims)).toEqual(claims.map(() => false));
  });

  it("of BLS signatures may be longer too", async () => {
    const { pool } = open(0);
    const check = { publicKeys: [new Uint8Array(48)], message: new Uint8Array(), signature: new Uint8Array(96) };
    const checks = new Array<BlsCheck>(maximumBlsBatch + 1).fill(check);
    expect(await pool.blsVerifier.verifyBatch(checks)).toEqual(checks.map(() => false));
  });

  it("are not held up by a search that runs on the same threads", async () => {
    const { pool } = open(1);
    const job = pool.nonceSearch.start(preimage, impossible, 0n);
    const { checks, expected } = mixedBatch(40);
    expect(await pool.signatureVerifier.verifyBatch(checks)).toEqual(expected);
    job.cancel();
    expect(await job.result).toBeNull();
  });

  it("are finished when one thread, then every thread, dies under them", async () => {
    const { checks, expected } = mixedBatch(300);
    const { options, all } = deaths(2);
    const { pool, started } = open(2, options);
    const batch = pool.signatureVerifier.verifyBatch(checks);
    started[0]?.end();
    expect(await batch).toEqual(expected);
    const another = pool.signatureVerifier.verifyBatch(checks);
    started[1]?.end();
    expect(await another).toEqual(expected);
    // The code tells only whether the thread had come up before it was ended.
    expect((await all).map((reason) => reason.replace(/code \d/, "code N"))).toEqual([
      "it ended with code N; 1 left",
      "it ended with code N; 0 left",
    ]);
    expect(await pool.signatureVerifier.verifyBatch(checks)).toEqual(expected);
  });

  it("are finished although the thread's script throws, and the process lives on", async () => {
    const { options, all } = deaths(1);
    const broken = new URL(`data:text/javascript,${encodeURIComponent('throw new Error("boom")')}`);
    const { pool } = open(1, options, broken);
    const { checks, expected } = mixedBatch(20);
    expect(await pool.signatureVerifier.verifyBatch(checks)).toEqual(expected);
    expect(await all).toEqual(["Error: boom; 0 left"]);
  });
});

describe("nonce search", () => {
  it("finds a nonce that meets the target", async () => {
    const nonce = await shared.nonceSearch.start(preimage, hard, 5n).result;
    expect(nonce === null ? null : meetsTarget(workHash(preimage, nonce), hard)).toBe(true);
  });

  it("ends without a nonce when cancelled, again and again", async () => {
    for (let i = 0; i < 5; i++) {
      const job = shared.nonceSearch.start(preimage, impossible, 0n);
      job.cancel();
      job.cancel();
      expect(await job.result).toBeNull();
    }
  });

  it("goes on when every thread dies", async () => {
    const { options, all } = deaths(1);
    const { pool, started } = open(1, options);
    const job = pool.nonceSearch.start(preimage, hard, 5n);
    started[0]?.end();
    await all;
    const nonce = await job.result;
    expect(nonce === null ? null : meetsTarget(workHash(preimage, nonce), hard)).toBe(true);
  });

  it("works without any thread", async () => {
    const { pool } = open(0);
    const nonce = await pool.nonceSearch.start(preimage, hard, 5n).result;
    expect(nonce === null ? null : meetsTarget(workHash(preimage, nonce), hard)).toBe(true);
  });

  it("ends with the pool, and does not start after it", async () => {
    const { pool } = open(1);
    const job = pool.nonceSearch.start(preimage, impossible, 0n);
    pool.close();
    expect(await job.result).toBeNull();
    expect(await pool.nonceSearch.start(preimage, hard, 0n).result).toBeNull();
    const { checks, expected } = mixedBatch(20);
    expect(await pool.signatureVerifier.verifyBatch(checks)).toEqual(expected);
  });
});
