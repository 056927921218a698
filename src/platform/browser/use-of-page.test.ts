import { expect, it } from "vitest";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { quietAfterMs, watchUse } from "./use-of-page.ts";

/** Pages of one profile, on one clock. */
function profile() {
  const clock = new VirtualClock(0);
  const listeners: { readonly page: number; hear(): void }[] = [];
  let pages = 0;
  let posted = 0;
  const page = () => {
    const number = pages++;
    const target = new EventTarget();
    const channel = {
      postMessage: () => {
        posted++;
        for (const { page, hear } of listeners) if (page !== number) hear();
      },
      addEventListener: (_type: "message", hear: () => void) => void listeners.push({ page: number, hear }),
    };
    const whenUsed = watchUse(target, channel, clock);
    return { whenUsed, use: (type: string) => void target.dispatchEvent(new Event(type)) };
  };
  return { page, pass: (ms: number) => clock.run(clock.nowMs() + ms), posted: () => posted };
}

it("tells of a beginning at the first key and of an end once nothing has come for a while; never of keys between", async () => {
  const { page, pass, posted } = profile();
  const told: boolean[] = [];
  const { whenUsed, use } = page();
  whenUsed((inUse) => told.push(inUse));
  for (let key = 0; key < 300; key++) {
    use(key % 2 === 0 ? "keydown" : "input");
    await pass(20);
  }
  expect(told).toEqual([true]);
  // Six seconds of fifty events each: what they cause is bounded.
  expect(posted()).toBeLessThanOrEqual(16);
  await pass(quietAfterMs);
  expect(told).toEqual([true, false]);
  use("pointerdown");
  expect(told).toEqual([true, false, true]);
});

it("does not flap at a key a second", async () => {
  const { page, pass } = profile();
  const told: boolean[] = [];
  const { whenUsed, use } = page();
  whenUsed((inUse) => told.push(inUse));
  for (let key = 0; key < 60; key++) {
    use("keydown");
    await pass(1_000);
  }
  expect(told).toEqual([true]);
});

it("hears of the other pages of the profile, and takes one that has gone for one at rest", async () => {
  const { page, pass } = profile();
  const told: boolean[] = [];
  page().whenUsed((inUse) => told.push(inUse));
  page().use("wheel");
  expect(told).toEqual([true]);
  await pass(quietAfterMs);
  expect(told).toEqual([true, false]);
});

it("takes no movement of a pointer for use", () => {
  const { page } = profile();
  const told: boolean[] = [];
  const { whenUsed, use } = page();
  whenUsed((inUse) => told.push(inUse));
  for (const type of ["pointermove", "mousemove", "scroll", "keyup"]) use(type);
  expect(told).toEqual([]);
});
