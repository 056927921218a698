import { describe, expect, it } from "vitest";
import type { Result } from "#protocol/result.ts";
import { Random } from "#testing/random.ts";
import {
  commitmentOf,
  decapsulate,
  encapsulateFor,
  isBoundBy,
  newKey,
  PairChannel,
  type Shown,
  sealedParts,
  transcriptOf,
  wordsOfMeeting,
} from "./channel.ts";

const random = new Random(77);
const bytes = (length: number): Uint8Array => random.bytes(length);
const id = bytes(7);

function answerOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function side() {
  const own = newKey(bytes);
  return { own, shown: { key: own.key, random: bytes(32) } };
}

type Side = ReturnType<typeof side>;

/** What each of two sides has once both have encapsulated for the other's key as they saw it. */
function channels(inviter: Side, joiner: Side): readonly [PairChannel, PairChannel] {
  const transcript = transcriptOf({ id, inviter: inviter.shown, joiner: joiner.shown });
  const forJoiner = answerOf(encapsulateFor(joiner.shown.key, bytes));
  const forInviter = answerOf(encapsulateFor(inviter.shown.key, bytes));
  const openedByInviter = answerOf(decapsulate(forInviter.encapsulation, inviter.own));
  const openedByJoiner = answerOf(decapsulate(forJoiner.encapsulation, joiner.own));
  return [
    new PairChannel(transcript, { forInviter: { ...forInviter, secret: openedByInviter }, forJoiner }),
    new PairChannel(transcript, { forInviter, forJoiner: { ...forJoiner, secret: openedByJoiner } }),
  ];
}

describe("the channel of two devices", () => {
  it("gives both the same words, and carries each part to the other alone", () => {
    const [a, b] = channels(side(), side());
    expect(wordsOfMeeting(a.transcript)).toBe(wordsOfMeeting(b.transcript));
    expect(wordsOfMeeting(a.transcript)).toMatch(/^(?:[a-z]{3,8} ){5}[a-z]{3,8}$/);
    for (const part of sealedParts) {
      const sealed = a.seal(part, Uint8Array.of(1, 2, 3));
      expect(b.open(part, sealed)).toEqual({ ok: true, value: Uint8Array.of(1, 2, 3) });
      for (const other of sealedParts.filter((one) => one !== part)) {
        expect(b.open(other, sealed)).toMatchObject({ code: "bad-signature" });
      }
      for (let at = 0; at < sealed.length; at++) {
        const altered = sealed.slice();
        altered[at] = (altered[at] as number) ^ 1;
        expect(b.open(part, altered)).toMatchObject({ code: "bad-signature" });
      }
    }
    expect(channels(side(), side())[0].open("ready", a.seal("ready", bytes(9)))).toMatchObject({ ok: false });
    a.zero();
    expect(() => a.seal("ready", bytes(1))).toThrow(/wiped/);
  });

  it("shows other words to each side if somebody stands between them", () => {
    const [inviter, joiner] = [side(), side()];
    const [asJoiner, asInviter] = [side(), side()];
    const atInviter = transcriptOf({ id, inviter: inviter.shown, joiner: asJoiner.shown });
    const atJoiner = transcriptOf({ id, inviter: asInviter.shown, joiner: joiner.shown });
    expect(wordsOfMeeting(atInviter)).not.toBe(wordsOfMeeting(atJoiner));
    // Keys passed on as they are, with other random bytes, are another meeting, too.
    const passedOn = { key: joiner.shown.key, random: bytes(32) };
    expect(wordsOfMeeting(transcriptOf({ id, inviter: inviter.shown, joiner: passedOn }))).not.toBe(
      wordsOfMeeting(transcriptOf({ id, inviter: inviter.shown, joiner: joiner.shown })),
    );
  });

  it("lets nobody choose their part after they have seen the other's: a ground one is not what was bound", () => {
    const [inviter, joiner, between] = [side(), side(), side()];
    const wanted = wordsOfMeeting(transcriptOf({ id, inviter: between.shown, joiner: joiner.shown }));
    const bound = commitmentOf(id, between.shown);
    expect(isBoundBy(bound, id, between.shown)).toBe(true);
    // Whoever stands between sees the inviter's random bytes only now, and tries parts until the first word fits.
    let found: Shown | null = null;
    const firstWord = wanted.split(" ")[0] as string;
    for (let n = 0; found === null; n++) {
      const tried = { key: between.shown.key, random: new Random(n).bytes(32) };
      const words = wordsOfMeeting(transcriptOf({ id, inviter: inviter.shown, joiner: tried }));
      if (words.startsWith(`${firstWord} `)) found = tried;
    }
    // It can be found, as all six could with 2^55 times the work, and is of no use.
    expect(isBoundBy(bound, id, found)).toBe(false);
    expect(isBoundBy(bound, bytes(7), between.shown)).toBe(false);
  });

  it("is closed to who has exchanged a secret on the way, whose words are still the right ones", () => {
    const [inviter, joiner] = [side(), side()];
    const transcript = transcriptOf({ id, inviter: inviter.shown, joiner: joiner.shown });
    const forJoiner = answerOf(encapsulateFor(joiner.shown.key, bytes));
    // Somebody between has put a secret of their own in the place of the joiner's for the inviter's key.
    const foreign = answerOf(encapsulateFor(inviter.shown.key, bytes));
    const atInviter = new PairChannel(transcript, {
      forInviter: { ...foreign, secret: answerOf(decapsulate(foreign.encapsulation, inviter.own)) },
      forJoiner,
    });
    const sealed = atInviter.seal("handed", bytes(40));
    const guess = answerOf(encapsulateFor(joiner.shown.key, bytes));
    const between = new PairChannel(transcript, {
      forInviter: answerOf(encapsulateFor(inviter.shown.key, bytes)),
      forJoiner: guess,
    });
    expect(between.open("handed", sealed)).toMatchObject({ code: "bad-signature" });
  });

  it("refuses keys and encapsulations that are none", () => {
    expect(encapsulateFor(new Uint8Array(1_215), bytes)).toMatchObject({ code: "bad-response" });
    expect(encapsulateFor(new Uint8Array(1_216).fill(255), bytes)).toMatchObject({ code: "bad-response" });
    expect(decapsulate(new Uint8Array(1_119), side().own)).toMatchObject({ code: "bad-response" });
  });
});
