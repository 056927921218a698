/**
 * A screen that is no terminal: whatever is printed is handed on as text, and nobody is there to answer.
 * @module
 */
import type { ScreenText } from "./output.ts";
import type { ShellScreen } from "./shell.ts";

/** Makes one; `parts` take the place of what it would do. */
export function plainScreen(print: (text: string) => void, parts: Partial<ShellScreen> = {}): ShellScreen {
  const show = (text: ScreenText): void => print(typeof text === "string" ? text : [...text.lines].join("\n"));
  return {
    print: show,
    interject: show,
    showStatus: () => undefined,
    room: () => Promise.resolve(),
    ask: () => Promise.resolve(null),
    isAnswered: false,
    clear: () => undefined,
    history: () => [],
    forgetHistory: () => undefined,
    ...parts,
  };
}
