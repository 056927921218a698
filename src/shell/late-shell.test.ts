import { describe, expect, it } from "vitest";
import { LateShell } from "./late-shell.ts";
import type { Shell, ShellScreen } from "./shell.ts";
import { text } from "./text.ts";

/** Lets everything that is settled have its consequences. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function open() {
  const ran: string[] = [];
  const said: string[] = [];
  const loads: { come(): void; fail(): void }[] = [];
  let status: string | null = null;
  let timeIsUp = (): void => undefined;
  let nodeStarted = (): void => undefined;
  let endRun = (): void => undefined;
  const shell = {
    run: (line: string) => {
      ran.push(line);
      return new Promise<number>((resolve) => {
        endRun = () => resolve(0);
      });
    },
    stop: () => said.push("stopped"),
    pasteRemarks: () => [{ text: "Read it", tone: "warning" }],
    completions: () => Promise.resolve({ replaced: 0, candidates: ["help"] }),
  } as unknown as Shell;
  const screen = {
    print: (words: string) => said.push(words),
    showStatus: (words: string | null) => {
      status = words;
    },
  } as unknown as ShellScreen;
  const late = new LateShell({
    screen,
    load: () =>
      new Promise((resolve, reject) => {
        loads.push({ come: () => resolve(shell), fail: () => reject(new Error("gone")) });
      }),
    nodeStarts: new Promise<void>((resolve) => {
      nodeStarted = resolve;
    }),
    wait: () =>
      new Promise((resolve) => {
        timeIsUp = resolve;
      }),
  });
  return {
    late,
    ran,
    said,
    loads,
    status: () => status,
    timeIsUp: () => timeIsUp(),
    nodeStarted: () => nodeStarted(),
    endRun: () => endRun(),
  };
}

describe("a shell that is still being fetched", () => {
  it("runs what was typed before it was there, once, and is fetched once", async () => {
    const { late, ran, loads, endRun } = open();
    late.prepare();
    const code = late.run("help");
    const remarks = late.pasteRemarks("pay");
    expect(loads).toHaveLength(1);
    expect(ran).toEqual([]);
    loads[0]?.come();
    expect(await remarks).toHaveLength(1);
    await settle();
    expect(ran).toEqual(["help"]);
    endRun();
    expect(await code).toBe(0);
    expect((await late.completions("he")).candidates).toEqual(["help"]);
    expect(loads).toHaveLength(1);
  });

  it("does not run a line that was stopped meanwhile", async () => {
    const { late, ran, loads, said } = open();
    const code = late.run("pay");
    late.stop();
    expect(await code).toBe(126);
    loads[0]?.come();
    await settle();
    expect(ran).toEqual([]);
    expect(said).toEqual([]);
  });

  it("says so when it cannot be had, and tries again with the next line", async () => {
    const { late, ran, loads, said, endRun } = open();
    const first = late.run("help");
    loads[0]?.fail();
    expect(await first).toBe(126);
    expect(said).toEqual([text.commandsMissing]);
    const second = late.run("help");
    loads[1]?.come();
    await settle();
    endRun();
    expect(await second).toBe(0);
    expect(ran).toEqual(["help"]);
  });

  it("says what a line waits for while the node starts, until it has started", async () => {
    const { late, loads, status, timeIsUp, nodeStarted, endRun } = open();
    const code = late.run("status");
    loads[0]?.come();
    await settle();
    expect(status()).toBeNull();
    timeIsUp();
    await settle();
    expect(status()).toBe(text.nodeStarting);
    nodeStarted();
    await settle();
    expect(status()).toBeNull();
    endRun();
    expect(await code).toBe(0);
  });

  it("says nothing of the node to a line that has ended", async () => {
    const { late, loads, status, timeIsUp, endRun } = open();
    const code = late.run("help");
    loads[0]?.come();
    await settle();
    endRun();
    await code;
    timeIsUp();
    await settle();
    expect(status()).toBeNull();
  });
});
