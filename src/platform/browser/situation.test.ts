import { expect, it } from "vitest";
import { watchSituation } from "./situation.ts";

class FakeBattery extends EventTarget {
  charging = true;
}

it("tells at once, when the battery is known, and at every change", async () => {
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" as DocumentVisibilityState });
  const battery = new FakeBattery();
  const told: unknown[] = [];
  const document = page as unknown as Document;
  let use = (_inUse: boolean): void => undefined;
  const watchUse = (tell: (inUse: boolean) => void): void => {
    use = tell;
  };
  watchSituation(document, { getBattery: () => Promise.resolve(battery) }, watchUse, (it) => told.push(it));
  expect(told).toEqual([{ visible: true, onBattery: null, typing: false }]);
  await Promise.resolve();
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  battery.charging = false;
  battery.dispatchEvent(new Event("chargingchange"));
  use(true);
  use(false);
  expect(told.slice(1)).toEqual([
    { visible: true, onBattery: false, typing: false },
    { visible: false, onBattery: false, typing: false },
    { visible: false, onBattery: true, typing: false },
    { visible: false, onBattery: true, typing: true },
    { visible: false, onBattery: true, typing: false },
  ]);
});

it("does without a battery where the browser has none, or forbids it", async () => {
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" }) as unknown as Document;
  for (const navigator of [{}, { getBattery: () => Promise.reject(new Error("forbidden")) }]) {
    const told: unknown[] = [];
    watchSituation(
      document,
      navigator,
      () => undefined,
      (it) => told.push(it),
    );
    await Promise.resolve();
    expect(told).toEqual([{ visible: true, onBattery: null, typing: false }]);
  }
});
