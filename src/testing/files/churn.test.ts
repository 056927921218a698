/** Files among nodes of which many come and go, and some for good. */
import { describe, expect, it } from "vitest";
import { playChurn, usualChurn } from "./churn.ts";
import { churnIn, churnLine } from "./tell-churn.ts";

describe("files among nodes that come and go", () => {
  const small = { ...usualChurn, nodes: 14, hours: 3, files: 2, gone: 0.2 };

  it("are all there with repair where a fifth goes for good every hour, and lost without", async () => {
    const mended = await playChurn(small);
    expect(mended).toMatchObject({ code: { data: 10, parity: 2 }, files: 2, lost: 0 });
    expect(mended.wentForGood).toBeGreaterThan(3);
    expect(mended.repaired).toBeGreaterThan(10);
    const unmended = await playChurn({ ...small, hours: 20, repair: false });
    expect(unmended).toMatchObject({ lost: 2, repaired: 0 });
    expect(unmended.available).toBeLessThan(0.5);
  });

  it("are the same story for the same seed, and another for another", async () => {
    const short = { ...small, hours: 1, files: 1 };
    const [once, again, other] = [
      await playChurn(short),
      await playChurn(short),
      await playChurn({ ...short, seed: 2 }),
    ];
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
  });
});

describe("what is asked on the command line", () => {
  const words = { "no-repair": false };

  it("is issue 7's where nothing is said, and what was said else", () => {
    expect(churnIn(words, 1)).toEqual(usualChurn);
    expect(churnIn({ nodes: "30", hours: "2", files: "4", code: "4+8", gone: "10", "no-repair": true }, 7)).toEqual({
      ...usualChurn,
      ...{ seed: 7, nodes: 30, hours: 2, files: 4, code: { data: 4, parity: 8 }, gone: 0.1, repair: false },
    });
    for (const wrong of [{ code: "10-2" }, { nodes: "many" }, { hours: "0" }, { gone: "100" }])
      expect(churnIn({ ...words, ...wrong }, 1)).toBeNull();
  });

  it("is told in a line that begins with FAIL where a file was lost in spite of repair", () => {
    const report = { code: { data: 4, parity: 4 }, files: 8, lost: 1, available: 0.5, left: 1, wentForGood: 2 };
    const all = { ...report, repaired: 3, growth: 1.25, requestsPerHour: 10, movedPerHour: 2 };
    expect(churnLine(usualChurn, all)).toMatch(/^FAIL .*1 of 8 files lost \(12\.5 %\)/);
    expect(churnLine({ ...usualChurn, repair: false }, all)).toMatch(/^ok /);
  });
});
