/** Votes that are good one by one, and what failing machinery makes of them. */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { createVoteSignatures } from "../../platform/vote-signatures.ts";
import { bigEndian, fromBigEndian } from "../../protocol/codec/bytes.ts";
import { signersOf } from "../../protocol/consensus/certificate.ts";
import { networkIdOf } from "../../protocol/consensus/genesis.ts";
import { firstEpochOf, voteDigest } from "../../protocol/consensus/votes.ts";
import { SignatureCache } from "../../protocol/ledger/signature-cache.ts";
import { BlockMaker, type MadeBlock } from "../../testing/block-maker.ts";
import { feed, openChain } from "../../testing/chain-fixtures.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { testKey, testParameters, unprovedWork } from "../../testing/ledger-fixtures.ts";
import { voterSecret, voterStakeNano, votingNetwork } from "../../testing/voting-fixtures.ts";
import { Certificates } from "./certificates.ts";
import { VoteBook } from "./vote-book.ts";
import { VoteIntake } from "./vote-intake.ts";

const votes = createVoteSignatures();
const secret = voterSecret(0, votes);
const opposite = bigEndian(bls12_381.fields.Fr.ORDER - fromBigEndian(secret), 32);
const secrets = [secret, opposite];

/** A chain of one block whose two voters are one owner's, with keys that are each other's opposite. */
async function world() {
  const named = secrets.map((own, i) => ({
    key: votes.keyOf(own),
    owner: testKey(1_000 + i).keyHash,
    beaconKey: new Uint8Array(32),
    stakeNano: voterStakeNano,
  }));
  const parameters = { ...testParameters, genesis: { ...testParameters.genesis, voters: named } };
  const networkId = networkIdOf(parameters);
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const chain = await openChain(new MemoryStore(), undefined, null, parameters);
  const block = maker.make(maker.genesis);
  await feed(chain, [block]);
  const link = { source: { epoch: 0, hash: networkId }, target: { epoch: firstEpochOf(1), hash: block.hash } };
  const signature = (own: Uint8Array) => votes.sign(own, voteDigest(networkId, link));
  const cast = await Promise.all(
    secrets.map(async (own) => ({ link, key: votes.keyOf(own), signature: await signature(own) })),
  );
  return { chain, link, cast };
}

describe("votes", () => {
  it("that cancel each other make no certificate, and no producer stumbles over them", async () => {
    const { chain, link, cast } = await world();
    const book = new VoteBook();
    const intake = new VoteIntake(chain, book, votes);
    for (const vote of cast) expect(await intake.take(vote)).toEqual({ type: "counted" });
    const electorate = chain.finality.electorateAt(chain.head);
    if (electorate === undefined) throw new Error("nobody votes");
    expect(book.isDecided(link, electorate)).toBe(true);
    const certificates = new Certificates(chain, book, votes);
    expect(await certificates.aggregate(link, electorate)).toBeNull();
    expect(await certificates.forNextBlock()).toBeNull();
  });

  it("are nobody's fault while the verifier fails, and are taken when it works again", async () => {
    const { chain, cast } = await world();
    let works = false;
    const failing = {
      verifyBatch: (checks: Parameters<typeof votes.verifyBatch>[0]) =>
        works ? votes.verifyBatch(checks) : Promise.reject(new Error("the worker is gone")),
    };
    const intake = new VoteIntake(chain, new VoteBook(), failing);
    const [vote] = cast;
    if (vote === undefined) throw new Error("no vote");
    expect(await intake.take(vote)).toBeNull();
    works = true;
    expect(await intake.take(vote)).toEqual({ type: "counted" });
  });
});

describe("a block that was justified while no producer knew", () => {
  it("is shown by the next block, 70 blocks later: who has signed its second round can vote again", async () => {
    const { parameters, networkId } = votingNetwork(4, emulatedVotes);
    const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
    const chain = await openChain(new MemoryStore(), undefined, null, parameters);
    const block = maker.make(maker.genesis);
    await feed(chain, [block]);
    const link = { source: { epoch: 0, hash: networkId }, target: { epoch: firstEpochOf(1), hash: block.hash } };
    const own = [0, 1, 2].map((number) => voterSecret(number, emulatedVotes));
    const signatures = await Promise.all(own.map((one) => emulatedVotes.sign(one, voteDigest(networkId, link))));
    const decided = { link, signers: signersOf([0, 1, 2]), signature: await emulatedVotes.aggregate(signatures) };
    const later = maker.run(block, 70);
    expect(await feed(chain, later)).toMatchObject({ ok: true });
    await chain.decide(decided);
    const certificate = await new Certificates(chain, new VoteBook(), emulatedVotes).forNextBlock();
    expect(certificate).toEqual([decided]);
    const head = later.at(-1) as MadeBlock;
    const next = maker.make(head, [], testKey(1), {}, unprovedWork, certificate);
    expect(next.block.certificate).toEqual([decided]);
    expect(await feed(chain, [next])).toMatchObject({ ok: true });
    expect(chain.finality.electorateAt(chain.head)?.record.justified).toEqual(link.target);
  });
});
