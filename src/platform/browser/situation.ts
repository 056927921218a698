/**
 * Tells whether the page can be seen, whether the device runs on its battery, and whether somebody is using the app, now
 * and at every change.
 * @module
 */
import type { ComputeSituation } from "#sdk/compute.ts";

/** The part of the Battery Status API used here; TypeScript's DOM library does not have it, nor do all browsers. */
interface BatteryManager extends EventTarget {
  readonly charging: boolean;
}

interface BatteryTeller {
  getBattery?(): Promise<BatteryManager>;
}

/**
 * Calls `tell` at once and at every change. A page gives its `document` and `navigator`, and what tells of its being used;
 * it watches for its life.
 */
export function watchSituation(
  document: Pick<Document, "visibilityState" | "addEventListener">,
  navigator: object,
  watchUse: (tell: (inUse: boolean) => void) => void,
  tell: (situation: ComputeSituation) => void,
): void {
  let battery: BatteryManager | null = null;
  let typing = false;
  const now = (): void =>
    tell({
      visible: document.visibilityState === "visible",
      onBattery: battery === null ? null : !battery.charging,
      typing,
    });
  document.addEventListener("visibilitychange", now);
  watchUse((inUse) => {
    typing = inUse;
    now();
  });
  now();
  (navigator as BatteryTeller).getBattery?.().then(
    (found) => {
      battery = found;
      found.addEventListener("chargingchange", now);
      now();
    },
    // A browser may have the call and forbid it; then it does not tell.
    () => undefined,
  );
}
