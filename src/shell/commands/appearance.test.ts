import { describe, expect, it } from "vitest";
import type { Client } from "#sdk/contract.ts";
import { AppearanceControl } from "../appearance.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";
import { appearanceCommandFor } from "./appearance.ts";
import type { ShellEnvironment } from "./command.ts";

function shell() {
  const lines: string[] = [];
  const appearance = new AppearanceControl({ load: () => null, save: () => undefined });
  const environment = { appearance, nowMs: () => 0 } as unknown as ShellEnvironment;
  const typed = new Shell(
    {} as Client,
    environment,
    plainScreen((text) => lines.push(text)),
  );
  return { appearance, lines, type: (line: string) => typed.run(line) };
}

describe("appearance", () => {
  it("chooses what is named, keeps the rest, and says what holds", async () => {
    const { appearance, lines, type } = shell();
    expect(await type(appearanceCommandFor({ theme: "dark" }))).toBe(0);
    expect(await type("appearance --text large --json")).toBe(0);
    expect(appearance.current()).toEqual({ theme: "dark", text: "large" });
    expect(lines.at(-1)).toBe('{"theme":"dark","text":"large"}');
  });

  it("refuses what is no choice, and changes nothing then", async () => {
    const { appearance, lines, type } = shell();
    expect(await type("appearance --theme dark --text huge")).not.toBe(0);
    expect(lines.join("\n")).toContain('--text is one of small, normal, large, not "huge"');
    expect(appearance.current()).toEqual({ theme: "auto", text: "normal" });
  });
});
