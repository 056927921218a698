import { describe, expect, it } from "vitest";
import { MemoryStore } from "../../platform/memory/memory-store.ts";
import { toHex } from "../../protocol/codec/bytes.ts";
import type { VoteAggregate } from "../../protocol/consensus/certificate.ts";
import { firstEpochOf, type Link, secondRoundOf } from "../../protocol/consensus/votes.ts";
import { SignatureCache } from "../../protocol/ledger/signature-cache.ts";
import { BlockMaker, type MadeBlock } from "../../testing/block-maker.ts";
import { feed, openChain } from "../../testing/chain-fixtures.ts";
import { emulatedVotes } from "../../testing/emulated-votes.ts";
import { testKey } from "../../testing/ledger-fixtures.ts";
import { voterSecret, votingNetwork } from "../../testing/voting-fixtures.ts";
import { VoteBook } from "./vote-book.ts";
import { VoteChoice, votePace } from "./vote-choice.ts";

const voters = 4;
const keyOf = (voter: number): Uint8Array => emulatedVotes.keyOf(voterSecret(voter, emulatedVotes));
const signature = new Uint8Array(96);

/** A chain whose first voter chooses, and everything that it chooses by. */
async function world(startedAtMs = 0) {
  const { parameters, networkId } = votingNetwork(voters, emulatedVotes);
  const maker = new BlockMaker({ parameters, networkId, signatures: new SignatureCache() });
  const chain = await openChain(new MemoryStore(), undefined, null, parameters);
  const book = new VoteBook();
  const time = { nowMs: 0, networkMs: maker.genesis.block.header.timeMs };
  let newest: Link | null = null;
  const voter = {
    key: keyOf(0),
    get newest() {
      return newest;
    },
    maySign: ({ target }: Link): boolean => newest === null || target.epoch > newest.target.epoch,
  };
  const clock = { nowMs: () => time.nowMs };
  const choice = new VoteChoice({ chain, book, voter, clock, startedAtMs, networkTimeMs: () => time.networkMs });
  const linkTo = ({ height, hash }: MadeBlock): Link => ({
    source: { epoch: 0, hash: networkId },
    target: { epoch: firstEpochOf(height), hash },
  });
  return {
    ...{ chain, book, time, choice, linkTo },
    /** Two blocks on one, the one with the smaller hash first. */
    rivalsOn: (parent: MadeBlock = maker.genesis) => {
      const made = [maker.make(parent, [], testKey(1)), maker.make(parent, [], testKey(2))];
      return made.sort((a, b) => (toHex(a.hash) < toHex(b.hash) ? -1 : 1)) as [MadeBlock, MadeBlock];
    },
    childOf: (parent: MadeBlock) => maker.make(parent),
    take: async (block: MadeBlock) => {
      await feed(chain, [block]);
      choice.onHead();
    },
    hear: async (from: number, block: MadeBlock) => {
      book.add({ link: linkTo(block), key: keyOf(from), signature });
      const entry = chain.index.get(block.hash);
      const electorate = chain.finality.electorateAt(chain.head);
      if (entry !== undefined && electorate !== undefined)
        await chain.weigh(entry, book.weightFor(linkTo(block), electorate));
    },
    cast: (link: Link) => {
      newest = link;
      book.add({ link, key: keyOf(0), signature });
      choice.onCast(link);
    },
    decide: (link: Link) => chain.decide({ link, signers: new Uint8Array(), signature } satisfies VoteAggregate),
  };
}

describe("the first vote for a block", () => {
  it("lets it settle, so that blocks found at the same time have met", async () => {
    const { choice, take, rivalsOn, linkTo, time } = await world();
    const [preferred, other] = rivalsOn();
    await take(other);
    expect(choice.next()).toEqual({ link: null, againInMs: votePace.settlingMs });
    time.nowMs = 100;
    await take(preferred);
    expect(choice.next()).toEqual({ link: null, againInMs: votePace.settlingMs - 100 });
    time.nowMs = votePace.settlingMs;
    expect(choice.next().link).toEqual(linkTo(preferred));
  });

  it("goes at once where others vote if it knew of no rival in time, also if that is not the block with the smaller hash", async () => {
    const { choice, take, hear, rivalsOn, linkTo } = await world();
    const [preferred, other] = rivalsOn();
    await take(preferred);
    await take(other);
    await hear(1, other);
    expect(choice.next().link).toEqual(linkTo(other));
  });

  it("waits beside a rival until the earliest votes have reached everybody, and then goes with them", async () => {
    const { choice, take, hear, rivalsOn, linkTo, time } = await world();
    const [preferred, other] = rivalsOn();
    for (const { block, hash } of [preferred, other]) choice.noteHeader(block.header, hash);
    await take(preferred);
    await take(other);
    await hear(1, other);
    time.nowMs = votePace.settlingMs;
    expect(choice.next()).toEqual({ link: null, againInMs: votePace.rivalSettlingMs - votePace.settlingMs });
    time.nowMs = votePace.rivalSettlingMs;
    expect(choice.next().link).toEqual(linkTo(other));
  });

  it("waits longer while a block that will be preferred is on its way, but not for ever", async () => {
    const { choice, take, rivalsOn, linkTo, time } = await world();
    const [preferred, other] = rivalsOn();
    choice.noteHeader(preferred.block.header, preferred.hash);
    await take(other);
    time.nowMs = votePace.settlingMs;
    expect(choice.next()).toEqual({ link: null, againInMs: votePace.patienceMs - votePace.settlingMs });
    time.nowMs = votePace.patienceMs;
    expect(choice.next().link).toEqual(linkTo(other));
  });

  it("is not given to what was made before this start, nor to what no block could show any more", async () => {
    const early = await world(Number.MAX_SAFE_INTEGER);
    const [block] = early.rivalsOn();
    await early.take(block);
    early.time.nowMs = votePace.patienceMs;
    expect(early.choice.next()).toEqual({ link: null, againInMs: null });
    const late = await world();
    await late.take(block);
    late.time.nowMs = votePace.patienceMs;
    expect(late.choice.next().link).toEqual(late.linkTo(block));
    late.time.networkMs += 200_000;
    expect(late.choice.next()).toEqual({ link: null, againInMs: null });
  });
});

describe("a voter that has voted", () => {
  it("stays with its block while that may be decided, and then goes on", async () => {
    const { choice, take, hear, cast, childOf, rivalsOn, linkTo, time } = await world();
    const [block, rival] = rivalsOn();
    const child = childOf(block);
    await take(block);
    cast(linkTo(block));
    await hear(1, rival);
    await take(child);
    await hear(2, child);
    expect(choice.next()).toEqual({ link: null, againInMs: votePace.patienceMs });
    time.nowMs = votePace.patienceMs;
    expect(choice.next().link).toEqual(linkTo(child));
  });

  it("goes on at once when too many have voted for a rival", async () => {
    const { choice, take, hear, cast, childOf, rivalsOn, linkTo } = await world();
    const [block, rival] = rivalsOn();
    const child = childOf(block);
    await take(block);
    cast(linkTo(block));
    await hear(1, rival);
    await hear(2, rival);
    await take(child);
    await hear(3, child);
    expect(choice.next().link).toEqual(linkTo(child));
  });

  it("finalises what is justified before anything else", async () => {
    const { choice, take, hear, cast, decide, childOf, rivalsOn, linkTo } = await world();
    const [block] = rivalsOn();
    await take(block);
    cast(linkTo(block));
    await take(childOf(block));
    await hear(1, childOf(block));
    await decide(linkTo(block));
    expect(choice.next().link).toEqual(secondRoundOf(linkTo(block).target));
    cast(secondRoundOf(linkTo(block).target));
    await decide(secondRoundOf(linkTo(block).target));
    expect(choice.next().link).toEqual(linkTo(childOf(block)));
  });
});

describe("nobody without a stake", () => {
  it("votes", async () => {
    const { chain, book, take, rivalsOn } = await world();
    const stranger = { key: keyOf(voters), newest: null, maySign: () => true };
    const clock = { nowMs: () => votePace.patienceMs };
    const choice = new VoteChoice({ chain, book, voter: stranger, clock, startedAtMs: 0, networkTimeMs: () => 0 });
    await take(rivalsOn()[0]);
    choice.onHead();
    expect(choice.next()).toEqual({ link: null, againInMs: null });
  });
});
