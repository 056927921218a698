import { describe, expect, it } from "vitest";
import type { Shell } from "../shell.ts";
import { TerminalSession } from "./terminal-session.ts";

/** A session whose commands run until they are told to end. */
function open() {
  let type: (data: string) => void = () => undefined;
  const ran: string[] = [];
  const ends: (() => void)[] = [];
  let stops = 0;
  let drawn = "";
  const said: string[] = [];
  const running: boolean[] = [];
  const session = new TerminalSession(
    {
      cols: 40,
      write: (text, taken) => {
        drawn += text;
        taken();
      },
      clear: () => undefined,
      onData: (listener) => (type = listener),
    },
    {
      transcribe: (line) => said.push(line),
      history: [],
      saveHistory: () => undefined,
      onRunning: (isRunning) => running.push(isRunning),
    },
  );
  session.shell = {
    wantsMore: () => false,
    join: (_: string, line: string) => line,
    stop: () => stops++,
    run: (line: string) => {
      ran.push(line);
      return new Promise<number>((resolve) => ends.push(() => resolve(0)));
    },
  } as unknown as Shell;
  session.ready();
  /** Lets the command that runs end, and what follows from it happen. */
  const end = async (): Promise<void> => {
    ends.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const keys = (text: string): void => {
    for (const key of text) type(key);
  };
  return { session, keys, end, ran, said, running, drawn: () => drawn, stops: () => stops };
}

describe("typing while a command runs", () => {
  it("is taken by the next prompt, command after command", async () => {
    const { keys, end, ran } = open();
    keys("first\rsecond\rthi");
    expect(ran).toEqual(["first"]);
    await end();
    expect(ran).toEqual(["first", "second"]);
    await end();
    keys("rd\r");
    expect(ran).toEqual(["first", "second", "third"]);
  });

  it("never answers a question that could not be read yet", async () => {
    const { session, keys, end } = open();
    keys("pay\ry\r");
    const answer = session.ask("Sign and send? [y/N] ", false);
    keys("n\r");
    expect(await answer).toBe("n");
    await end();
  });

  it("is forgotten when Ctrl-C ends the command", async () => {
    const { keys, end, ran, stops } = open();
    keys("first\rsecond\r\x03");
    expect(stops()).toBe(1);
    await end();
    keys("third\r");
    expect(ran).toEqual(["first", "third"]);
  });

  it("is stopped from outside as by Ctrl-C, and who cares hears when something runs", async () => {
    const { session, keys, end, stops, running } = open();
    keys("first\rsecond\r");
    expect(running).toEqual([true]);
    session.interrupt();
    expect(stops()).toBe(1);
    await end();
    expect(running).toEqual([true, false]);
    keys("pay\r");
    const answer = session.ask("Sign and send? [y/N] ", false);
    session.interrupt();
    expect(await answer).toBeNull();
    expect(stops()).toBe(1);
    await end();
    expect(running).toEqual([true, false, true, false]);
  });

  it("is kept up to a bound", async () => {
    const { keys, end, ran } = open();
    keys("first\r");
    keys("x".repeat(10_000));
    await end();
    keys("\r");
    expect(ran[1]).toHaveLength(4_096);
  });
});

describe("what is shown while a command runs", () => {
  it("stands below what is printed, in one row, and goes when the command ends", async () => {
    const { session, keys, end, drawn, said } = open();
    keys("first\r");
    const from = drawn().length;
    session.showStatus("half done and a word or two more than a row can hold");
    session.print("a line", "plain");
    session.showStatus("done");
    await end();
    const row = `\x1b[90m${"half done and a word or two more than a row can hold".slice(0, 39)}\x1b[0m`;
    const away = "\r\x1b[K";
    expect(drawn().slice(from)).toContain(`${row}${away}a line\x1b[0m\r\n${row}${away}\x1b[90mdone\x1b[0m${away}`);
    expect(said).toEqual(["› first", "a line"]);
  });

  it("cuts what a screen reader gets of an endless line, and draws the line in pieces", () => {
    const { session, drawn, said } = open();
    session.print({ lines: ["x".repeat(1_000_000)], characters: 1_000_000 }, "program");
    expect(drawn()).toContain("x".repeat(1_000_000));
    expect(said[0]).toHaveLength(65_536);
  });
});
