/** `grant` and `revoke`: what is remembered bounds every run, of programs that try to get more. */
import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import type { ProgramGrant } from "#sdk/grants.ts";
import { memoryVaultStore } from "#testing/memory-vault.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";
import { bumpAllocator, textModule, worldImports } from "#testing/veil/text-module.ts";
import { createProgramGrants } from "../../platform/browser/program-grants.ts";

const write = ["output", "write", "(param i32 i32)"] as const;
const open = ["files", "open", "(param i32 i32 i32 i32)"] as const;

function program(imports: string, code: string): Uint8Array {
  return textModule(`(module ${imports} ${bumpAllocator} (func (export "run") (result i32) ${code}))`);
}

/** Writes a command that would grant it everything, and would have the files. */
const greedy = program(
  `${worldImports(write, open)} (data (i32.const 0) "grant greedy.wasm all --yes\\n")`,
  "(call $output.write (i32.const 0) (i32.const 28)) (i32.const 0)",
);
const modest = program(
  `${worldImports(write)} (data (i32.const 0) "hello\\n")`,
  "(call $output.write (i32.const 0) (i32.const 6)) (i32.const 0)",
);

function world(nowMs = { value: 0 }, store = memoryVaultStore()) {
  const programGrants = createProgramGrants(store);
  const shell = shellOnFiles({}, { nowMs: () => nowMs.value, programGrants });
  shell.files.set("greedy.wasm", greedy);
  shell.files.set("modest.wasm", modest);
  /** Types a line; `answer` is what is said to its question. */
  const type = async (line: string, answer?: string) => {
    shell.printed.length = 0;
    shell.answers.length = 0;
    if (answer !== undefined) shell.answers.push(answer);
    const code = await shell.shell.run(line);
    return { code, text: shell.printed.join("\n") };
  };
  const remembered = async () => JSON.parse((await type("grant --json")).text) as readonly ProgramGrant[];
  return { ...shell, type, remembered, nowMs, store };
}

describe("grant", () => {
  it("shows what it would remember, asks, and bounds each run from then on, which says so", async () => {
    const { type, remembered } = world();
    expect((await type("run modest.wasm")).text).toBe("hello");
    const dry = await type("grant modest.wasm output --dry-run");
    expect(dry.text).toMatch(/modest\.wasm, digest [0-9a-f]{64}\n.*: output\.[\s\S]*Dry run/);
    expect((await type("grant modest.wasm output", "n")).text).toContain("Nothing was changed.");
    expect(await remembered()).toEqual([]);
    expect((await type("grant modest.wasm output", "y")).code).toBe(0);
    expect(await remembered()).toMatchObject([
      { name: "modest.wasm", digest: toHex(sha256(modest)), capabilities: ["output"], files: null, endsMs: null },
    ]);
    expect((await type("run modest.wasm")).text).toBe(
      "modest.wasm has output, granted on 1970-01-01 00:00 UTC.\nhello",
    );
    expect((await type("run modest.wasm > f")).code).toBe(0);
    expect((await type("cat f")).text).toBe("hello");
  });

  it("never becomes more by what is typed for a run, nor by what the program says or asks", async () => {
    const { type, remembered } = world();
    await type("grant greedy.wasm output --yes");
    const before = await remembered();
    expect(await type("run greedy.wasm")).toMatchObject({ code: 126, text: expect.stringMatching(/files/) });
    expect(await type("run --grant output,files greedy.wasm")).toMatchObject({
      code: 126,
      text: expect.stringMatching(/has output, granted on .*; files would be more\. Nothing of it ran/),
    });
    expect(await remembered()).toEqual(before);
    await type("grant greedy.wasm output,files --yes");
    expect((await type("run greedy.wasm")).text).toContain("grant greedy.wasm all --yes");
    expect(await remembered()).toMatchObject([{ capabilities: ["output", "files"] }]);
    expect((await type("run --grant output greedy.wasm")).code).toBe(126);
  });

  it("ends when it was said to, and holds for the files that were named", async () => {
    const nowMs = { value: 5 };
    const { type, remembered } = world(nowMs);
    await type("echo a > a.txt; echo b > b.txt");
    expect((await type("grant greedy.wasm output --file a.txt --yes")).text).toMatch(/grant it `files` as well/);
    await type("grant greedy.wasm output,files --file a.txt --for 12h --yes");
    expect((await remembered())[0]).toMatchObject({ files: ["a.txt"], endsMs: 5 + 12 * 3_600_000 });
    expect((await type("run greedy.wasm a.txt")).code).toBe(0);
    expect(await type("run greedy.wasm b.txt")).toMatchObject({ code: 126, text: expect.stringMatching(/not b\.txt/) });
    expect((await type("run --file b.txt greedy.wasm")).code).toBe(126);
    nowMs.value += 12 * 3_600_000;
    expect(await type("run greedy.wasm")).toMatchObject({ code: 126, text: expect.stringMatching(/ended 1970-01-01/) });
    for (const wrong of ["--for soon", "--for 0d", "--for 30"])
      expect((await type(`grant modest.wasm output ${wrong} --yes`)).text).toMatch(/is no time/);
  });

  it("is of bytes: others under the same name get neither the grant nor round a denial", async () => {
    const { type, files } = world();
    await type("grant modest.wasm output --yes");
    files.set("modest.wasm", greedy);
    expect(await type("run modest.wasm")).toMatchObject({
      code: 126,
      text: expect.stringMatching(/has other bytes than the program of this name that was granted on/),
    });
    files.set("modest.wasm", modest);
    files.set("renamed.wasm", modest);
    await type("revoke modest.wasm");
    expect((await type("run renamed.wasm")).text).toMatch(/was denied on/);
  });
});

describe("revoke", () => {
  it("takes some away, or denies, which stays until it is granted anew", async () => {
    const { type, remembered } = world();
    await type("grant greedy.wasm all --yes");
    await type("revoke greedy.wasm files,random");
    expect((await remembered())[0]?.capabilities).toEqual(["arguments", "environment", "input", "output", "clock"]);
    const digits = toHex(sha256(greedy)).slice(0, 12);
    expect((await type(`revoke ${digits} --dry-run`)).text).toMatch(/denied: it does not run\.\nDry run/);
    expect((await type(`revoke ${digits}`)).code).toBe(0);
    for (const line of ["run greedy.wasm", "run --grant none greedy.wasm", "run - < greedy.wasm || run greedy.wasm"])
      expect((await type(line)).text).toMatch(/greedy\.wasm was denied on|Nothing/);
    await type("revoke greedy.wasm output");
    expect((await type("run greedy.wasm")).code).toBe(126);
    expect((await type("grant greedy.wasm output,files", "y")).text).toMatch(/Before: denied/);
    expect((await type("run greedy.wasm")).code).toBe(0);
  });

  it("denies what was never granted, and says so of what is not there", async () => {
    const { type } = world();
    await type("revoke modest.wasm");
    expect((await type("run modest.wasm")).code).toBe(126);
    expect((await type("revoke nothing.wasm")).text).toMatch(/There is no program nothing\.wasm/);
    expect((await type("revoke modest.wasm everything")).text).toMatch(/no capability everything/);
  });
});

describe("what is remembered", () => {
  it("runs nothing where it cannot be read, until it is begun anew", async () => {
    const store = memoryVaultStore();
    await store.replace(undefined, Uint8Array.of(9, 9));
    const { type, remembered } = world({ value: 0 }, store);
    expect(await type("run modest.wasm")).toMatchObject({ code: 126, text: expect.stringMatching(/damaged/) });
    expect((await type("grant modest.wasm all --yes")).text).toMatch(/damaged/);
    await type("grant --reset", "n");
    expect((await type("run modest.wasm")).code).toBe(126);
    await type("grant --reset", "y");
    expect(await remembered()).toEqual([]);
    expect((await type("run modest.wasm")).code).toBe(0);
  });

  it("is one book for two tabs, which lose nothing of each other's", async () => {
    const { store, type } = world();
    const other = world({ value: 0 }, store);
    await Promise.all([type("grant modest.wasm output --yes"), other.type("revoke greedy.wasm")]);
    expect((await other.remembered()).map(({ name }) => name).sort()).toEqual(["greedy.wasm", "modest.wasm"]);
    expect((await type("run greedy.wasm")).code).toBe(126);
  });
});
