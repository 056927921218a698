import { describe, expect, it } from "vitest";
import { accepted } from "#protocol/result.ts";
import { type ActivityView, type ComputeCaps, defaultCaps } from "#sdk/compute.ts";
import type { Client } from "#sdk/contract.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";
import type { ShellEnvironment } from "./command.ts";

const resting: ActivityView = {
  producing: false,
  pausedFor: "",
  caps: defaultCaps,
  onBattery: false,
  search: { threads: 0, hashesPerSecond: 0 },
  work: { stage: "idle", jobId: null, progress: null, sample: null },
  proposer: null,
  blocksProduced: 0,
  lastBlock: null,
  energy: { wattsPerCore: 10, busyCores: 0, wattsNow: 0, joules: 0 },
};

/** A shell on a node that answers with `view` and keeps the caps it is given. */
function shellOn(view: ActivityView) {
  let { caps } = view;
  const printed: string[] = [];
  const client = {
    activity: () => Promise.resolve(accepted({ ...view, caps })),
    setCaps: (choice: Partial<ComputeCaps>) => {
      caps = { ...caps, ...choice };
      return Promise.resolve(accepted(caps));
    },
  } as Partial<Client> as Client;
  const shell = new Shell(
    client,
    { nowMs: () => 0 } as ShellEnvironment,
    plainScreen((text) => printed.push(text)),
  );
  return { shell, printed, caps: () => caps };
}

describe("activity", () => {
  it("says what is done, what it costs by estimate, and whom proofs trust", async () => {
    const { shell, printed } = shellOn({
      ...resting,
      producing: true,
      search: { threads: 2, hashesPerSecond: 1_234_567 },
      work: {
        stage: "proving",
        jobId: null,
        progress: { stage: "prove", share: 1 / 3 },
        sample: { unit: "test\u001b[2J bench", emulated: false, runs: 3, found: true },
      },
      blocksProduced: 2,
      lastBlock: { height: 12, unit: "test bench", emulated: true },
      energy: { wattsPerCore: 10, busyCores: 1.5, wattsNow: 15, joules: 7_200 },
    });
    expect(await shell.run("activity")).toBe(0);
    const text = printed.join("\n");
    expect(text).toMatch(/making blocks +on\n/);
    expect(text).toMatch(/1,234,567 hashes a second on 2 threads/);
    expect(text).toMatch(/built-in sampler program: proving 33 %/);
    expect(text).toMatch(/found by test.*bench \(hardware\)/);
    expect(text).not.toContain("\u001b");
    expect(text).toMatch(/newest at height 12; its sample was drawn by test bench \(emulated\)/);
    expect(text).toMatch(/about 15 W now, 2\.00 Wh/);
    expect(text).toMatch(/An estimate, not a measurement: .* 10 W per core/);
    expect(text).toContain("development setup: trust in one party");
  });

  it.each([
    ["background", /on, but paused: the page of this node is in the background/],
    ["battery", /on, but paused: this device runs on its battery/],
    ["typing", /on, but paused: you are using this page; it goes on a moment after/],
  ] as const)("says what pauses it: %s", async (pausedFor, words) => {
    const { shell, printed } = shellOn({ ...resting, producing: true, pausedFor });
    await shell.run("activity");
    expect(printed.join("\n")).toMatch(words);
  });

  it("changes what is named and nothing else", async () => {
    const { shell, printed, caps } = shellOn(resting);
    expect(await shell.run("activity cap")).toBe(0);
    expect(printed.at(-1)).toBe(
      "50 % of each thread; in the background: pause; on battery: pause; while you type: pause",
    );
    expect(await shell.run("activity cap --cpu 30 --background run --typing run")).toBe(0);
    expect(await shell.run("activity cap --battery run")).toBe(0);
    expect(caps()).toEqual({
      cpuPercent: 30,
      pauseInBackground: false,
      pauseOnBattery: false,
      pauseWhileTyping: false,
    });
    expect(await shell.run("activity cap --battery pause --json")).toBe(0);
    expect(JSON.parse(printed.at(-1) ?? "")).toEqual({ ...caps(), pauseOnBattery: true });
  });

  it.each([
    ["activity cap --cpu 4", /from 5 to 100, not "4".*role produce off/],
    ["activity cap --cpu 101", /from 5 to 100/],
    ["activity cap --cpu 30%", /not "30%"/],
    ["activity cap --cpu 1e1", /from 5 to 100/],
    ["activity cap --cpu", /--cpu needs a value/],
    ["activity cap --background off", /--background is run or pause, not "off"/],
    ["activity cap --typing 1", /--typing is run or pause, not "1"/],
    ["activity cap --battery yes --cpu 30", /--battery is run or pause/],
    ["activity --cpu 30", /Usage: activity/],
    ["activity caps", /Usage: activity/],
  ])("refuses bad values and changes nothing: %s", async (line, words) => {
    const { shell, printed, caps } = shellOn(resting);
    expect(await shell.run(line)).toBe(1);
    expect(printed.at(-1)).toMatch(words);
    expect(caps()).toEqual(defaultCaps);
  });
});
