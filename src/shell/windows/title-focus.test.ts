import { beforeEach, expect, it } from "vitest";
import type { WindowName } from "./place.ts";
import { focusTitle, wantTitle, watchTyping } from "./title-focus.ts";

/** Where keys arrive: in the terminal, or elsewhere. */
class Target extends EventTarget {
  private readonly isInTerminal: boolean;
  constructor(isInTerminal: boolean) {
    super();
    this.isInTerminal = isInTerminal;
  }
  closest(): this | null {
    return this.isInTerminal ? this : null;
  }
  press(key: string): void {
    this.dispatchEvent(Object.assign(new Event("keydown"), { key }));
  }
}

/** Whether a window's title would get the focus now. */
function takesFocus(name: WindowName = "files"): boolean {
  let isFocused = false;
  focusTitle(name, {
    focus: () => {
      isFocused = true;
    },
  });
  return isFocused;
}

beforeEach(() => wantTitle("files"));

it("goes to a window's title after a line was entered, not while the next one is typed", () => {
  const terminal = new Target(true);
  const stop = watchTyping(terminal);
  expect(takesFocus()).toBe(true);
  for (const key of "open files") terminal.press(key);
  expect(takesFocus()).toBe(false);
  terminal.press("Enter");
  expect(takesFocus()).toBe(true);
  terminal.press("p");
  expect(takesFocus()).toBe(false);
  terminal.dispatchEvent(new Event("pointerdown"));
  expect(takesFocus()).toBe(true);
  stop();
  terminal.press("p");
  expect(takesFocus()).toBe(true);
});

it("goes there whatever is pressed elsewhere", () => {
  const bar = new Target(false);
  const stop = watchTyping(bar);
  bar.press("Tab");
  bar.press(" ");
  expect(takesFocus()).toBe(true);
  stop();
});

it("goes to the window that was asked for last, whichever comes last", () => {
  wantTitle("settings");
  wantTitle("wallet");
  expect(takesFocus("wallet")).toBe(true);
  expect(takesFocus("settings")).toBe(false);
});
