import { describe, expect, it } from "vitest";
import {
  bodyOf,
  coin,
  firstRewardNano,
  namesOf,
  signed,
  type TestKey,
  TestLedger,
  testKey,
  testParameters,
} from "../../testing/ledger-fixtures.ts";
import { segmentFor } from "../consensus/proof-of-compute.ts";
import { applyBlock, readAmount, rewardId } from "../ledger/apply.ts";
import { type Command, commitCommand } from "../ledger/command.ts";
import { outputFromState } from "../ledger/overlay.ts";
import type { PreparedTransaction } from "../ledger/prepared.ts";
import type { OutPoint } from "../ledger/transaction.ts";
import { nanoPerAeth } from "../parameters.ts";
import { assemble } from "../proofs/machine/assembler.ts";
import {
  proofEscrowKey,
  provedSegments,
  queuedJobs,
  readProofJob,
  readProofQueue,
  segmentPriceNano,
} from "./proof-queue.ts";

const alice = testKey(1);
const feeNano = 100_000n;
const segmentFeeNano = testParameters.proofs.leastSegmentFeeNano;

/** Counts down from its input: about three steps a round. */
const countdown = assembled("lw r1, 0(r0)\n li r2, 1\nloop: sub r1, r1, r2\n bne r1, r0, loop\n sw r1, 1(r0)\n halt");

function assembled(source: string): readonly number[] {
  const result = assemble(source);
  if (!result.ok) throw new Error(result.message);
  return [...result.value.program.subarray(0, result.value.length)];
}

function post(
  from: TestKey,
  input: OutPoint,
  holdsNano: bigint,
  changes: Partial<Extract<Command, { type: "proof.post" }>> = {},
): PreparedTransaction {
  const command: Command = {
    type: "proof.post",
    program: countdown,
    input: [60],
    segments: 2,
    segmentFeeNano,
    ...changes,
  };
  const lockedNano = command.type === "proof.post" ? command.segmentFeeNano * BigInt(command.segments) : 0n;
  return signed(
    bodyOf({
      inputs: [input],
      outputs: [coin(holdsNano - feeNano - lockedNano, from.lock)],
      command,
      commitment: commitCommand(command),
      feeNano,
    }),
    from,
  );
}

function funded(): { ledger: TestLedger; reward: OutPoint } {
  const ledger = new TestLedger();
  return { ledger, reward: ledger.mine(alice) };
}

/** Pays for a place in an almost full queue. */
const full = { segmentFeeNano: segmentPriceNano(queuedJobs - 1, testParameters) };

describe("jobs to be proved", () => {
  it("are queued with their price in escrow, proved one segment a block, and paid for", () => {
    const { ledger, reward } = funded();
    const job = post(alice, reward, firstRewardNano);
    ledger.mine(alice, [job]);
    expect(readProofQueue(ledger.state)).toHaveLength(1);
    expect(readProofJob(ledger.state, job.id)?.input).toEqual([60]);
    expect(readAmount(ledger.state.get(proofEscrowKey))).toBe(2n * segmentFeeNano);

    const first = ledger.mine(alice);
    const [line] = readProofQueue(ledger.state);
    expect(line && provedSegments(line).filter(Boolean)).toHaveLength(1);
    expect(readAmount(ledger.state.get(proofEscrowKey))).toBe(segmentFeeNano);
    expect(outputFromState(ledger.state, first)?.output.amount).toBe(firstRewardNano + segmentFeeNano);

    ledger.mine(alice);
    expect(readProofQueue(ledger.state)).toEqual([]);
    expect(readProofJob(ledger.state, job.id)).toBeNull();
    expect(ledger.state.get(proofEscrowKey)).toBeUndefined();
    const after = ledger.mine(alice);
    expect(outputFromState(ledger.state, after)?.output.amount).toBe(firstRewardNano);
  });

  it("come back exactly when their blocks are undone", () => {
    const { ledger, reward } = funded();
    ledger.mine(alice, [post(alice, reward, firstRewardNano)]);
    const before = ledger.state;
    const { block } = ledger.build(alice);
    const applied = applyBlock(before, block, ledger.context);
    if (!applied.ok) throw new Error(applied.message);
    expect(applied.value.state.root()).not.toEqual(before.root());
    expect(applied.value.state.undoChanges(applied.value.changes).root()).toEqual(before.root());
  });

  it("are drawn from the parent's state, never from the block's own transactions", () => {
    const { ledger, reward } = funded();
    const { block } = ledger.build(alice, [post(alice, reward, firstRewardNano)]);
    const applied = applyBlock(ledger.state, block, ledger.context);
    expect(applied.ok && applied.value.claim.segment.jobId).toBeNull();
  });

  it.each([
    ["too little pay", { segmentFeeNano: segmentFeeNano - 1n }, "fee-too-low"],
    ["a program that does not halt in time", { input: [100_000] }, "does-not-halt"],
    ["more segments than the program needs", { segments: 3 }, "rule-violated"],
    ["a program without instructions", { program: [] }, "too-many"],
    ["a word that is no instruction", { program: [2 ** 29] }, "out-of-range"],
  ])("are refused with %s", (_name, changes, code) => {
    const { ledger, reward } = funded();
    const { body } = ledger.build(alice, [post(alice, reward, firstRewardNano, changes)]);
    expect(body.skipped.map(({ refusal }) => refusal.code)).toEqual([code]);
  });

  it.each([
    ["the largest pay for one segment", { segmentFeeNano: 2n ** 64n - 1n, input: [1], segments: 1 }],
    ["a total that no 64 bits hold", { segmentFeeNano: 2n ** 63n }],
  ])("are refused, not thrown, with %s", (_name, changes) => {
    const { ledger, reward } = funded();
    const before = ledger.mine(alice, [post(alice, reward, firstRewardNano)]);
    const job = { program: countdown, input: [60], segments: 2, ...changes };
    const command: Command = { type: "proof.post", ...job };
    const outputs = [coin(1n, alice.lock)];
    const rich = signed(
      bodyOf({ inputs: [before], outputs, command, commitment: commitCommand(command), feeNano }),
      alice,
    );
    expect(ledger.build(alice, [rich]).body.skipped.map(({ refusal }) => refusal.code)).toEqual(["not-balanced"]);
  });

  it("must lock what they pay: coins are conserved", () => {
    const { ledger, reward } = funded();
    const command: Command = { type: "proof.post", program: countdown, input: [60], segments: 2, segmentFeeNano };
    const greedy = signed(
      bodyOf({
        inputs: [reward],
        outputs: [coin(firstRewardNano - feeNano, alice.lock)],
        command,
        commitment: commitCommand(command),
        feeNano,
      }),
      alice,
    );
    expect(ledger.build(alice, [greedy]).body.skipped.map(({ refusal }) => refusal.code)).toEqual(["not-balanced"]);
  });

  it("pay the more the more of them wait, so that nobody takes all places for little", () => {
    const { ledger } = funded();
    const rewards = Array.from({ length: 9 }, () => ledger.mine(alice));
    const posts = rewards.map((input) => post(alice, input, firstRewardNano));
    expect(ledger.build(alice, posts).body.skipped.map(({ refusal }) => refusal)).toMatchObject([
      { code: "fee-too-low", context: { leastNano: 2n * segmentFeeNano } },
    ]);
    const all = Array.from({ length: queuedJobs }, (_, waiting) => segmentPriceNano(waiting, testParameters));
    expect(all.at(-1)).toBe(128n * segmentFeeNano);
    expect(all.reduce((sum, price) => sum + 64n * price, 0n)).toBeGreaterThan(130n * nanoPerAeth);
  });

  it("wait for a place when the queue is full", () => {
    const { ledger } = funded();
    const rewards = Array.from({ length: queuedJobs + 1 }, () => ledger.mine(alice));
    const posts = rewards.map((input) => post(alice, input, firstRewardNano, full));
    const { body } = ledger.build(alice, posts);
    expect(body.transactions).toHaveLength(queuedJobs);
    expect(body.skipped.map(({ refusal }) => refusal.code)).toEqual(["queue-full"]);
  });

  it("are not even run while the queue is full", () => {
    const { ledger } = funded();
    const rewards = Array.from({ length: queuedJobs + 1 }, () => ledger.mine(alice));
    const posts = rewards.map((input) => post(alice, input, firstRewardNano, full));
    const endless = post(alice, rewards[queuedJobs] as OutPoint, firstRewardNano, { ...full, input: [100_000] });
    const { body } = ledger.build(alice, [...posts.slice(0, queuedJobs), endless]);
    expect(body.skipped.map(({ refusal }) => refusal.code)).toEqual(["queue-full"]);
  });
});

describe("a block's work", () => {
  it("is bound to proposer and parent: nobody else is assigned the same", () => {
    const { ledger } = funded();
    const place = {
      parent: new Uint8Array(32).fill(7),
      proposer: { keyHash: alice.keyHash, beaconKey: alice.keyHash },
    };
    const own = segmentFor(ledger.state, place);
    const others = [
      { ...place, parent: new Uint8Array(32).fill(8) },
      { ...place, proposer: { ...place.proposer, keyHash: testKey(2).keyHash } },
      { ...place, proposer: { ...place.proposer, beaconKey: testKey(2).keyHash } },
    ];
    for (const other of others) {
      const theirs = segmentFor(ledger.state, other);
      expect(theirs.seed).not.toEqual(own.seed);
      expect(theirs.segment.state.memory).not.toEqual(own.segment.state.memory);
    }
  });

  it.each([
    ["no work", () => null],
    ["another proof", (work: { proof: Uint8Array; sample: Uint8Array }) => ({ ...work, proof: Uint8Array.of(2) })],
    [
      "another sample",
      (work: { proof: Uint8Array; sample: Uint8Array }) => ({ ...work, sample: work.sample.slice(1) }),
    ],
  ])("must be the one the header names: %s", (_name, change) => {
    const { ledger } = funded();
    const { block } = ledger.build(alice);
    if (block.work === null) throw new Error("no work");
    const applied = applyBlock(ledger.state, { ...block, work: change(block.work) }, ledger.context);
    expect(applied.ok ? "accepted" : applied.code).toBe("wrong-work");
  });

  it("holds a sample at or below the bar of its own instance", () => {
    const { ledger } = funded();
    const { block } = ledger.build(alice);
    const strict = { ...ledger.context, parameters: { ...testParameters, energy: { bar: -332, draws: 16 } } };
    const applied = applyBlock(ledger.state, block, strict);
    expect(applied.ok ? "accepted" : applied.code).toBe("bad-sample");
    const garbage = { proof: Uint8Array.of(1), sample: Uint8Array.of(0) };
    const broken = { ...block, work: garbage, header: { ...block.header, ...namesOf(garbage) } };
    expect(applyBlock(ledger.state, broken, ledger.context).ok).toBe(false);
  });

  it("pays its prover under the reward's own id", () => {
    const { ledger } = funded();
    const { block } = ledger.build(alice);
    expect(ledger.mine(alice)).toEqual({ txId: rewardId(block.header.parent, block.header.height), index: 0 });
  });
});
