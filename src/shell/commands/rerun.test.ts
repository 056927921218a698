import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { type ProcessReceipt, processOutputDigest } from "#protocol/ledger/process-receipt.ts";
import { accepted } from "#protocol/result.ts";
import { meteringDigest } from "#protocol/veil/costs.ts";
import { encodeProcessInput } from "#protocol/veil/process-input.ts";
import type { ProcessRunView } from "#sdk/memory.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";
import { bumpAllocator, textModule } from "#testing/veil/text-module.ts";
import { nothingRan, type ProgramRunner, type Run } from "#veil/run.ts";
import { manualTexts } from "../manual/manual-texts.ts";
import { commands } from "../shell.ts";
import type { ShellEnvironment } from "./command.ts";

const spin = textModule(
  `(module ${bumpAllocator} (func (export "run") (result i32) (loop $forever (br $forever)) (i32.const 0)))`,
);
const id = "ab".repeat(32);

/** A shell on a ledger where somebody says something of a run of `spin`. */
function shellWithReceipt(said: Partial<ProcessReceipt>, parts: Partial<ShellEnvironment> = {}) {
  const receipt: ProcessReceipt = {
    exit: { type: "out-of-fuel", code: 0 },
    outputDigest: processOutputDigest(new Uint8Array(0)),
    fuelUsed: 1_000_000,
    fuelLimit: 1_000_000,
    memoryPeakPages: 1,
    memoryPages: 16,
    meteringDigest: meteringDigest(),
    ...said,
  };
  const publicInput = encodeProcessInput({
    arguments: ["\x1b[2Jspin"],
    environment: [["__proto__", "x"]],
    input: utf8ToBytes("in"),
    files: [{ path: "__proto__/constructor", bytes: new Uint8Array(1) }],
    timeMs: 0,
    seed: new Uint8Array(32),
  });
  const view = { process: { programDigest: sha256(spin) }, publicInput, end: { receipt } } as unknown as ProcessRunView;
  const world = shellOnFiles({ process: () => Promise.resolve(accepted(view)) }, parts);
  world.files.set("spin.wasm", spin);
  return world;
}

describe("rerun", () => {
  it("ends with 0 for a receipt that holds, and with 1 for one that does not", async () => {
    const true_ = shellWithReceipt({});
    expect(await true_.shell.run(`rerun ${id}`)).toBe(0);
    expect(true_.printed[0]).toContain("the receipt holds");
    const forged = shellWithReceipt({ fuelUsed: 999_999, memoryPeakPages: 2 });
    expect(await forged.shell.run(`rerun ${id}`)).toBe(1);
    expect(forged.printed.join("\n")).toMatch(/does not hold[\s\S]*fuel: .* 999999, here it is 1000000\nmemory pages/);
  });

  it.each<[string, Partial<ProcessReceipt>, string]>([
    ["of a run that its owner's device cut short", { exit: { type: "killed", code: 0 } }, "cut short by its owner"],
    ["of other rules", { meteringDigest: new Uint8Array(32) }, "other rules"],
    ["with more memory than there is", { memoryPages: 2 ** 20 }, "memory"],
  ])("ends with 126 for a receipt %s: it is not known to be false", async (_name, said, words) => {
    const { shell, printed } = shellWithReceipt(said);
    expect(await shell.run(`rerun ${id}`)).toBe(126);
    expect(printed.join("\n")).toContain(words);
  });

  it("ends with 126 without the program, and looks at no file that is too large for one", async () => {
    const { shell, printed, files } = shellWithReceipt({});
    files.delete("spin.wasm");
    const large = new Uint8Array(30 * 1_048_576);
    Object.defineProperty(large, "subarray", {
      value: () => {
        throw new Error("it was digested");
      },
    });
    files.set("large.wasm", large);
    expect(await shell.run(`rerun ${id}`)).toBe(126);
    expect(printed[0]).toContain("The program is not here");
  });

  it("takes no more fuel than the receipt tells of, whatever its limit", async () => {
    const lie = { exit: { type: "exit", code: 0 }, fuelUsed: 1_000, fuelLimit: Number.MAX_SAFE_INTEGER } as const;
    const { shell, printed } = shellWithReceipt(lie);
    expect(await shell.run(`rerun ${id}`)).toBe(1);
    expect(printed.slice(1)).toEqual(["fuel: the receipt says 1000, here it takes more"]);
  });

  it("says how far it is, and is stopped as other commands are", async () => {
    let nowMs = 0;
    const runner: ProgramRunner = {
      start: (_request, observer) => {
        nowMs = 1_999;
        observer?.onProgress?.(1);
        nowMs = 12_000;
        observer?.onProgress?.(436);
        let kill: () => void = () => undefined;
        const ended = new Promise<Awaited<Run["ended"]>>((resolve) => {
          kill = () => resolve(accepted(nothingRan({ type: "killed" })));
        });
        return { ended, kill };
      },
    };
    const parts = { runner, nowMs: () => nowMs };
    const { shell, printed, statuses } = shellWithReceipt({ fuelUsed: 1_000, fuelLimit: 1_000 }, parts);
    const ended = shell.run(`rerun ${id}`);
    shell.stop();
    expect(await ended).toBe(130);
    expect(printed).toEqual([
      "Stopped after 43 % of its fuel: nothing can be said of the receipt. Nothing was changed, and nothing is kept: the next rerun starts from the beginning.",
    ]);
    expect(statuses).toEqual(["12 s, 43 % of its fuel: �[2Jspin. Stop or Ctrl-C ends it.", null]);
  });
});

describe("programs that come with the app", () => {
  it("are commands, all of them and no others, with the summaries that are listed", () => {
    const guests = JSON.parse(
      readFileSync(new URL("../../../guests/programs.json", import.meta.url), "utf8"),
    ) as Record<string, { readonly summary: string }>;
    const offered = commands.filter(({ name }) => manualTexts[name]?.startsWith(`The same as \`run ${name}\``));
    const named = Object.entries(guests).map(([name, { summary }]) => ({ name, group: "programs", summary }));
    const byName = (one: { readonly name: string }, other: { readonly name: string }) =>
      one.name < other.name ? -1 : 1;
    expect(offered.map(({ name, group, summary }) => ({ name, group, summary })).sort(byName)).toEqual(
      named.sort(byName),
    );
  });
});
