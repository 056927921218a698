import { describe, expect, it } from "vitest";
import { seedLimits } from "./limits.ts";
import { createRateLimit } from "./rate-limit.ts";

describe("rate limit", () => {
  const limits = { ...seedLimits, clientBurst: 3, clientRefillPerSecond: 1, clientsRemembered: 2 };

  it("lets a burst through, then one a second", () => {
    let now = 0;
    const allow = createRateLimit(() => now, limits as unknown as typeof seedLimits);
    expect([allow("a"), allow("a"), allow("a"), allow("a")]).toEqual([true, true, true, false]);
    now = 1_000;
    expect([allow("a"), allow("a")]).toEqual([true, false]);
    expect(allow("b")).toBe(true);
  });

  it("forgets the client not seen for longest, never grows without bound", () => {
    const allow = createRateLimit(() => 0, limits as unknown as typeof seedLimits);
    for (let i = 0; i < 4; i++) allow("a");
    allow("b");
    allow("c");
    expect(allow("a")).toBe(true);
  });
});
