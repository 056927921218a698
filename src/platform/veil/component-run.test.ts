import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { type Capability, capabilities, type RunInput, type RunLimits, type RunResult } from "#veil/run.ts";
import { type PreparedComponent, runComponent } from "./component-run.ts";
import { loadGlueInNode } from "./node-glue.ts";
import { prepareComponent } from "./transpile.ts";

const limits: RunLimits = {
  fuel: 50_000_000,
  memoryPages: 256,
  outputBytes: 100_000,
  fileBytes: 1_000_000,
  wallMs: 10_000,
};
const input: RunInput = {
  arguments: ["program"],
  environment: [],
  input: new Uint8Array(0),
  files: [],
  timeMs: 1_700_000_000_123,
  seed: new Uint8Array(32).fill(7),
};

interface Settings extends Partial<Omit<RunInput, "input">>, Partial<RunLimits> {
  readonly text?: string;
  readonly granted?: readonly Capability[];
}

async function prepared(path: string, memoryPages = limits.memoryPages): Promise<PreparedComponent> {
  const program = await prepareComponent(readFileSync(path), memoryPages);
  if (!program.ok) throw new Error(program.message);
  if (program.value.type !== "component") throw new Error("no component");
  return program.value;
}

function runOf(program: PreparedComponent, names: readonly string[], settings: Settings = {}) {
  const { text = "", granted = capabilities, ...given } = settings;
  return runComponent(
    program,
    {
      capabilities: granted,
      input: { ...input, ...given, input: utf8ToBytes(text), arguments: ["program", ...names] },
      limits: { ...limits, ...given },
    },
    { loadGlue: loadGlueInNode },
  );
}

function resultOf(program: PreparedComponent, names: readonly string[], settings: Settings = {}): RunResult {
  const result = runOf(program, names, settings);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const file = (path: string, text: string) => ({ path, bytes: utf8ToBytes(text) });

test("components committed for tests are those whose digests are pinned", () => {
  const digests = JSON.parse(readFileSync("guests/digests.json", "utf8")) as Record<string, string>;
  expect(Object.keys(digests)).toEqual(["src/testing/veil/wasi-probe.wasm", "guests/words/words.wasm"]);
  for (const [path, digest] of Object.entries(digests)) {
    expect(createHash("sha256").update(readFileSync(path)).digest("hex")).toBe(digest);
  }
});

describe("wc, in C with wasi-libc", () => {
  let wc: PreparedComponent;
  beforeAll(async () => {
    wc = await prepared("guests/wc/wc.wasm");
  });

  test("counts files and input and fails if a file is not there", () => {
    const files = [file("a.txt", "one two  three\n"), file("b/c", "ä\n\n")];
    const counted = resultOf(wc, ["a.txt", "-", "/b/c"], { files, text: "no end" });
    expect(textOf(counted.output)).toBe("1 3 15 a.txt\n0 2 6 -\n2 1 4 /b/c\n3 6 25 total\n");
    expect(counted.end).toEqual({ type: "exit", code: 0 });
    const missing = resultOf(wc, ["-l", "a.txt", "nothing"], { files });
    expect(missing.end).toEqual({ type: "exit", code: 1 });
    expect(textOf(missing.output)).toBe("1 a.txt\n1 total\n");
    expect(textOf(missing.errorOutput)).toBe("wc: nothing: No such file or directory\n");
  });

  test("counts a megabyte by its size", () => {
    const small = resultOf(wc, ["-c"], { text: "x\n" });
    const large = resultOf(wc, ["-c"], { text: "some words\n".repeat(100_000) });
    expect(textOf(large.output)).toBe("1100000\n");
    expect(large.fuelUsed).toBeGreaterThan(small.fuelUsed + 1_100_000);
    expect(large.memoryPeakPages).toBe(small.memoryPeakPages);
  });

  test("gives the same for the same, to the unit", () => {
    const run = () => resultOf(wc, ["-", "a"], { text: "b b b", files: [file("a", "1 2 3")] });
    expect(run()).toEqual(run());
  });

  test("is refused what it is not granted, by name, before anything runs", () => {
    const refused = runOf(wc, [], { granted: ["arguments", "environment", "input", "files"] });
    expect(refused).toMatchObject({ ok: false, code: "not-granted", context: { missing: "output" } });
    expect(refused.ok || refused.message).toContain("wasi:cli/stdout@0.2.3");
  });

  test("starts with the memory of its lease or not at all", async () => {
    const refused = await prepareComponent(readFileSync("guests/wc/wc.wasm"), 2);
    expect(refused).toMatchObject({ ok: false, code: "out-of-memory" });
  });
});

describe("words, in Rust with its standard library", () => {
  test("counts words of files and input, and says what it could not read", async () => {
    const words = await prepared("guests/words/words.wasm");
    const counted = resultOf(words, [], { text: "to be or not to be to" });
    expect(textOf(counted.output)).toBe("      3 to\n      2 be\n      1 not\n      1 or\n");
    const read = resultOf(words, ["a", "b"], { files: [file("a", "x y"), file("b", "y")] });
    expect(textOf(read.output)).toBe("      2 y\n      1 x\n");
    const failed = resultOf(words, ["nothing"]);
    expect(failed.end).toEqual({ type: "exit", code: 1 });
    expect(textOf(failed.errorOutput)).toBe("words: nothing: No such file or directory (os error 44)\n");
    expect(resultOf(words, [], { text: "x" }).fuelUsed).toBe(resultOf(words, [], { text: "x" }).fuelUsed);
  });
});

describe("a program that does what it is told", () => {
  let probe: PreparedComponent;
  beforeAll(async () => {
    probe = await prepared("src/testing/veil/wasi-probe.wasm");
  });

  const textOfRun = (names: readonly string[], settings?: Settings): string =>
    textOf(resultOf(probe, names, settings).output);

  test("reads its surroundings", () => {
    expect(
      textOfRun(["environment"], {
        environment: [
          ["A", "1"],
          ["ß", "€"],
        ],
      }),
    ).toBe("A=1\nß=€\n");
    expect(textOfRun(["echo"], { text: "x".repeat(90_000) })).toBe("x".repeat(90_000));
    expect(textOf(resultOf(probe, ["error"]).errorOutput)).toBe("to the error output\n");
  });

  test("works with files as with others", () => {
    const given = [file("given", "1"), file("deep/er/file", "2")];
    const result = resultOf(probe, ["files"], { files: given });
    expect(textOf(result.output).split("\n")).toEqual([
      "0123----89",
      "12 bytes at 1700000000",
      "rmdir: Directory not empty",
      "newer",
      "deep/",
      "folder/",
      "given",
      "through a file: Not a directory",
      "write a folder: Is a directory",
      "above the root: Operation not permitted",
      "exclusive: File exists",
      "symlink: Not supported",
      "",
    ]);
    expect(result.files.map(({ path }) => path)).toEqual(["deep/er/file", "given"]);
    expect(result.end).toEqual({ type: "exit", code: 0 });
  });

  test("lives in a time that stands still but for its sleep", () => {
    expect(textOfRun(["time", "time"])).toBe("1700000000, slept 1500 ms\n".repeat(2));
  });

  test("draws the random bytes of its seed", () => {
    const first = textOfRun(["random"]);
    expect(first).toMatch(/^[0-9a-f]{32}\n$/);
    expect(textOfRun(["random"])).toBe(first);
    expect(textOfRun(["random"], { seed: new Uint8Array(32) })).not.toBe(first);
  });

  test.each([
    [["fail"], { type: "exit", code: 1 }],
    [["exit", "trap"], { type: "exit", code: 0 }],
    [["trap"], { type: "trap" }],
    [["loop"], { type: "out-of-fuel" }],
    [["calls"], { type: "out-of-fuel" }],
    [["recurse"], { type: "out-of-stack" }],
    [["flood"], { type: "too-much-output" }],
    [["open"], { type: "exit", code: 0 }],
  ])("ends %j", (names, end) => {
    const result = resultOf(probe, ["environment", ...names], { environment: [["A", "kept"]] });
    expect(result.end).toMatchObject(end);
    if (names[0] === "open") expect(textOf(result.output)).toContain("open: Out of memory\n");
    if (names[0] === "flood") expect(result.output.length).toBe(limits.outputBytes);
    if (result.end.type === "out-of-fuel") expect(result.fuelUsed).toBe(limits.fuel);
  });

  test("gets no more memory than the cap and is told so", async () => {
    const small = await prepared("src/testing/veil/wasi-probe.wasm", 64);
    const result = resultOf(small, ["grow"], { memoryPages: 64 });
    expect(result.end).toEqual({ type: "exit", code: 0 });
    expect(result.memoryPeakPages).toBeLessThanOrEqual(64);
    expect(result.memoryPeakPages).toBeGreaterThan(55);
    expect(textOf(result.output)).toMatch(/^grows\n5[0-9] blocks\n$/);
  });

  test("gets no more room for files than the quota and is told so", () => {
    const result = resultOf(probe, ["fill"]);
    expect(textOf(result.output)).toBe("fill: No space left on device\n983040 bytes\n");
    const size = result.files[0]?.bytes.length ?? 0;
    expect(size).toBeGreaterThanOrEqual(983_040);
    expect(size).toBeLessThanOrEqual(limits.fileBytes);
  });

  test("is stopped by the clock that is looked at in refills", () => {
    let now = 0;
    const surroundings = { loadGlue: loadGlueInNode, nowMs: () => (now += 1_000) };
    const order = {
      capabilities,
      input: { ...input, arguments: ["probe", "loop"] },
      limits: { ...limits, fuel: 1e12 },
    };
    const result = runComponent(probe, order, surroundings);
    expect(result).toMatchObject({ ok: true, value: { end: { type: "out-of-time" } } });
  });
});
