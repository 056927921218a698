/** Starting and cancelling proofs, with a thread in this process: what goes on inside is prover.test.ts's. */
import { describe, expect, it } from "vitest";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { assignSegment, segmentStatement, segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { accepted } from "#protocol/result.ts";
import { serve } from "#sdk/rpc.ts";
import type { ComputeThread } from "./pool-worker.ts";
import { createSegmentProver } from "./prover.ts";

/** A thread that proves at once, or never. */
function thread(answers: boolean): ComputeThread {
  const { port1, port2 } = new MessageChannel();
  const proof = answers ? Promise.resolve(accepted(new Uint8Array(128))) : new Promise(() => undefined);
  const port = (end: MessagePort) => end as unknown as ComputeThread["port"];
  serve(port(port2), { proveSegment: () => proof });
  return { port: port(port1), onDeath: () => undefined, end: () => port1.close() };
}

const seed = new Uint8Array(32);

describe("a prover", () => {
  const start = (prover: ReturnType<typeof createSegmentProver>) => {
    const segment = assignSegment(seed, []);
    return prover.start(segmentStatement(segment, seed, seed, poseidon), segmentWitness(segment), () => undefined);
  };

  it("for which no thread can be started says so, and works once there is one", async () => {
    let room = false;
    const prover = createSegmentProver(() => {
      if (!room) throw new Error("no room");
      return thread(true);
    });
    expect(await start(prover).result).toMatchObject({ ok: false, code: "out-of-memory" });
    room = true;
    expect((await start(prover).result).ok).toBe(true);
  });

  it("is free at the very moment it is cancelled", async () => {
    let answers = false;
    const prover = createSegmentProver(() => thread(answers));
    const first = start(prover);
    expect(await start(prover).result).toMatchObject({ ok: false, code: "rate-limited" });
    first.cancel();
    answers = true;
    const second = start(prover);
    expect(await first.result).toMatchObject({ ok: false, code: "cancelled" });
    // The end of the first must not free what the second has taken.
    expect(await start(prover).result).toMatchObject({ ok: false, code: "rate-limited" });
    expect((await second.result).ok).toBe(true);
  });
});
