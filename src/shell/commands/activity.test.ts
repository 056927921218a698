import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import { type ActivityView, type ComputeCaps, defaultCaps } from "#sdk/compute.ts";
import type { Client } from "#sdk/contract.ts";
import { defaultResourceCaps, noTraffic, type ResourceCaps, type ResourcesView } from "#sdk/resources.ts";
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

const taken: Omit<ResourcesView, "caps"> = {
  storage: {
    parts: {
      blocks: 3_000_000,
      undo: 0,
      headers: 1_000,
      state: 5_000_000,
      pool: 0,
      mail: 0,
      files: 0,
      documents: 0,
      other: 0,
    },
    totalBytes: 8_001_000,
    blocks: 12,
    leastCapBytes: 1e7,
    measuredAtMs: 0,
  },
  traffic: { ...noTraffic, receivedBytes: 2_048, sentPerSecond: 1_024, servedBytes: 512, putOff: 2 },
};

/** A shell on a node that answers with `view` and keeps the caps it is given. */
function shellOn(view: ActivityView) {
  let { caps } = view;
  let resourceCaps: ResourceCaps = defaultResourceCaps;
  const printed: string[] = [];
  const client = {
    activity: () => Promise.resolve(accepted({ ...view, caps })),
    setCaps: (choice: Partial<ComputeCaps>) => {
      caps = { ...caps, ...choice };
      return Promise.resolve(accepted(caps));
    },
    resources: () => Promise.resolve(accepted({ ...taken, caps: resourceCaps })),
    setResourceCaps: (choice: Partial<ResourceCaps>) => {
      if ((choice.storageBytes ?? Number.POSITIVE_INFINITY) < 1e7)
        return Promise.resolve(rejected("invalid-argument", "The least is 10MB."));
      resourceCaps = { ...resourceCaps, ...choice };
      return Promise.resolve(accepted(resourceCaps));
    },
  } as Partial<Client> as Client;
  const shell = new Shell(
    client,
    { nowMs: () => 0 } as ShellEnvironment,
    plainScreen((text) => printed.push(text)),
  );
  return { shell, printed, caps: () => caps, resourceCaps: () => resourceCaps };
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
    expect(printed.at(-2)).toBe(
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
    expect(JSON.parse(printed.at(-1) ?? "")).toEqual({
      ...caps(),
      ...defaultResourceCaps,
      pauseOnBattery: true,
    });
  });

  it("says what storage and traffic come to, and caps them", async () => {
    const { shell, printed, resourceCaps, caps } = shellOn(resting);
    await shell.run("activity");
    expect(printed.join("\n")).toMatch(/storage +7\.6 MiB, 12 blocks kept whole\n +state 4\.8 MiB, blocks 2\.9 MiB/);
    expect(printed.join("\n")).toMatch(/traffic +in 0 B\/s, out 1\.0 KiB\/s; 2\.0 KiB in and 0 B out so far/);
    expect(printed.join("\n")).toMatch(/served +512 B; 2 requests put off/);
    expect(await shell.run("activity cap --storage 200MB --serve 100kB")).toBe(0);
    expect(resourceCaps()).toEqual({ storageBytes: 2e8, servedBytesPerSecond: 1e5 });
    expect(printed.at(-1)).toBe("storage: 190.7 MiB; chain data sent to others: 97.7 KiB/s");
    expect(await shell.run("activity cap --serve none --json")).toBe(0);
    expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({ storageBytes: 2e8, servedBytesPerSecond: null });
    // Nothing of a line is taken if a part of it is refused.
    expect(await shell.run("activity cap --cpu 30 --storage 5MB")).toBe(1);
    expect(await shell.run("activity cap --storage 300MB --cpu 3")).toBe(1);
    expect(await shell.run("activity cap --serve lots")).toBe(1);
    expect([caps().cpuPercent, resourceCaps().storageBytes]).toEqual([50, 2e8]);
    await shell.run("activity --json");
    expect(JSON.parse(printed.at(-1) ?? "")).toMatchObject({ resources: { storage: { blocks: 12 } } });
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
