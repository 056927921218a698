import { expect, it } from "vitest";
import { focusTitle, watchTyping } from "./title-focus.ts";

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

/** Whether a title would get the focus now. */
function takesFocus(): boolean {
  let isFocused = false;
  focusTitle({
    focus: () => {
      isFocused = true;
    },
  });
  return isFocused;
}

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
