import { describe, expect, it } from "vitest";
import { offences, PeerScores, scoreLimits } from "./peer-scores.ts";

const minuteMs = 60_000;

describe("scores of peers", () => {
  it("add up to a ban, and fade with time so that accidents do not", () => {
    const scores = new PeerScores();
    expect(scores.offend("a", "garbage", 0)).toBe(0);
    expect(scores.offend("a", "garbage", 0)).toBe(scoreLimits.firstBanMs);
    // The same two offences far enough apart are forgiven.
    expect(scores.offend("b", "garbage", 0)).toBe(0);
    expect(scores.offend("b", "garbage", 10 * minuteMs)).toBe(0);
    expect(scores.points("b", 10 * minuteMs)).toBe(offences.garbage);
    expect(scores.points("b", 60 * minuteMs)).toBe(0);
    expect(scores.points("nobody", 0)).toBe(0);
  });

  it("make bans longer each time, up to a day", () => {
    const scores = new PeerScores();
    const bansMs = Array.from({ length: 8 }, (_, i) => scores.offend("a", "bad-block", i));
    expect(bansMs.slice(0, 3)).toEqual([1, 4, 16].map((times) => times * scoreLimits.firstBanMs));
    expect(bansMs.at(-1)).toBe(scoreLimits.longestBanMs);
  });

  it("are kept for a bounded number of peers; whoever offended longest ago is forgotten", () => {
    const scores = new PeerScores();
    for (let i = 0; i <= scoreLimits.peers; i++) scores.offend(`peer-${i}`, "timeout", 0);
    expect(scores.points("peer-0", 0)).toBe(0);
    expect(scores.points("peer-1", 0)).toBe(offences.timeout);
  });
});
