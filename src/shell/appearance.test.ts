import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppearanceControl, appearanceChoices, readAppearance, usualAppearance } from "./appearance.ts";

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
});
