/** Who answers for votes that do not vouch for a snapshot: only who cannot have been told so by its own chain. */
import { expect, it } from "vitest";
import type { VoteAggregate } from "#protocol/consensus/certificate.ts";
import { networkIdOf } from "#protocol/consensus/genesis.ts";
import { proveElectorate } from "#protocol/consensus/light-finality.ts";
import { secondRoundOf } from "#protocol/consensus/votes.ts";
import { SignatureCache } from "#protocol/ledger/signature-cache.ts";
import type { SyncRequest } from "#protocol/messages/sync.ts";
import { accepted } from "#protocol/result.ts";
import { MemoryStore } from "../platform/memory/memory-store.ts";
import { BlockMaker, type MadeBlock } from "../testing/block-maker.ts";
import { feed, lateMs, openChain } from "../testing/chain-fixtures.ts";
import { emulatedVotes } from "../testing/emulated-votes.ts";
import { aggregateOf, firstRoundOn, votingParameters } from "../testing/voting-fixtures.ts";
import { SnapshotTrust } from "./snapshot-trust.ts";

const base = votingParameters(4, emulatedVotes);

/** A chain of three blocks, and a newcomer that is offered the state of the second by a peer that shows it some votes. */
async function offered(unbondingBlocks: number) {
  const parameters = { ...base, finality: { ...base.finality, unbondingBlocks } };
  const networkId = networkIdOf(parameters);
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const blocks = maker.run(maker.genesis, 3) as readonly [MadeBlock, MadeBlock, MadeBlock];
  const chain = await openChain(new MemoryStore(), undefined, null, parameters);
  await feed(chain, blocks);
  const [, second] = blocks;
  const entry = chain.index.get(second.hash);
  if (entry === undefined) throw new Error("no such block");
  const blamed: string[] = [];
  const vouch = (finalised: VoteAggregate, votes = emulatedVotes) => {
    const other = { has: async ({ hash }: { hash: Uint8Array }) => chain.index.get(hash) !== undefined };
    const ask = async ({ type }: SyncRequest) =>
      accepted(type === "electorate" ? proveElectorate(second.state) : { finalised });
    const trust = new SnapshotTrust(
      {
        ...{ chain, votes },
        ask: async (_peer, request) => (await ask(request)) as never,
        networkTimeMs: () => lateMs,
        offend: (_peer, offence, why) => blamed.push(`${offence}: ${why}`),
      },
      other,
    );
    return trust.vouchFor("peer", entry, 3, true);
  };
  const decision = (block: MadeBlock) =>
    aggregateOf(networkId, secondRoundOf(firstRoundOn(block, networkId).target), [0, 1, 2]);
  return { maker, blocks, vouch, decision, blamed };
}

it.each([
  ["answers for votes that nobody cast", 10_000, ["bad-snapshot: votes that nobody cast"]],
  ["does not where a seat may have been another's in the block that showed them", 100, []],
])("a peer %s", async (_words, unbondingBlocks, expected) => {
  const { blocks, vouch, decision, blamed } = await offered(unbondingBlocks);
  const good = await decision(blocks[1]);
  expect(await vouch({ ...good, signature: new Uint8Array(96).fill(1) })).toMatchObject({ code: "not-found" });
  expect(blamed).toEqual(expected);
  expect(await vouch(good)).toMatchObject({ ok: true, value: { by: "work", decision: good } });
});

it("a peer whose chain has grown or moved since it gave its headers does not answer for that", async () => {
  const { maker, blocks, vouch, decision, blamed } = await offered(10_000);
  expect(await vouch(await decision(maker.make(blocks[2])))).toMatchObject({ code: "not-found" });
  expect(blamed).toEqual([]);
  // Votes about a block below the state never make it final.
  expect(await vouch(await decision(blocks[0]))).toMatchObject({ code: "not-found" });
  expect(blamed).toEqual(["bad-snapshot: votes about another block"]);
});

it("a peer does not answer for a verifier that fails", async () => {
  const { blocks, vouch, decision, blamed } = await offered(10_000);
  const failing = { ...emulatedVotes, verifyBatch: () => Promise.reject(new Error("the worker is gone")) };
  expect(await vouch(await decision(blocks[1]), failing)).toMatchObject({ code: "not-found" });
  expect(blamed).toEqual([]);
});
