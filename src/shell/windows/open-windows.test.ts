import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mostWindows, type OpenWindows, windowsAt, withoutWindow, withPlace, withUse } from "./open-windows.ts";
import { type WindowName, windowNames } from "./place.ts";

const opened = (...names: readonly WindowName[]): OpenWindows =>
  names.reduce((before, window) => withPlace(before, { window, at: "" }), windowsAt(null));
const names = ({ open }: OpenWindows) => open.map(({ window }) => window);

describe("open windows", () => {
  it("give the place of the one that was used least recently to one that has none, and keep it aside", () => {
    const used = withUse(opened("wallet", "files", "explorer"), "wallet");
    const four = withPlace(used, { window: "network", at: "" });
    expect([names(four), four.aside]).toEqual([["wallet", "explorer", "network"], { window: "files", at: "" }]);
    // It comes back in the place of the next, which is aside then.
    const back = withPlace(four, { window: "files", at: "" });
    expect([names(back), back.aside?.window]).toEqual([["wallet", "network", "files"], "explorer"]);
  });

  it("keep what is aside where a window is moved or closed, until the last one is", () => {
    const four = opened("wallet", "files", "explorer", "network");
    const moved = withPlace(four, { window: "explorer", at: "block/1" });
    expect([moved.aside?.window, moved.used.at(-1)]).toEqual(["wallet", "explorer"]);
    const two = withoutWindow(moved, "network");
    // There is room: nothing else has to go for it.
    expect(withPlace(two, { window: "wallet", at: "" })).toMatchObject({ aside: null });
    expect(names(withPlace(two, { window: "wallet", at: "" }))).toEqual(["files", "explorer", "wallet"]);
    expect(withoutWindow(withoutWindow(two, "files"), "explorer")).toEqual(windowsAt(null));
  });

  it("stay at most so many, each once, whatever is done", () => {
    const step = fc.tuple(fc.constantFrom("go", "use", "close"), fc.constantFrom(...windowNames));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let now = windowsAt(null);
        for (const [what, window] of steps) {
          const before = now;
          if (what === "go") now = withPlace(now, { window, at: "x" });
          else now = what === "use" ? withUse(now, window) : withoutWindow(now, window);
          expect(new Set(now.used)).toEqual(new Set(names(now)));
          expect(now.used).toHaveLength(now.open.length);
          expect(now.open.length).toBeLessThanOrEqual(mostWindows);
          if (now.aside !== null) expect(names(now)).not.toContain(now.aside.window);
          if (what !== "go") continue;
          expect(now.used.at(-1)).toBe(window);
          // Whoever was used last before is never the one that goes.
          if (before.used.length > 0) expect(names(now)).toContain(before.used.at(-1));
        }
      }),
    );
  });
});
