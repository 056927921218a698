import { readFileSync } from "node:fs";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppearanceControl, appearanceChoices, readAppearance, textScales, usualAppearance } from "./appearance.ts";

/** What public/look.js does to a page before its first frame, with this kept on the device. */
function firstLook(kept: string | null): { readonly theme: string; readonly fontSize: string } {
  const documentElement = { dataset: { theme: "auto" }, style: { fontSize: "100%" } };
  const localStorage = { getItem: (key: string) => (key === "aether-settings" ? kept : null) };
  runInNewContext(readFileSync("public/look.js", "utf8"), { document: { documentElement }, localStorage });
  return { theme: documentElement.dataset.theme, fontSize: documentElement.style.fontSize };
}

describe("how the page looks", () => {
  it("is kept, and told to who follows it until that ends", () => {
    let kept: unknown = null;
    const settings = {
      load: () => kept,
      save: (value: unknown) => {
        kept = JSON.parse(JSON.stringify(value));
      },
    };
    const control = new AppearanceControl(settings);
    const told: string[] = [];
    const end = control.follow(({ theme, text }) => told.push(`${theme} ${text}`));
    control.choose({ theme: "dark" });
    control.choose({ text: "large" });
    end();
    control.choose({ theme: "light" });
    expect(told).toEqual(["auto normal", "dark normal", "dark large"]);
    expect(new AppearanceControl(settings).current()).toEqual({ theme: "light", text: "large" });
  });

  it("is always one of the choices, whatever was kept", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (kept) => {
        const { theme, text } = readAppearance(kept);
        expect(appearanceChoices.theme).toContain(theme);
        expect(appearanceChoices.text).toContain(text);
      }),
    );
    expect(readAppearance({ theme: "pink", text: "large" })).toEqual({ ...usualAppearance, text: "large" });
  });

  it("is the same in the first frame, before the app is there", () => {
    for (const theme of appearanceChoices.theme) {
      for (const text of appearanceChoices.text) {
        const look = firstLook(JSON.stringify({ theme, text }));
        expect(look).toEqual({ theme, fontSize: `${100 * textScales[text]}%` });
      }
    }
    for (const kept of [null, "", "null", "[]", "7", '{"theme":"pink","text":9}']) {
      expect(firstLook(kept)).toEqual({ theme: "auto", fontSize: "100%" });
    }
  });
});
