import { expect, it } from "vitest";
import { watchInstalledApp } from "./installed-app.ts";

/** The parts of a window that are asked where no service worker can be had. */
function windowWith(navigator: object): Window {
  const target = new EventTarget();
  return Object.assign(target, {
    navigator: { locks: { request: async () => undefined }, ...navigator },
    document: { readyState: "complete", querySelector: () => ({ content: "1700000000" }) },
    location: { hash: "", search: "" },
    matchMedia: () => ({ matches: false }),
    requestIdleCallback: (rest: () => void) => queueMicrotask(rest),
    caches: { has: async () => false },
  }) as unknown as Window;
}

const workers = (register: () => Promise<unknown>) => ({
  serviceWorker: Object.assign(new EventTarget(), { startMessages: () => undefined, controller: null, register }),
});

it.each([
  ["answers with nothing, as blockers do", workers(async () => undefined)],
  ["refuses", workers(() => Promise.reject(new DOMException("blocked", "SecurityError")))],
  ["has none", {}],
  [
    "forbids to ask",
    {
      get serviceWorker() {
        throw new DOMException("blocked", "SecurityError");
      },
    },
  ],
])("says that there is no start without a network where the browser %s", async (_, navigator) => {
  const window = windowWith({});
  Object.defineProperties(window.navigator, Object.getOwnPropertyDescriptors(navigator));
  const app = watchInstalledApp(window, Promise.resolve());
  await expect.poll(() => app.state().offlineStart).toBe("unavailable");
  await app.look();
  expect(app.state()).toMatchObject({ build: 1_700_000_000, waiting: null, refused: null });
});
