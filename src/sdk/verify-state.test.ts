/** Proofs of what the state holds, checked without a node: what they show, and that no change of them survives. */
import { beforeAll, describe, expect, it } from "vitest";
import type { FinalisedBlock } from "#protocol/consensus/finality.ts";
import { decodeStateDocument, encodeStateDocument, type StateDocument } from "#protocol/consensus/state-document.ts";
import { outputKey } from "#protocol/ledger/state.ts";
import { emulatedVotes } from "../testing/emulated-votes.ts";
import { type SimulatedNode, Simulation } from "../testing/simulator.ts";
import { must } from "../testing/step-fixtures.ts";
import { verifyState } from "./verify-state.ts";

const minutes = (count: number): number => count * 60_000;
const nothing = new Uint8Array(32).fill(3);

let simulation: Simulation;
let node: SimulatedNode;
let coin: { readonly txId: Uint8Array; readonly index: number; readonly amountNano: bigint };

const chain = () => node.node.running.chain;

function blockAt(height: number): FinalisedBlock {
  const entry = chain().index.at(height);
  if (entry === undefined) throw new Error("no such block");
  return { height, hash: entry.hash };
}

function verify(
  bytes: Uint8Array,
  checkpoint: FinalisedBlock,
  { nowMs = simulation.clock.nowMs(), key }: { nowMs?: number; key?: Uint8Array } = {},
) {
  const { parameters } = simulation;
  return verifyState(bytes, {
    checkpoint,
    nowMs,
    parameters,
    votes: emulatedVotes,
    ...(key === undefined ? {} : { key }),
  });
}

/** A proof from a node, with the older block that its reader knows. */
async function proofOf(key: Uint8Array, checkpoint: FinalisedBlock | null) {
  return must(await node.node.requests.stateDocument(key, checkpoint));
}

beforeAll(async () => {
  simulation = new Simulation(61, undefined, 3);
  for (let i = 0; i < 3; i++) await simulation.add({ produce: i === 0 });
  node = simulation.nodes[0] as SimulatedNode;
  await simulation.run(minutes(20), () => chain().finality.finalised.height >= 12);
  const { coins } = must(await node.node.requests.coins(node.key.keyHash));
  coin = coins[0] as typeof coin;
});

describe("a proof of what the state holds", () => {
  it("shows an output that is unspent, and that there is none, at the newest final block", async () => {
    const { finalised } = chain().finality;
    const key = outputKey(coin);
    const there = await proofOf(key, null);
    expect(there).toMatchObject({ height: finalised.height, checkpoint: finalised });
    const shown = must(await verify(there.bytes, finalised));
    expect(shown).toMatchObject({ height: finalised.height, by: "checkpoint", key, value: there.value });
    expect(shown.output?.output.amount).toBe(coin.amountNano);
    const absent = await proofOf(nothing, null);
    expect(must(await verify(absent.bytes, finalised))).toMatchObject({ value: null, output: null });
  });

  it("leads from an older block that its reader knows, by the votes of those who voted there", async () => {
    const { finalised } = chain().finality;
    const known = blockAt(finalised.height - 4);
    const { bytes } = await proofOf(outputKey(coin), known);
    expect(must(await verify(bytes, known))).toMatchObject({ height: finalised.height, by: "votes" });
    // Votes of those who may have left prove nothing.
    const { blockIntervalMs, finality } = simulation.parameters;
    const until = (chain().index.at(known.height)?.header.timeMs ?? 0) + blockIntervalMs * finality.unbondingBlocks;
    expect((await verify(bytes, known, { nowMs: until })).ok).toBe(true);
    expect(await verify(bytes, known, { nowMs: until + 1 })).toMatchObject({ ok: false, code: "expired" });
  });

  it("is for its own checkpoint alone", async () => {
    const { finalised } = chain().finality;
    const known = blockAt(finalised.height - 4);
    const above = await proofOf(outputKey(coin), null);
    const below = await proofOf(outputKey(coin), known);
    for (const [bytes, checkpoint] of [
      [above.bytes, known],
      [below.bytes, finalised],
      [below.bytes, blockAt(finalised.height - 3)],
      [above.bytes, { ...finalised, height: finalised.height + 1 }],
      [above.bytes, { ...finalised, hash: nothing }],
    ] as const) {
      expect(await verify(bytes, checkpoint)).toMatchObject({ ok: false, code: "below-finalised" });
    }
    expect(await node.node.requests.stateDocument(nothing, { height: 4, hash: nothing })).toMatchObject({ ok: false });
    expect(await node.node.requests.stateDocument(nothing, { ...blockAt(4), height: 5 })).toMatchObject({ ok: false });
  });

  it("does not survive a change of any byte", async () => {
    const { finalised } = chain().finality;
    const known = blockAt(finalised.height - 2);
    for (const [key, from, checkpoint] of [
      [outputKey(coin), known, known],
      [nothing, null, finalised],
    ] as const) {
      const { bytes } = await proofOf(key, from);
      expect((await verify(bytes, checkpoint, { key })).ok).toBe(true);
      for (let i = 0; i < bytes.length; i++) {
        const altered = Uint8Array.from(bytes);
        altered[i] = (altered[i] as number) ^ (1 << (i % 8));
        if ((await verify(altered, checkpoint, { key })).ok)
          throw new Error(`byte ${i} of ${bytes.length} may be altered`);
      }
      for (const cut of [bytes.subarray(0, -1), new Uint8Array([...bytes, 0]), new Uint8Array()])
        expect((await verify(cut, checkpoint)).ok).toBe(false);
    }
  });

  it("does not survive parts that are left out, exchanged or added", async () => {
    const { finalised } = chain().finality;
    const known = blockAt(finalised.height - 3);
    const { bytes } = await proofOf(outputKey(coin), known);
    const good = must(decodeStateDocument(bytes));
    const other = must(decodeStateDocument((await proofOf(nothing, blockAt(finalised.height - 2))).bytes));
    const votes = good.finality;
    if (votes === null || other.finality === null) throw new Error("these proofs lead over votes");
    const next = chain().index.at(finalised.height + 1);
    const changes: readonly Partial<StateDocument>[] = [
      { headers: good.headers.slice(1) },
      { headers: good.headers.slice(0, -1) },
      { headers: [...good.headers].reverse() },
      { headers: good.headers.filter((_, i) => i !== 1) },
      ...(next === undefined ? [] : [{ headers: [...good.headers, next.header] }]),
      { shown: 0 },
      { shown: good.shown - 1 },
      { shown: good.headers.length },
      { finality: null },
      { finality: null, shown: 0 },
      { finality: { ...votes, trusted: votes.electorate } },
      { finality: { ...votes, electorate: votes.trusted } },
      { finality: { ...votes, trusted: other.finality.trusted } },
      { finality: { ...votes, decision: { ...votes.decision, signers: Uint8Array.of(1) } } },
      { key: nothing },
      { proof: other.proof },
      { key: nothing, proof: { atOrBelow: null, above: null } },
    ];
    for (const [i, change] of changes.entries()) {
      const outcome = await verify(encodeStateDocument({ ...good, ...change }), known);
      if (outcome.ok) throw new Error(`change ${i} survived`);
    }
    // Superfluous headers on the side of the checkpoint.
    const above = must(decodeStateDocument((await proofOf(nothing, null)).bytes));
    const before = chain().index.at(finalised.height - 1)?.header;
    if (before === undefined) throw new Error("no such block");
    const longer = encodeStateDocument({ ...above, headers: [before, ...above.headers], shown: 1 });
    expect(await verify(longer, finalised)).toMatchObject({ ok: false, code: "bad-proof" });
  });
});

it("is not made for a checkpoint that nobody would accept any more", async () => {
  const known = blockAt(1);
  const { blockIntervalMs, finality } = simulation.parameters;
  const until = (chain().index.at(1)?.header.timeMs ?? 0) + blockIntervalMs * finality.unbondingBlocks;
  await simulation.run(minutes(60), () => chain().head.header.timeMs > until && chain().finality.finalised.height > 1);
  const made = await node.node.requests.stateDocument(nothing, known);
  expect(made).toMatchObject({ ok: false, message: expect.stringMatching(/checkpoint is too old/) });
});
