import { expect, it } from "vitest";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { GuessBrake, longestWaitMs, waitAfter } from "./guess-brake.ts";

const wrong = rejected("wrong-passphrase", "That is not the passphrase.");

function setUp() {
  const clock = new VirtualClock(0);
  const brake = new GuessBrake(clock);
  const checkedAtMs: number[] = [];
  const guess = (answer: Result<null>): Promise<Result<null>> =>
    brake.check(() => {
      checkedAtMs.push(clock.nowMs());
      return Promise.resolve(answer);
    });
  return { clock, guess, checkedAtMs };
}

it("lets two slips pass, then waits longer and longer, up to a bound", () => {
  expect([0, 1, 2, 3, 4, 5, 6].map(waitAfter)).toEqual([0, 0, 0, 1_000, 2_000, 4_000, 8_000]);
  expect(waitAfter(1_000)).toBe(longestWaitMs);
});

it("checks guesses one after another, however many are made at once, and starts anew after a right one", async () => {
  const { clock, guess, checkedAtMs } = setUp();
  const answers = [wrong, wrong, wrong, wrong, wrong, accepted(null), wrong].map(guess);
  await clock.run(60_000);
  expect(checkedAtMs).toEqual([0, 0, 0, 1_000, 3_000, 7_000, 7_000]);
  const said = await Promise.all(answers);
  expect(said[1]).toEqual(wrong);
  expect(said[4]).toMatchObject({ message: expect.stringMatching(/wrong 5 times in a row.*nothing is lost.*4 s/) });
  expect(said[5]).toEqual(accepted(null));
  expect(said[6]).toEqual(wrong);
});

it("does not count what is no guess, and bounds how many wait", async () => {
  const { clock, guess } = setUp();
  const damaged = rejected("storage-corrupt", "Damaged.");
  expect(await Promise.all([damaged, damaged, damaged, damaged].map(guess))).toEqual(Array(4).fill(damaged));
  const answers = Array.from({ length: 10 }, () => guess(wrong));
  expect(await answers[9]).toMatchObject({ code: "rate-limited" });
  await clock.run(600_000);
  expect(await answers[7]).toMatchObject({ code: "wrong-passphrase" });
});
