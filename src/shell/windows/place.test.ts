import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPlace, windowNames, writePlace } from "./place.ts";

describe("a window's place in the page's address", () => {
  it("is read as it was written, whatever it shows and whatever stands beside it", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...windowNames),
        fc.stringMatching(/^[\w:/ &=#%ä-]{0,60}$/),
        fc.stringMatching(/^\d{1,6}:[0-9a-f]{8}$/),
        (window, at, checkpoint) => {
          const hash = writePlace(`#checkpoint=${checkpoint}`, { window, at });
          expect(readPlace(hash)).toEqual({ window, at });
          expect(new URLSearchParams(hash.slice(1)).get("checkpoint")).toBe(checkpoint);
          expect(readPlace(writePlace(hash, null))).toBeNull();
        },
      ),
    );
  });

  it("is short enough to be read by people", () => {
    expect(writePlace("", { window: "explorer", at: "block/12" })).toBe("#open=explorer/block/12");
    expect(writePlace("#open=wallet", null)).toBe("");
  });

  it("is none where the window is unknown, or what it shows too long", () => {
    for (const hash of ["", "#", "#open=", "#open=bank", "#open=Wallet", `#open=wallet/${"x".repeat(201)}`])
      expect(readPlace(hash)).toBeNull();
  });
});
