import { describe, expect, it } from "vitest";
import type { Completion } from "../completion.ts";
import type { PromptShell } from "../late-shell.ts";
import { TerminalSession } from "./terminal-session.ts";

/** A session whose commands run until they are told to end. */
function open() {
  let type: (data: string) => void = () => undefined;
  const ran: string[] = [];
  const ends: ((code?: number) => void)[] = [];
  let stops = 0;
  let drawn = "";
  const said: string[] = [];
  const running: boolean[] = [];
  const kept: string[] = [];
  const announced: string[] = [];
  const asked: string[] = [];
  let complete: (found: Completion) => void = () => undefined;
  let giveUp = (): void => undefined;
  const session = new TerminalSession(
    {
      cols: 40,
      rows: 10,
      write: (text, taken) => {
        drawn += text;
        taken();
      },
      clear: () => undefined,
      isAtRest: () => true,
      onData: (listener) => (type = listener),
    },
    {
      transcript: { add: (line) => said.push(line), clear: () => said.splice(0) },
      history: [],
      keepLine: (line) => kept.push(line),
      forgetLines: () => kept.splice(0),
      announce: (line) => announced.push(line),
      wait: () => new Promise((resolve) => (giveUp = resolve)),
      onRunning: (isRunning) => running.push(isRunning),
    },
  );
  session.shell = {
    wantsMore: (line: string) => line.endsWith("|"),
    join: (earlier: string, line: string) => (earlier === "" ? line : `${earlier}\n${line}`),
    pasteRemarks: () => Promise.resolve([]),
    stop: () => stops++,
    completions: (before: string) => {
      asked.push(before);
      return new Promise((resolve) => (complete = resolve));
    },
    run: (line: string) => {
      ran.push(line);
      return new Promise<number>((resolve) => ends.push((code = 0) => resolve(code)));
    },
  } as unknown as PromptShell;
  session.ready();
  /** Lets the command that runs end, and what follows from it happen. */
  const end = async (code?: number): Promise<void> => {
    ends.shift()?.(code);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const keys = (text: string): void => {
    for (const key of text) type(key);
  };
  /** Lets Tab find what it looks for, or have looked long enough. */
  const found = async (candidates: readonly string[] | null, replaced = 0): Promise<void> => {
    if (candidates === null) giveUp();
    else complete({ replaced, candidates });
    await new Promise((resolve) => setImmediate(resolve));
  };
  const paste = (text: string): void => type(`\x1b[200~${text}\x1b[201~`);
  return {
    session,
    keys,
    press: (data: string): void => type(data),
    kept,
    announced,
    asked,
    paste,
    end,
    found,
    ran,
    said,
    running,
    drawn: () => drawn,
    stops: () => stops,
  };
}

describe("earlier lines", () => {
  it("lack what names no command behind a line that asked for a passphrase, and can be forgotten", async () => {
    const { session, keys, end, kept, said } = open();
    keys("id drill\r");
    const answer = session.ask("Passphrase: ", true);
    keys("wrong one\r");
    expect(await answer).toBe("wrong one");
    await end(1);
    keys("correct horse\r");
    await end(127);
    expect(said.at(-1)).toMatch(/Was that your passphrase\? .* not kept/);
    keys("hlep\r");
    await end(127);
    keys("id unlock\r");
    const second = session.ask("Passphrase: ", true);
    keys("right one\r");
    await second;
    await end();
    keys("balance\r");
    await end();
    expect(kept).toEqual(["id drill", "hlep", "id unlock", "balance"]);
    expect(session.history()).toEqual(kept);
    session.forgetHistory();
    expect([kept, session.history()]).toEqual([[], []]);
  });
});

describe("a command typed by a button", () => {
  it("is no part of the line at the prompt, which comes back behind it", async () => {
    const { session, keys, end, ran, drawn, announced } = open();
    keys("one |\rtw");
    void session.enter("status");
    expect(ran).toEqual(["status"]);
    await end();
    expect(drawn().split("\x1b[J").at(-1)).toContain("… tw");
    expect(announced).toEqual(["one |\ntw"]);
    keys("o\r");
    expect(ran).toEqual(["status", "one |\ntwo"]);
  });

  it("lets what was typed meanwhile begin at an empty prompt", async () => {
    const { session, keys, end, ran } = open();
    keys("pay bob 1");
    void session.enter("status");
    keys("peers\r");
    await end();
    expect(ran).toEqual(["status", "peers"]);
  });

  it("drops the keys that wait for a Tab with that Tab", async () => {
    const { session, keys, found, end, ran } = open();
    keys("pay b\t 1\r");
    void session.enter("status");
    await found(["bob"], 1);
    await end();
    expect(ran).toEqual(["status"]);
  });

  it("is not run while another runs or asks, and says so", async () => {
    const { session, keys, end, ran, said } = open();
    keys("pay\r");
    await session.enter("status");
    expect(said.at(-1)).toBe("`status` was not run: something else still runs.");
    const answer = session.ask("Sign? ", false);
    await session.enter("status");
    expect(said.at(-1)).toBe("`status` was not run: first answer the question.");
    keys("n\r");
    expect(await answer).toBe("n");
    await end();
    expect(ran).toEqual(["pay"]);
  });
});

describe("a paste that no line can hold", () => {
  it("is not put in, and leaves what was typed", async () => {
    const { session, keys, paste, ran, said } = open();
    keys("abc");
    paste("x".repeat(20_000));
    expect(said.at(-1)).toContain("more than a line takes: nothing was pasted.");
    keys("d\r");
    expect(ran).toEqual(["abcd"]);
    const answer = session.ask("Note? ", false);
    paste("x".repeat(20_000));
    keys("n\r");
    expect(await answer).toBe("n");
  });
});

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

describe("Tab", () => {
  it("is waited for by the keys behind it", async () => {
    const { keys, found, ran } = open();
    keys("cat my\tx\r");
    expect(ran).toEqual([]);
    await found(["'my notes'"], 2);
    expect(ran).toEqual(["cat 'my notes' x"]);
  });

  it("takes the keys behind it one after another, further Tabs too", async () => {
    const { keys, found, ran } = open();
    keys("st\t--j\t\r");
    await found(["status"], 2);
    await found(["--json"], 3);
    expect(ran).toEqual(["status --json "]);
  });

  it("knows the rows before it, and changes none of them", async () => {
    const { keys, found, asked, ran } = open();
    keys("echo 'a |\rb\t");
    await found(["'a |\nbc'"], 6);
    keys("w\t");
    await found(["bwc"], 2);
    keys("\r");
    expect(asked).toEqual(["echo 'a |\nb", "echo 'a |\nbw"]);
    expect(ran).toEqual(["echo 'a |\nbwc "]);
  });

  it("completes what candidates have in common, and lists them if that is nothing more", async () => {
    const { keys, found, drawn, ran } = open();
    keys("st\t");
    await found(["stake", "status"], 2);
    keys("\t");
    await found(["stake", "status"], 3);
    expect(drawn()).toContain("stake   status");
    keys("\r");
    expect(ran).toEqual(["sta"]);
  });

  it("tells who sees nothing what it brought, and so do the keys that recall", async () => {
    const { keys, found, session, press, announced, kept, end } = open();
    keys("st\t");
    await found(["status"], 2);
    keys("\r");
    await end();
    session.interject("news", "plain");
    keys("typed");
    for (const key of ["\x1b[A", "\x1b[B", "\x12", "a"]) press(key);
    expect(announced).toEqual(["status ", "status ", "typed", "(search) a: status "]);
    expect(kept).toEqual(["status "]);
  });

  it("holds up nobody for long, and is given up by Ctrl-C", async () => {
    const { keys, found, ran } = open();
    keys("a\tb\r");
    await found(null);
    expect(ran).toEqual(["ab"]);
    const other = open();
    other.keys("a\tb\r\x03version\tx\r");
    expect(other.ran).toEqual([]);
    await other.found(["versions"], 7);
    expect(other.ran).toEqual(["versions x"]);
  });
});

describe("a paste", () => {
  it("of several lines stands there as such, and waits for Enter", () => {
    const { session, keys, ran, drawn, paste } = open();
    paste("echo a\r\necho\tb\x1b[2J\n");
    expect(ran).toEqual([]);
    expect(drawn()).toContain("echo a\r\n… echo b[2J");
    session.print("news", "plain");
    keys("\r");
    expect(ran).toEqual(["echo a\necho b[2J"]);
  });

  it("while a command runs waits as well", async () => {
    const { keys, ran, end, paste, drawn } = open();
    keys("first\r");
    paste("second\nthird\n");
    await end();
    expect(ran).toEqual(["first"]);
    keys("\r");
    expect(ran).toEqual(["first", "second\nthird"]);
    paste("x".repeat(5_000));
    expect(drawn()).toContain("was dropped");
  });

  it("and what is hidden shows only how much was typed", () => {
    const { session, keys, drawn } = open();
    keys("id new\r");
    void session.ask("Passphrase: ", true);
    keys("geheim");
    expect(drawn()).toContain("Passphrase: \x1b[0m••••••");
    expect(drawn()).not.toContain("geheim");
  });

  it("into a question answers nothing by itself", async () => {
    const { session, keys, paste } = open();
    keys("pay\r");
    let answered = false;
    const answer = session.ask("Sign and send? [y/N] ", false).then((text) => {
      answered = true;
      return text;
    });
    paste("y\ny\n");
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(false);
    session.interrupt();
    expect(await answer).toBeNull();
  });
});

describe("what others wrote", () => {
  it("steers nothing, wherever it is shown", async () => {
    const { session, keys, drawn, said } = open();
    const evil = "a\x1b[2J\x1b]0;owned\x07\x9b5A\u202eb";
    session.print(evil, "plain");
    session.interject(evil, "warning");
    keys("first\r");
    session.showStatus(evil);
    void session.ask(evil, false);
    const shown = "a�[2J�]0;owned��5A�b";
    expect(drawn().split(shown)).toHaveLength(5);
    expect(drawn()).not.toMatch(/\x1b\[2J|\x1b\]|\x07|\x9b|\u202e/);
    expect(said).toEqual([shown, shown, "› first", shown]);
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
