/** What a node shows of finality to peers: bounded, whoever asks. */
import { describe, expect, it } from "vitest";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker } from "../testing/block-maker.ts";
import { feed, openChain } from "../testing/chain-fixtures.ts";
import { testParameters } from "../testing/ledger-fixtures.ts";
import { FinalityProofs } from "./finality-proofs.ts";

describe("proofs of who voted", () => {
  it("never hold up the chain, however many old blocks are asked about at once; who comes too late may ask again", async () => {
    const maker = new BlockMaker({
      parameters: testParameters,
      networkId: networkIdOf(testParameters),
      signatures: new SignatureCache(),
    });
    const made = [maker.make(maker.genesis)];
    while (made.length < 40) made.push(maker.make(made.at(-1) as (typeof made)[number]));
    const chain = await openChain(new MemoryStore(), undefined, null, testParameters);
    expect(await feed(chain, made)).toEqual({ ok: true, value: null });
    const proofs = new FinalityProofs(chain);
    const hashes = made.map((_, i) => chain.index.at(i + 1)?.hash as Uint8Array);
    const answers = { refused: 0, proved: 0 };
    const asked = hashes.map(async (hash) => {
      const proof = await proofs.electorate(hash);
      answers[proof.ok ? "proved" : "refused"]++;
      return proof;
    });
    await expect.poll(() => answers.refused).toBe(hashes.length - 17);
    const before = answers.proved;
    await chain.exclusively(async () => undefined);
    // What the chain does next waits for one proof at most, not for all.
    expect(answers.proved - before).toBeLessThan(4);
    const ok = (await Promise.all(asked)).filter((proof) => proof.ok);
    expect(ok).toHaveLength(17);
    expect((await proofs.electorate(hashes[39] as Uint8Array)).ok).toBe(true);
  });
});
