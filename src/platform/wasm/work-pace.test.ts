import { describe, expect, it } from "vitest";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { SettableShare, WorkPace } from "./work-pace.ts";

/** Works in pieces for a while of virtual time; gives the time worked. */
async function worked(share: SettableShare, pieceMs: number, forMs: number): Promise<number> {
  const clock = new VirtualClock(0);
  const pace = new WorkPace(share, clock);
  let total = 0;
  void (async () => {
    for (;;) {
      await new Promise<void>((resolve) => void clock.schedule(pieceMs, resolve));
      total += pieceMs;
      await pace.rest(pieceMs);
    }
  })();
  while (await clock.step(forMs));
  return total;
}

describe("work pace", () => {
  it.each([
    [1, 3, 10_000],
    [0.5, 3, 5_000],
    [0.3, 500, 3_000],
    [0.05, 1, 500],
  ])("keeps to a share of %d with pieces of %d ms", async (share, pieceMs, expected) => {
    const settable = new SettableShare();
    settable.set(share);
    const total = await worked(settable, pieceMs, 10_000);
    expect(Math.abs(total - expected)).toBeLessThan(Math.max(600, pieceMs));
    expect(total).toBeGreaterThan(0);
  });

  it("waits while paused and goes on as soon as it may", async () => {
    const clock = new VirtualClock(0);
    const share = new SettableShare();
    const pace = new WorkPace(share, clock);
    share.set(0);
    let rested = false;
    const resting = pace.rest(100).then(() => {
      rested = true;
    });
    clock.schedule(60_000, () => share.set(0));
    while (await clock.step(120_000));
    expect(rested).toBe(false);
    share.set(0.5);
    await resting;
    // A long rest does not outlast the reason for it.
    share.set(0.05);
    const long = pace.rest(1_000);
    share.set(1);
    await long;
    expect(clock.nowMs()).toBeLessThanOrEqual(120_000);
  });
});
