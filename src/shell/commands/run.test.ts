import { describe, expect, it } from "vitest";
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";
import { bumpAllocator, textModule, worldImports } from "#testing/veil/text-module.ts";

const read = ["input", "read", "(param i32 i32)"] as const;
const write = ["output", "write", "(param i32 i32)"] as const;
const writeError = ["output", "write-error", "(param i32 i32)"] as const;

function program(imports: string, code: string): Uint8Array {
  return textModule(`(module ${imports} ${bumpAllocator} (func (export "run") (result i32) ${code}))`);
}

/** Gives out its input and ends with 3. */
const passOn = program(
  worldImports(read, write),
  `(call $input.read (i32.const 1000) (i32.const 16))
   (call $output.write (i32.load (i32.const 16)) (i32.load (i32.const 20))) (i32.const 3)`,
);
const complain = program(
  worldImports(writeError),
  `(i32.store (i32.const 0) (i32.const 0x0a6f6e)) (call $output.write-error (i32.const 0) (i32.const 3)) (i32.const 1)`,
);
const spin = program("", "(loop $forever (br $forever)) (i32.const 0)");
const grow = program("", "(drop (memory.grow (i32.const 40))) (memory.size)");

/** A shell with programs among its files, and one that comes with the app. */
function shellWithPrograms() {
  const guest = {
    name: "pass",
    summary: "passes on",
    language: "text",
    digest: toHex(sha256(passOn)),
    file: "pass.wasm",
    bytes: passOn.length,
    capabilities: ["input", "output"],
  } as const;
  const world = shellOnFiles(
    {},
    {
      programs: {
        list: () => Promise.resolve(accepted([guest])),
        load: (name) =>
          Promise.resolve(
            name === "pass" ? accepted({ guest, bytes: passOn }) : rejected("not-found", "There is none of that name."),
          ),
      },
    },
  );
  for (const [path, bytes] of Object.entries({ "spin.wasm": spin, "grow.wasm": grow, "complain.wasm": complain })) {
    world.files.set(path, bytes);
  }
  return world;
}

describe("run", () => {
  it("gives a program its input, shows its output, and passes on its exit code", async () => {
    const { shell, printed, text } = shellWithPrograms();
    expect(await shell.run("echo hello | run pass")).toBe(3);
    expect(printed).toEqual(["hello"]);
    expect(await shell.run("echo to a file > in; run pass < in > out; run pass < out | cat")).toBe(0);
    expect(text("out")).toBe("to a file\n");
    expect(printed.at(-1)).toBe("to a file");
  });

  it("says so if it ends as if it had not run, and feeds nothing", async () => {
    const { shell, printed, files } = shellWithPrograms();
    files.set("minus.wasm", program("", "(i32.const -1)"));
    expect(await shell.run("run minus.wasm | cat")).toBe(255);
    expect(printed).toEqual(["run ended with exit code 255: nothing behind it was run, and what it wrote is lost."]);
  });

  it("shows error output also where the output goes elsewhere", async () => {
    const { shell, printed } = shellWithPrograms();
    expect(await shell.run("run complain.wasm > out")).toBe(1);
    expect(printed).toEqual(["no", "out was not written."]);
  });

  it("says what ended a program and what to do, and leaves the file alone", async () => {
    const { shell, printed, text } = shellWithPrograms();
    await shell.run("echo kept > out");
    expect(await shell.run("run --fuel 1M spin.wasm > out")).toBe(137);
    expect(printed).toEqual([
      "spin.wasm used up its fuel, 1,000,000 units, and was stopped. --fuel gives it more.",
      "out was not written.",
    ]);
    expect(text("out")).toBe("kept\n");
  });

  it("writes over no file of the person's what a program left that was cut short", async () => {
    const { shell, printed, text, files } = shellWithPrograms();
    const overwrite = (end: string) =>
      program(
        worldImports(["files", "open", "(param i32 i32 i32 i32)"]),
        `(i32.store8 (i32.const 0) (i32.const 0x66)) (call $files.open (i32.const 0) (i32.const 1) (i32.const 3) (i32.const 16)) ${end}`,
      );
    files.set("half.wasm", overwrite("(loop $forever (br $forever)) (i32.const 0)"));
    files.set("whole.wasm", overwrite("(i32.const 5)"));
    await shell.run("echo kept > f");
    expect(await shell.run("run --fuel 1M --file f --write f half.wasm")).toBe(137);
    expect(printed).toContain("Not written, because the program did not come to its end: f.");
    expect(text("f")).toBe("kept\n");
    expect(await shell.run("run --file f --write f whole.wasm")).toBe(5);
    expect(text("f")).toBe("");
  });

  it("says so if it cannot be told what programs there are", async () => {
    const lost = rejected("disconnected", "The list of programs could not be loaded.");
    const programs = { list: () => Promise.resolve(lost), load: () => Promise.resolve(lost) };
    const { shell, printed, files } = shellOnFiles({}, { programs });
    expect(await shell.run("run pass")).toBe(126);
    expect(printed).toEqual(["The list of programs could not be loaded."]);
    files.set("complain.wasm", complain);
    expect(await shell.run("run complain.wasm")).toBe(1);
  });

  it("caps memory as it was told", async () => {
    const { shell, printed } = shellWithPrograms();
    expect(await shell.run("run --mem 4MiB grow.wasm")).toBe(41);
    expect(await shell.run("run --mem 1MiB grow.wasm")).toBe(1);
    const { end, memoryPeakBytes } = JSON.parse(
      await shell.run("run --json --mem 4MiB grow.wasm").then(() => printed.at(-1) ?? ""),
    ) as { end: unknown; memoryPeakBytes: number };
    expect(end).toEqual({ type: "exit", code: 41 });
    expect(memoryPeakBytes).toBe(41 * 65_536);
  });

  it("says in bytes what a program needs to start, and what gives it that", async () => {
    const { shell, printed, files } = shellWithPrograms();
    files.set(
      "large.wasm",
      textModule(`(module (memory (export "memory") 40) (func (export "run") (result i32) (i32.const 0)))`),
    );
    expect(await shell.run("run --mem 1MiB large.wasm")).toBe(126);
    expect(printed).toEqual([
      "The program needs 2.5 MiB of memory to start; it may have 1.0 MiB. Nothing of it ran. --mem, or a larger lease, gives it more.",
    ]);
  });

  it("names a program that is none, says that nothing ran, and where to look", async () => {
    const { shell, printed, files } = shellWithPrograms();
    files.set("cut.wasm", passOn.slice(0, -1));
    expect(await shell.run("run cut.wasm")).toBe(126);
    expect(printed).toEqual([
      expect.stringMatching(/^cut\.wasm cannot run here\. At byte \d+: .+\. Nothing of it ran\. .*`man run`/),
    ]);
  });

  it.each([
    ["run nothing", "There is no program nothing"],
    ["run pas", "Did you mean pass?"],
    ["run --grant input pass", "output"],
    ["run --grant everything pass", "no capability everything"],
    ["run --fuel lots pass", "no count"],
    ["run --fuel 0 pass", "some fuel"],
    ["run --mem 1kB pass", "64KiB to 4GiB"],
    ["run --env novalue pass", "NAME=VALUE"],
    ["run --transpiler oldest pass", "no transpiler oldest"],
    ["run --file missing pass", "missing"],
    ["run text.wasm", "module"],
    ["run", "PROGRAM is missing"],
    ["run --what pass", "no option --what"],
  ])("refuses %s before anything runs", async (line, message) => {
    const { shell, printed, files } = shellWithPrograms();
    files.set("text.wasm", utf8ToBytes("just text"));
    expect(await shell.run(line)).not.toBe(0);
    expect(printed.at(-1)).toContain(message);
    expect(await shell.run(`${line} | cat > out`)).not.toBe(0);
    expect(files.has("out")).toBe(false);
  });
});
