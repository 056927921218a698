/** What stands on a real terminal after it got other sizes, against one that had the last from the beginning. */
import { Terminal } from "@xterm/xterm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepingPlace } from "./scrolled-place.ts";
import { TerminalSession } from "./terminal-session.ts";

const newTerminal = (cols: number, rows: number): Terminal =>
  new Terminal({ cols, rows, scrollback: 500, allowProposedApi: true });

/** Slices that a terminal has not taken yet. */
const untaken = new WeakMap<Terminal, number>();

function sessionOn(terminal: Terminal): TerminalSession {
  const session = new TerminalSession(
    {
      get cols() {
        return terminal.cols;
      },
      get rows() {
        return terminal.rows;
      },
      write: (text, taken) => {
        untaken.set(terminal, (untaken.get(terminal) ?? 0) + 1);
        terminal.write(text, () => {
          taken();
          untaken.set(terminal, (untaken.get(terminal) ?? 0) - 1);
        });
      },
      clear: () => terminal.clear(),
      isAtRest: () => terminal.buffer.active.viewportY === terminal.buffer.active.baseY,
      onData: (listener) => void terminal.onData(listener),
    },
    {
      transcript: { add: () => undefined, clear: () => undefined },
      history: [],
      keepLine: () => undefined,
      forgetLines: () => undefined,
      announce: () => undefined,
      wait: () => Promise.resolve(),
      onRunning: () => undefined,
    },
  );
  session.ready();
  return session;
}

/** Resolves when all that was written has been taken. */
const taken = (terminal: Terminal): Promise<void> => new Promise((resolve) => terminal.write("", resolve));

async function settled(terminal: Terminal): Promise<void> {
  // Each slice of the queue is written when the one before was taken.
  do await taken(terminal);
  while ((untaken.get(terminal) ?? 0) > 0);
}

/** All rows that anything stands on, and where the cursor is among them, from the last row up. */
function seen(terminal: Terminal): { rows: readonly string[]; cursor: readonly [number, number] } {
  const { active } = terminal.buffer;
  const rows = Array.from({ length: active.length }, (_, y) => active.getLine(y)?.translateToString(true) ?? "");
  const last = rows.findLastIndex((row) => row !== "");
  return {
    rows: rows.slice(0, last + 1),
    cursor: [last - (active.baseY + active.cursorY), active.cursorX],
  };
}

/** Twelve of them fit the smallest screen: of a line that is taller, what has left the top is not drawn anew. */
const letters = fc.stringMatching(/^[a-z ]{5,15}$/);
const step = fc.oneof(
  fc.record({ type: fc.constant("type" as const), settles: fc.boolean(), text: letters }),
  fc.record({ type: fc.constant("left" as const), settles: fc.boolean(), count: fc.nat({ max: 30 }) }),
  fc.record({
    type: fc.constant("say" as const),
    settles: fc.boolean(),
    text: fc.stringMatching(/^[a-z]{1,7}( {1,2}[a-z]{1,7}){0,12}$/),
  }),
  fc.record({ type: fc.constant("enter" as const), settles: fc.boolean() }),
  fc.record({
    type: fc.constant("size" as const),
    settles: fc.boolean(),
    cols: fc.integer({ min: 12, max: 40 }),
    rows: fc.integer({ min: 20, max: 30 }),
  }),
);

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Does what a step other than a change of size says. */
function take(one: Exclude<Step, { type: "size" }>, terminal: Terminal, session: TerminalSession): void {
  if (one.type === "type") terminal.input(one.text);
  else if (one.type === "enter") terminal.input("\r");
  else if (one.type === "left") terminal.input("\x1b[D".repeat(one.count));
  else session.interject(one.text, "plain");
}

const sentence = "Whoever opens a window beside it wants to read what stood here before, word by word.";

describe("a terminal that gets another size", () => {
  it("shows prompt and line once, whole, with the cursor in its place, and loses nothing above", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
        const terminal = newTerminal(80, 24);
        const session = sessionOn(terminal);
        for (const one of steps) {
          if (one.type === "size") session.resize(() => terminal.resize(one.cols, one.rows));
          else take(one, terminal, session);
          // Half of them come while what was before is still being drawn.
          if (one.settles) await settled(terminal);
        }
        await settled(terminal);
        const fresh = newTerminal(terminal.cols, terminal.rows);
        const other = sessionOn(fresh);
        for (const one of steps) {
          if (one.type !== "size") take(one, fresh, other);
          // A line that was entered ends while one waits: both wait at the same places.
          if (one.settles) await settled(fresh);
        }
        await settled(fresh);
        expect(seen(terminal)).toEqual(seen(fresh));
      }),
      { numRuns: 30 },
    );
  });

  it("lets who reads earlier rows read on, and breaks them anew at the next prompt", async () => {
    const terminal = newTerminal(60, 12);
    const session = sessionOn(terminal);
    for (let i = 0; i < 30; i++) session.interject(sentence, "plain");
    await settled(terminal);
    terminal.scrollToLine(3);
    session.resize(() => keepingPlace(terminal, () => terminal.resize(40, 12)));
    await settled(terminal);
    const brokenTwice = "o read what stood";
    expect(seen(terminal).rows).toContain(brokenTwice);
    expect(terminal.buffer.active.viewportY).toBeLessThan(terminal.buffer.active.baseY);
    terminal.scrollToBottom();
    terminal.input("\r");
    await settled(terminal);
    expect(seen(terminal).rows).not.toContain(brokenTwice);
    expect(seen(terminal).rows.slice(0, 3)).toEqual([
      "Whoever opens a window beside it wants",
      "to read what stood here before, word by",
      "word.",
    ]);
  });

  it("shows nothing again that was taken off the screen", async () => {
    const terminal = newTerminal(60, 12);
    const session = sessionOn(terminal);
    session.interject(`abandon ability able: ${sentence}`, "plain");
    session.clear();
    session.interject(sentence, "plain");
    await settled(terminal);
    session.resize(() => terminal.resize(30, 12));
    await settled(terminal);
    expect(seen(terminal).rows.join(" ")).toContain("Whoever opens a window beside");
    expect(seen(terminal).rows.join(" ")).not.toContain("abandon");
  });

  it("keeps what somebody has scrolled to in the topmost row", async () => {
    const terminal = newTerminal(80, 20);
    for (let i = 0; i < 100; i++) terminal.write(`${i} ${"word ".repeat(20)}\r\n`);
    await taken(terminal);
    terminal.scrollToLine(60);
    const top = (): string =>
      terminal.buffer.active.getLine(terminal.buffer.active.viewportY)?.translateToString(true) ?? "";
    const before = top();
    expect(before).toMatch(/^\d+ word/);
    for (const cols of [40, 100, 33]) {
      keepingPlace(terminal, () => terminal.resize(cols, 20));
      expect(before.startsWith(top().slice(0, 20))).toBe(true);
    }
  });
});
