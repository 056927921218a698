import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import { Bans } from "./bans.ts";
import { TimerDrift } from "./timer-drift.ts";
import { TokenBuckets } from "./token-buckets.ts";
import { decodeAnswer, encodeAnswer } from "./wire.ts";

describe("bans", () => {
  it("end by themselves, are not shortened, and forget the oldest beyond their number", () => {
    let nowMs = 0;
    const bans = new Bans(2, () => nowMs);
    bans.add("a", 1_000);
    bans.add("a", 10);
    nowMs = 999;
    expect(bans.has("a")).toBe(true);
    nowMs = 1_000;
    expect(bans.has("a")).toBe(false);
    for (const id of ["b", "c", "d"]) bans.add(id, 1_000);
    expect(["b", "c", "d"].map((id) => bans.has(id))).toEqual([false, true, true]);
  });
});

describe("token buckets", () => {
  it("let a burst through, then the pace, and remember a bounded number of names", () => {
    const buckets = new TokenBuckets({ burst: 3, perSecond: 2, names: 2 });
    expect([0, 0, 0, 0].map((at) => buckets.spend("a", at))).toEqual([true, true, true, false]);
    // A refused try costs nothing; half a second brings one token.
    expect([buckets.spend("a", 500), buckets.spend("a", 500)]).toEqual([true, false]);
    // A clock that goes back gives nothing.
    expect(buckets.spend("a", 0)).toBe(false);
    buckets.spend("b", 0);
    buckets.spend("c", 0);
    expect(buckets.spend("a", 0)).toBe(true);
  });
});

describe("an answer on the wire", () => {
  it("comes back as it was, and refuses what is not one", () => {
    const body = new Uint8Array([1, 2, 3]);
    expect(decodeAnswer(encodeAnswer(accepted(body)), 3)).toEqual(accepted(body));
    expect(decodeAnswer(encodeAnswer(accepted(body)), 2)).toMatchObject({ ok: false, code: "too-large" });
    expect(decodeAnswer(encodeAnswer(rejected("not-found", "x".repeat(5_000))), 9)).toMatchObject({
      code: "not-found",
    });
    expect(decodeAnswer(encodeAnswer(rejected("<b>" as never, "x")), 9)).toMatchObject({ code: "bad-response" });
    for (const bytes of [new Uint8Array(), new Uint8Array([0]), new Uint8Array(50).fill(255)]) {
      expect(decodeAnswer(bytes, 9)).toMatchObject({ ok: false, code: "bad-response" });
    }
  });
});

describe("timer drift", () => {
  it("is what timers are late, also while one is overdue, and calls on waking", () => {
    let nowMs = 0;
    let tick = (): void => undefined;
    let woken = 0;
    const drift = new TimerDrift(5_000, () => woken++, {
      nowMs: () => nowMs,
      repeat: (_periodMs, action) => {
        tick = action;
        return () => undefined;
      },
    });
    expect(drift.driftMs()).toBe(0);
    drift.start();
    nowMs = 1_000;
    tick();
    expect(drift.driftMs()).toBe(0);
    nowMs = 2_400;
    tick();
    expect([drift.driftMs(), woken]).toEqual([400, 0]);
    // Frozen: no timer fires, but whoever asks over the network hears the truth.
    nowMs = 60_000;
    expect(drift.driftMs()).toBe(56_600);
    tick();
    expect(woken).toBe(1);
  });
});
