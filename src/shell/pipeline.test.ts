import { describe, expect, it } from "vitest";
import { rejected } from "#protocol/result.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";

describe("pipelines", () => {
  it("feed each command with what the one before it wrote, and files with the last", async () => {
    const { shell, printed, text } = shellOnFiles();
    expect(await shell.run("echo one two | cat | cat")).toBe(0);
    expect(printed).toEqual(["one two"]);
    expect(await shell.run("echo a > x; echo b >> x; echo c >> y; cat x y > both; cat < both")).toBe(0);
    expect([text("x"), text("y"), text("both")]).toEqual(["a\nb\n", "c\n", "a\nb\nc\n"]);
    expect(printed.slice(1)).toEqual(["a\nb\nc"]);
  });

  it("take the words of ordinary commands as well, but not their warnings", async () => {
    const { shell, printed, text } = shellOnFiles();
    expect(await shell.run("version > v && version | cat")).toBe(0);
    expect(text("v")).toBe("AetherChain test\n");
    expect(printed).toEqual(["AetherChain test"]);
    expect(await shell.run("cat missing > v")).toBe(1);
    expect(printed.at(-1)).toContain("missing");
  });

  it("run nothing if a command further on cannot run, and leave the file alone", async () => {
    const { shell, printed, text } = shellOnFiles();
    await shell.run("echo kept > f");
    expect(await shell.run("echo x > f | cat")).toBe(1);
    expect(await shell.run("echo x | nothing > f")).toBe(127);
    expect(await shell.run("echo x | version > f")).toBe(1);
    expect(printed.at(-1)).toContain("version reads no input");
    expect(await shell.run("cat < nowhere > f")).toBe(1);
    expect(text("f")).toBe("kept\n");
  });

  it("go on or not as the one before ended", async () => {
    const { shell, printed } = shellOnFiles();
    expect(await shell.run("cat none || echo other; cat none && echo never")).toBe(1);
    expect(printed.filter((line) => !line.includes("none"))).toEqual(["other"]);
  });

  it("give out what cannot steer the terminal, colours kept", async () => {
    const { shell, printed } = shellOnFiles();
    await shell.run("echo 'red \x1b[31mtext\x1b[0m \x1b]0;title\x07 \x1b[2J a\tb'");
    expect(printed).toEqual(["red \x1b[31mtext\x1b[0m �]0;title� �[2J a      b"]);
  });

  it("show no more lines than a screen keeps", async () => {
    const { shell, printed, text } = shellOnFiles();
    for (let i = 0; i < 14; i++) await shell.run(i === 0 ? "echo x > f" : "cat f f > g; cat g > f");
    expect(text("f")?.length).toBe(2 ** 14);
    await shell.run("cat f");
    expect(printed[0]?.split("\n").length).toBe(5_000);
    expect(printed[1]).toContain("there are more");
    expect(printed.length).toBe(2);
  });
});

describe("completion", () => {
  it("knows commands behind operators and files behind < and >", async () => {
    const { shell } = shellOnFiles();
    await shell.run("echo x > notes.txt");
    expect((await shell.completions("echo x | ca")).candidates).toEqual(["cat"]);
    expect((await shell.completions("version && ech")).candidates).toEqual(["echo"]);
    expect((await shell.completions("cat < n")).candidates).toEqual(["notes.txt"]);
    expect((await shell.completions("echo x; cat no")).candidates).toEqual(["notes.txt"]);
  });
});

describe("lines behind the prompt", () => {
  it("let the prompt come back, are listed, and say how they ended", async () => {
    let answer: (bytes: null) => void = () => undefined;
    const { shell, printed, behind } = shellOnFiles({
      vaultStatus: () => Promise.resolve(rejected("timeout", "Not now.")),
      status: () => new Promise((resolve) => (answer = () => resolve(rejected("timeout", "Too late.")))),
    });
    expect(await shell.run("status &")).toBe(0);
    expect(printed).toEqual(["[1] started. `kill 1` stops it."]);
    await shell.run("ps");
    expect(printed.at(-1)).toBe("[1]  0 s  status");
    expect(await shell.run("kill 2")).toBe(1);
    answer(null);
    await expect.poll(() => behind).toEqual(["Too late.", "[1] status: ended with exit code 1."]);
    await shell.run("ps");
    expect(printed.at(-1)).toContain("Nothing runs");
  });

  it("ask nothing: what is typed at the prompt is no answer to them", async () => {
    const { shell, answers, behind, text } = shellOnFiles();
    await shell.run("echo x > f");
    answers.push("y");
    await shell.run("rm f &");
    await expect.poll(() => behind.length).toBe(2);
    expect(text("f")).toBe("x\n");
    expect(answers).toEqual(["y"]);
    expect(await shell.run("rm f")).toBe(0);
    expect(text("f")).toBeUndefined();
  });
});
