import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";

function shellWith(files: Record<string, string>) {
  const world = shellOnFiles();
  for (const [path, source] of Object.entries(files)) world.files.set(path, utf8ToBytes(source));
  return world;
}

describe("sh", () => {
  it("runs a file's lines with the words it is given, into pipes and files too", async () => {
    const { shell, printed, text } = shellWith({
      "greet.sh": "# greets\nfor='$1'\necho hello $1 # not this\necho $# of $@ |\n  cat\n",
    });
    expect(await shell.run("sh greet.sh 'Ada L' --yes")).toBe(0);
    expect(printed).toEqual(["hello Ada L", "2 of Ada L --yes"]);
    expect(await shell.run("sh greet.sh Bo | cat > out; cat out")).toBe(0);
    expect(text("out")).toBe("hello Bo\n1 of Bo\n");
    expect(await shell.run("echo $for")).toBe(1);
  });

  it("lets the page live between lines, so that Ctrl-C comes in", async () => {
    let [nowMs, breaths] = [0, 0];
    const world = shellOnFiles(
      {},
      {
        nowMs: () => nowMs++,
        breathe: () => {
          if (++breaths === 3) world.shell.stop();
          return Promise.resolve();
        },
      },
    );
    world.files.set("long", utf8ToBytes("a=1\n".repeat(1_000)));
    expect(await world.shell.run("sh long")).toBe(130);
    expect(breaths).toBe(3);
  });

  it("runs nothing of a file with a slip in its last line", async () => {
    const { shell, printed, text } = shellWith({ bad: "echo x > made\necho 'open", binary: "" });
    expect(await shell.run("sh bad")).toBe(1);
    expect(printed.at(-1)).toBe("bad, line 2: A quote (') is still open. Nothing was run.");
    expect(text("made")).toBeUndefined();
    expect(await shell.run("sh none")).toBe(1);
  });

  it("stops at the line that fails and says which", async () => {
    const { shell, printed, text } = shellWith({ s: "echo a\ntest 1 = 2 || echo b\ncat none\necho x > made" });
    expect(await shell.run("sh s")).toBe(1);
    expect(printed.slice(0, 2)).toEqual(["a", "b"]);
    expect(printed.at(-1)).toBe("s, line 3, ended with exit code 1: what follows it was not run.");
    expect(text("made")).toBeUndefined();
  });

  it("behind the prompt never writes over it, whatever goes wrong or begins there", async () => {
    const { shell, printed, behind } = shellWith({ bad: "echo 'open", more: "cat none &" });
    await shell.run("sh bad &");
    await shell.run("sh more &");
    await new Promise((resolve) => setTimeout(resolve));
    expect(printed.filter((line) => !/^\[\d\] runs behind the prompt/.test(line))).toEqual([]);
    expect(printed).toHaveLength(2);
    expect(behind).toContain("bad, line 1: A quote (') is still open. Nothing was run.");
    expect(behind.some((line) => /^\[\d\] runs behind the prompt/.test(line))).toBe(true);
  });

  it("does not call itself for ever", async () => {
    const { shell, printed } = shellWith({ s: "sh s" });
    expect(await shell.run("sh s")).toBe(1);
    expect(printed).toContain("Scripts run scripts 8 deep at most.");
  });

  it("asks before each command that does, and options are only what stands there", async () => {
    const { shell, answers, text, printed } = shellWith({ s: 'x=--yes\nrm "$@"', f: "f", "--yes": "y" });
    answers.push("n");
    expect(await shell.run("sh s f --yes")).toBe(130);
    expect([text("f"), text("--yes")]).toEqual(["f", "y"]);
    expect(printed.join()).toContain("Nothing was deleted");
    answers.push("n");
    expect(await shell.run("rm *")).toBe(130);
    expect(text("f")).toBe("f");
  });
});

describe("variables", () => {
  it("are set, put in, listed and forgotten, and $? is how the last command ended", async () => {
    const { shell, printed } = shellWith({});
    expect(await shell.run('who="Ada L" n=3; echo $who$n')).toBe(0);
    expect(await shell.run("cat none; echo $?")).toBe(0);
    expect(await shell.run("set --json; unset who n; set")).toBe(0);
    expect(await shell.run("echo $who || echo gone")).toBe(0);
    expect(printed.filter((line) => !line.startsWith("There is no file"))).toEqual([
      "Ada L3",
      "1",
      '{"n":"3","who":"Ada L"}',
      "No variables are set. `name=value` sets one.",
      "There is no $who. `who=…` sets it; '$' in quotes is itself. Nothing was run.",
      "gone",
    ]);
    expect(await shell.run("unset none")).toBe(1);
  });

  it("complete, and so do files that need quotes", async () => {
    const { shell } = shellWith({ "my notes": "", "it's": "" });
    await shell.run("friend=ae1");
    expect(await shell.completions("pay $fr")).toEqual({ replaced: 3, candidates: ["$friend"] });
    expect(await shell.completions('pay "${fr')).toEqual({ replaced: 4, candidates: ["$" + "{friend}"] });
    expect(await shell.completions("cat my")).toEqual({ replaced: 2, candidates: ["'my notes'"] });
    expect(await shell.completions("cat 'my no")).toEqual({ replaced: 6, candidates: ["'my notes'"] });
    expect((await shell.completions("cat < it")).candidates).toEqual(["'it'\\''s'"]);
  });
});

describe("test", () => {
  it.each([
    ["test a = a", 0],
    ["test a != a", 1],
    ["test 2 -lt 10", 0],
    ["test 123456789012345678901 -gt 123456789012345678900", 0],
    ["test x -lt 1", 2],
    ["test -n ''", 1],
    ["test -z ''", 0],
    ["test -e f", 0],
    ["test -e g", 1],
    ["test -q f", 2],
  ])("%s", async (line, code) => expect(await shellWith({ f: "" }).shell.run(line)).toBe(code));
});
