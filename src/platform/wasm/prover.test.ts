import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import type { WorkerOptions } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ProvingProgress } from "#node/ports.ts";
import { circuits } from "#protocol/proofs/circuits.generated.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { assignSegment, proofSeed, segmentStatement, segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { publicSignals } from "#protocol/proofs/step-statement.ts";
import { buildComputeThread } from "../../testing/compute-thread-build.ts";
import type { NodeBundle } from "../../testing/node-bundle.ts";
import { must } from "../../testing/step-fixtures.ts";
import { startComputeThread } from "../node/compute-threads.ts";
import { createStepProofVerifier } from "./lazy-proof-verifier.ts";
import type { ComputeThread } from "./pool-worker.ts";
import { createSegmentProver } from "./prover.ts";
import { SettableShare } from "./work-pace.ts";

const published = fileURLToPath(new URL("../../../public/circuits", import.meta.url));
const proposer = new Uint8Array(33).fill(2);
const seed = proofSeed(new Uint8Array(32).fill(4), proposer);
const segment = assignSegment(seed, []);
const statement = segmentStatement(segment, proposer, seed, poseidon);
const witness = segmentWitness(segment);

const verifier = createStepProofVerifier();

/** Most pages an engine gives a memory. */
const wasmPages = 65_536;

let built: NodeBundle;
let kept: string;

beforeAll(async () => {
  built = await buildComputeThread("prover-thread");
  kept = mkdtempSync(join(tmpdir(), "aether-circuits-"));
});
afterAll(() => {
  for (const folder of [built.directory, kept]) rmSync(folder, { recursive: true, force: true });
});

/** Real threads of the seed, as they ship. */
function spawn(folder: string = published, options: WorkerOptions = {}): ComputeThread {
  return startComputeThread(built.script, {
    ...options,
    workerData: { publishedFolder: folder, keptFolder: kept },
  });
}

/** Starts a proof and collects the stages it goes through. */
function start(
  prover: ReturnType<typeof createSegmentProver>,
  onProgress: (progress: ProvingProgress) => void = () => undefined,
) {
  const stages = new Set<string>();
  const job = prover.start(statement, witness, (progress) => {
    stages.add(progress.stage);
    expect(progress.share).toBeGreaterThanOrEqual(0);
    expect(progress.share).toBeLessThanOrEqual(1);
    onProgress(progress);
  });
  return { ...job, stages };
}

async function expectGood(proof: Uint8Array): Promise<void> {
  const claim = { proof, publicSignals: publicSignals(statement) };
  expect(await verifier.verifyBatch([claim], new Uint8Array(16).fill(7))).toEqual([{ ok: true, value: true }]);
}

describe("the prover", () => {
  it("proves on a thread, keeps the expanded key, and expands it once", async () => {
    const prover = createSegmentProver(() => spawn());
    const first = start(prover);
    expect(await start(prover).result).toMatchObject({ ok: false, code: "rate-limited" });
    await expectGood(must(await first.result));
    expect([...first.stages]).toEqual(["load", "expand", "witness", "prove"]);
    expect(readdirSync(kept).sort()).toEqual(
      [`${circuits.step.expandedKey.sha256}.key`, `${circuits.step.witnessFile.sha256}.witness`].sort(),
    );
    const second = start(prover);
    await expectGood(must(await second.result));
    expect([...second.stages]).toEqual(["load", "witness", "prove"]);
  });

  it("waits while its share is nothing, goes on when it may, and is stopped while it waits", async () => {
    const share = new SettableShare();
    const prover = createSegmentProver(() => spawn(), share);
    // From the start: taken away on the way, it could come behind the last moment at which the thread looks.
    share.set(0);
    const first = start(prover);
    let done = false;
    void first.result.then(() => {
      done = true;
    });
    while (first.stages.size === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    // Nothing is expected to happen, so there is nothing to wait for: about as long as the rest would have taken.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect(done).toBe(false);
    share.set(0.5);
    await expectGood(must(await first.result));
    share.set(0);
    const second = start(prover);
    second.cancel();
    expect(await second.result).toMatchObject({ ok: false, code: "cancelled" });
  });

  it("is stopped at any stage, and the next proof is as good", async () => {
    for (const stage of ["load", "witness", "prove"]) {
      const prover = createSegmentProver(() => spawn());
      const job = start(prover, (progress) => {
        if (progress.stage === stage) job.cancel();
      });
      expect(await job.result).toMatchObject({ ok: false, code: "cancelled" });
      const again = start(prover);
      await expectGood(must(await again.result));
    }
  });

  it("loses nothing but time when its thread is killed or runs out of memory", async () => {
    let thread: ComputeThread | null = null;
    const prover = createSegmentProver(() => {
      thread = spawn();
      return thread;
    });
    const killed = start(prover, ({ stage }) => {
      if (stage === "prove") thread?.end();
    });
    expect(await killed.result).toMatchObject({ ok: false, code: "out-of-memory" });
    await expectGood(must(await start(prover).result));
    const poor = createSegmentProver(() => spawn(published, { resourceLimits: { maxOldGenerationSizeMb: 6 } }));
    expect(await start(poor).result).toMatchObject({
      ok: false,
      code: "out-of-memory",
      context: { reason: expect.stringContaining("memory limit") },
    });
  });

  it("ends in a refusal wherever its memory can grow no more, and proves when it can", async () => {
    const prover = createSegmentProver(() => spawn());
    const failedIn = new Set<string>();
    try {
      // Too little to start with, then for the quotient.
      for (const pages of [64, 100]) {
        setFlagsFromString(`--wasm-max-mem-pages=${pages}`);
        const poor = start(prover);
        expect(await poor.result).toMatchObject({
          ok: false,
          code: "out-of-memory",
          message: expect.stringMatching(/RangeError: .*[Mm]emory/),
        });
        failedIn.add([...poor.stages].at(-1) ?? "start");
      }
    } finally {
      setFlagsFromString(`--wasm-max-mem-pages=${wasmPages}`);
    }
    expect([...failedIn]).toEqual(["start", "prove"]);
    await expectGood(must(await start(prover).result));
  });

  it("refuses files that are not the pinned ones, and mends kept ones that are damaged", async () => {
    const name = `${circuits.step.expandedKey.sha256}.key`;
    const whole = readFileSync(join(kept, name));
    writeFileSync(
      join(kept, name),
      Uint8Array.from(whole, (byte, i) => (i === 5_000_000 ? byte ^ 1 : byte)),
    );
    const mended = start(createSegmentProver(() => spawn()));
    await expectGood(must(await mended.result));
    expect([...mended.stages]).toContain("expand");
    expect(readFileSync(join(kept, name)).equals(whole)).toBe(true);

    rmSync(join(kept, name));
    const foreign = mkdtempSync(join(tmpdir(), "aether-foreign-"));
    cpSync(published, foreign, { recursive: true });
    writeFileSync(
      join(foreign, "step.proving-key.bin"),
      readFileSync(join(published, "step.proving-key.bin")).subarray(1),
    );
    const refused = await start(createSegmentProver(() => spawn(foreign))).result;
    expect(refused).toMatchObject({ ok: false, code: "storage-corrupt" });
    expect(await start(createSegmentProver(() => spawn(join(foreign, "nothing")))).result).toMatchObject({
      code: "not-found",
    });
    rmSync(foreign, { recursive: true, force: true });
    expect(readdirSync(kept)).toEqual([`${circuits.step.witnessFile.sha256}.witness`]);
    writeFileSync(join(kept, name), whole);
  });

  it("makes no proof of a false statement", async () => {
    const prover = createSegmentProver(() => spawn());
    const job = prover.start({ ...statement, after: 1n }, witness, () => undefined);
    expect(await job.result).toMatchObject({ ok: false, code: "bad-proof" });
  });
});
