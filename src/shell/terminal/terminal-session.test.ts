import { describe, expect, it } from "vitest";
import type { Shell } from "../shell.ts";
import { TerminalSession } from "./terminal-session.ts";

/** A session whose commands run until they are told to end. */
function open() {
  let type: (data: string) => void = () => undefined;
  const ran: string[] = [];
  const ends: (() => void)[] = [];
  let stops = 0;
  const session = new TerminalSession(
    { cols: 80, write: () => undefined, clear: () => undefined, onData: (listener) => (type = listener) },
    { transcribe: () => undefined, history: [], saveHistory: () => undefined },
  );
  session.shell = {
    wantsMore: () => false,
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
  return { session, keys, end, ran, stops: () => stops };
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

  it("is kept up to a bound", async () => {
    const { keys, end, ran } = open();
    keys("first\r");
    keys("x".repeat(10_000));
    await end();
    keys("\r");
    expect(ran[1]).toHaveLength(4_096);
  });
});
