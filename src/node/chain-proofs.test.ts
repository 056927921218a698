/** The chain with real proofs: one is made, and everything done to it but leaving it alone makes its block refused. */
import { beforeAll, describe, expect, it } from "vitest";
import { segmentFor } from "#protocol/consensus/proof-of-compute.ts";
import { poseidon } from "#protocol/proofs/poseidon.ts";
import { segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { stepCircuitInput } from "#protocol/proofs/step-statement.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { prepareKey, prove, startProvingKernels } from "../platform/wasm/groth16/prove.ts";
import { expandKey, readKeyFile } from "../platform/wasm/groth16/proving-key.ts";
import { createStepProofVerifier } from "../platform/wasm/lazy-proof-verifier.ts";
import { BlockMaker, type MadeBlock } from "../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../testing/chain-fixtures.ts";
import { testKey, unprovedWork } from "../testing/ledger-fixtures.ts";
import { circuitFile, must, stepCalculator } from "../testing/step-fixtures.ts";
import { SegmentStatements } from "./segment-statements.ts";

const alice = testKey(1);
const bob = testKey(2);
const maker = new BlockMaker();
const statements = new SegmentStatements(poseidon);
const verifier = createStepProofVerifier();
let proof: Uint8Array;
let good: MadeBlock;

function withProof(parent: MadeBlock, bytes: Uint8Array, proposer = alice): MadeBlock {
  return maker.make(parent, [], proposer, {}, { ...unprovedWork, proof: bytes });
}

function openProvedChain() {
  const segmentVerifier = {
    verifyBatch: async (claims: Parameters<typeof verifier.verifyBatch>[0]) =>
      (await verifier.verifyBatch(claims, crypto.getRandomValues(new Uint8Array(16 * claims.length)))).map(
        ({ ok }) => ok,
      ),
  };
  return openChain(new MemoryStore(), undefined, null, undefined, { segmentVerifier, statements });
}

beforeAll(async () => {
  const place = maker.make(maker.genesis, [], alice).block.header;
  const claim = segmentFor(maker.genesis.state, place);
  const input = stepCircuitInput(statements.of(claim), segmentWitness(claim.segment));
  const witness = must((await stepCalculator()).calculate(input));
  const file = await expandKey(must(readKeyFile(circuitFile("step.proving-key.bin"))), () => undefined);
  const entropy = new Uint8Array(128).map((_, i) => i);
  proof = prove(await startProvingKernels(), prepareKey(file), witness, entropy, () => undefined);
  good = withProof(maker.genesis, proof);
});

describe("a block's proof", () => {
  it("is accepted where it was made for", async () => {
    const chain = await openProvedChain();
    expect(await feed(chain, [good])).toEqual({ ok: true, value: null });
    expect(chain.head.hash).toEqual(good.hash);
  });

  it.each([
    ["copied by another proposer", () => withProof(maker.genesis, proof, bob)],
    ["truncated", () => withProof(maker.genesis, proof.subarray(0, 127))],
    [
      "with one bit altered",
      () =>
        withProof(
          maker.genesis,
          proof.map((byte, i) => (i === 40 ? byte ^ 1 : byte)),
        ),
    ],
    ["with nothing in it", () => withProof(maker.genesis, new Uint8Array(128))],
  ])("is refused %s, and the good block after it is taken", async (_, made) => {
    const chain = await openProvedChain();
    expect(await chain.addBlock(made().block, lateMs)).toMatchObject({ ok: false, code: "bad-proof" });
    expect(chain.head.height).toBe(0);
    expect(await feed(chain, [good])).toEqual({ ok: true, value: null });
  });

  it("is refused when it is replayed on another parent by the same proposer", async () => {
    const chain = await openProvedChain();
    await feed(chain, [good]);
    const replayed = withProof(good, proof);
    expect(await chain.addBlock(replayed.block, lateMs)).toMatchObject({ ok: false, code: "bad-proof" });
    expect(chain.head.hash).toEqual(good.hash);
  });

  it("may not be left out, nor exchanged under the same header", async () => {
    const chain = await openProvedChain();
    await chain.addHeaders([good.block.header], lateMs);
    const exchanged = { ...unprovedWork, proof: Uint8Array.from(proof).reverse() };
    for (const work of [null, exchanged]) {
      expect(await chain.addBodies([{ ...good.block, work }])).toMatchObject({ ok: false, code: "wrong-work" });
    }
    expect(await chain.addBodies([good.block])).toEqual({ ok: true, value: null });
  });
});
