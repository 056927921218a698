import { describe, expect, it } from "vitest";
import { emulatedVotes } from "#testing/emulated-votes.ts";
import { voterSecret, voterStakeNano } from "#testing/voting-fixtures.ts";
import type { Vote } from "../../protocol/consensus/certificate.ts";
import { firstEpochOf, type Link } from "../../protocol/consensus/votes.ts";
import type { SeatedVoter } from "../../protocol/programs/stake.ts";
import { VoteBook, voteBookLimits } from "./vote-book.ts";

const key = emulatedVotes.keyOf(voterSecret(0, emulatedVotes));

function linkTo(height: number, byte = 0): Link {
  const hash = new Uint8Array(32).fill(byte);
  return { source: { epoch: 0, hash: new Uint8Array(32) }, target: { epoch: firstEpochOf(height), hash } };
}

const vote = (link: Link): Vote => ({ link, key, signature: new Uint8Array(96) });

describe("a book of votes", () => {
  it("listens to votes for the head however long nothing was final", () => {
    const book = new VoteBook();
    book.forget(10);
    const headHeight = 10 + 10 * voteBookLimits.epochs;
    expect(book.isTimely(linkTo(headHeight), headHeight)).toBe(true);
    expect(book.isTimely(linkTo(10), headHeight)).toBe(false);
    expect(book.isTimely(linkTo(headHeight + voteBookLimits.epochs), headHeight)).toBe(false);
    // Who is far behind hears what it will need.
    expect(book.isTimely(linkTo(200), 11)).toBe(true);
  });

  it("keeps no more of one voter than it may have, whatever it signs", () => {
    const book = new VoteBook();
    const count = voteBookLimits.votesPerVoter + 40;
    for (let i = 0; i < count; i++) book.add(vote(linkTo(1 + i)));
    expect(book.firstRounds(0)).toHaveLength(voteBookLimits.votesPerVoter);
    const newest = linkTo(count);
    const voter: SeatedVoter = {
      ...{
        key,
        owner: new Uint8Array(32),
        beaconKey: new Uint8Array(32),
        slot: 0,
        seenHeight: 0,
        exitHeight: null,
        slashed: 0,
      },
      ...{
        balanceNano: voterStakeNano,
        activeNano: voterStakeNano,
        previousNano: voterStakeNano,
        formerNano: voterStakeNano,
        pendingNano: 0n,
      },
    };
    const justified = { epoch: 0, hash: new Uint8Array(32) };
    const record = { justified, finalised: { height: 0, hash: justified.hash }, earlier: [], drawnHeight: 0 };
    expect(book.isDecided(newest, { record, voters: [voter] })).toBe(true);
  });
});
