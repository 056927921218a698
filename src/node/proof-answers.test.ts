/** What a node answers about jobs and receipts: true also where blocks are gone, branches were left or receipts invented. */
import { beforeAll, describe, expect, it } from "vitest";
import { type Header, headerHash } from "#protocol/consensus/header.ts";
import { claimOf, oracleHash } from "#protocol/consensus/proof-of-compute.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import { runToHalt } from "#protocol/proofs/machine/interpreter.ts";
import { initialState, programFromWords } from "#protocol/proofs/machine/program.ts";
import { decodeReceipt, encodeReceipt, type Receipt } from "#protocol/proofs/receipt.ts";
import { segmentStatement, segmentWitness } from "#protocol/proofs/segment-assignment.ts";
import { emulatedPoseidon, emulatedWork } from "#testing/emulated-proofs.ts";
import { jobPost, payment, testKey } from "#testing/ledger-fixtures.ts";
import { Random } from "#testing/random.ts";
import { type SimulatedNode, Simulation } from "#testing/simulator.ts";
import { must } from "#testing/step-fixtures.ts";
import { segmentPlaceKey } from "./chain-records.ts";

let simulation: Simulation;
let owner: SimulatedNode;
let job: PreparedTransaction;
let receipt: Receipt;

const { segmentProver } = emulatedWork(new Random(1));
const verdict = async (changed: Receipt) => owner.node.requests.verifyReceipt(encodeReceipt(changed));

beforeAll(async () => {
  simulation = new Simulation(17);
  owner = await simulation.add({ produce: true });
  const { chain, pool } = owner.node.running;
  await simulation.run(600_000, () => chain.coins.coinsOf(owner.key.keyHash).length > 0);
  const [held] = chain.coins.coinsOf(owner.key.keyHash);
  if (held === undefined) throw new Error("nothing was earned");
  job = jobPost(owner.key, held.outPoint, held.output.amount, { segments: 2 });
  must(await pool.add(job, null));
  expect(must(await owner.node.requests.proofJob(job.id))).toMatchObject({ proved: 0, standing: { state: "pending" } });
  const { height } = chain.head;
  await simulation.run(3_600_000, () => chain.head.height >= height + 4);
  owner.node.running.production.stop();
  receipt = must(decodeReceipt(must(await owner.node.requests.proofReceipt(job.id))));
});

describe("a proved job", () => {
  it("is told with its blocks, and its receipt stands on the chain", async () => {
    const view = must(await owner.node.requests.proofJob(job.id));
    expect(view).toMatchObject({ proved: 2, segments: 2 });
    expect(view.proofs.map(({ segment }) => segment)).toEqual([0, 1]);
    expect(must(await verdict(receipt))).toMatchObject({ sameNetwork: true, onChain: true });
  });

  it("is no transaction under the key of its segment", async () => {
    expect(await owner.node.requests.transaction(segmentPlaceKey(job.id, 0))).toMatchObject({ code: "not-found" });
  });

  it("stays proved where it is not known any more by which blocks, and nothing to come is promised", async () => {
    const keys = [0, 1].map((segment) => segmentPlaceKey(job.id, segment));
    const places = await owner.disk.getMany("transactions", keys);
    const write = (values: readonly (Uint8Array | undefined)[]) =>
      owner.disk.commit(keys.map((key, i) => ({ table: "transactions" as const, key, value: values[i] ?? null })));
    await write([]);
    expect(must(await owner.node.requests.proofJob(job.id))).toMatchObject({ proved: 2, proofs: [] });
    const refused = await owner.node.requests.proofReceipt(job.id);
    expect(refused).toMatchObject({ ok: false, code: "pruned" });
    expect(refused.ok ? "" : refused.message).not.toMatch(/blocks to come/);
    await write(places);
  });
});

describe("a job that was dropped", () => {
  it("is not unknown: its owner hears why", async () => {
    const { chain, pool } = owner.node.running;
    const [held] = chain.coins.coinsOf(owner.key.keyHash);
    if (held === undefined) throw new Error("nothing is left");
    const { outPoint, output } = held;
    const replaced = jobPost(owner.key, outPoint, output.amount);
    must(await pool.add(replaced, null));
    must(await pool.add(payment(owner.key, outPoint, output.amount, testKey(2).lock, 90_000_000n), null));
    const answer = await owner.node.requests.proofJob(replaced.id);
    expect(answer).toMatchObject({ ok: false, code: "spent-in-pool" });
    expect(answer.ok ? "" : answer.message).toMatch(/not queued.*Replaced by/);
  });
});

describe("a receipt", () => {
  it("that somebody proved for himself, on no chain at all, is told from one of the chain", async () => {
    const program = must(programFromWords(receipt.program));
    const states = must(runToHalt(program, must(initialState(receipt.input)), 64));
    const proposer = { keyHash: testKey(9).keyHash, beaconKey: testKey(9).keyHash };
    const segments = await Promise.all(
      receipt.segments.map(async ({ header }, index) => {
        const state = states[index];
        if (state === undefined) throw new Error("too few states");
        const segment = { jobId: receipt.jobId, index, program, state };
        const { proposerKey, seed } = claimOf(segment, { parent: header.parent, proposer }, new Uint8Array());
        const statement = segmentStatement(segment, proposerKey, seed, emulatedPoseidon);
        const proof = must(await segmentProver.start(statement, segmentWitness(segment), () => undefined).result);
        let invented: Header = { ...header, proposer, oracle: oracleHash(proof), target: new Uint8Array(32).fill(255) };
        while (!meetsTarget(headerHash(invented), invented.target))
          invented = { ...invented, nonce: invented.nonce + 1n };
        return { header: invented, proof };
      }),
    );
    expect(must(await verdict({ ...receipt, segments }))).toMatchObject({ sameNetwork: true, onChain: false });
  });

  it("cannot pass its proofs off as another job's", async () => {
    expect(must(await verdict({ ...receipt, jobId: new Uint8Array(32).fill(7) }))).toMatchObject({ onChain: false });
    const network = new Uint8Array(32);
    expect(must(await verdict({ ...receipt, network }))).toMatchObject({ sameNetwork: false, onChain: false });
  });
});
