import { describe, expect, it } from "vitest";
import { lineProgress, syncProgress } from "./progress.ts";

const line = (progress: string | null) => ({
  id: 1,
  line: "get x",
  startedMs: 1_000,
  progress,
  isBehind: false,
  stop: () => undefined,
});

describe("a line that runs", () => {
  it("is as far as it says, and done when its pace says", () => {
    expect(lineProgress(line("fetching … 25 %"), 11_000)).toEqual({ share: 0.25, leftMs: 30_000 });
    expect(lineProgress(line("fetching … 0 %"), 11_000)).toEqual({ share: 0, leftMs: null });
    expect(lineProgress(line("fetching … 50 %"), 1_500)).toEqual({ share: 0.5, leftMs: null });
    for (const none of [null, "asking …"])
      expect(lineProgress(line(none), 9_000)).toEqual({ share: null, leftMs: null });
  });
});

describe("taking in the chain", () => {
  const start = { atMs: 0, height: 100 };
  it("has a share of the way, a rate and a time left once there is a pace", () => {
    expect(syncProgress({ from: 0, current: 300, target: 500 }, start, 10_000)).toEqual({
      share: 0.6,
      perSecond: 20,
      leftMs: 10_000,
    });
    expect(syncProgress({ from: 0, current: 100, target: 500 }, start, 10_000)).toMatchObject({
      perSecond: null,
      leftMs: null,
    });
    expect(syncProgress({ from: 5, current: 5, target: 5 }, start, 0)).toMatchObject({ share: null });
  });
});
