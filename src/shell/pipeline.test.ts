import { describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { ByteSource, HomeDraft, HomeFiles } from "#sdk/home-files.ts";
import { must } from "#testing/mail-fixtures.ts";
import { filesIn, shellOnFiles } from "#testing/shell-on-files.ts";
import { nothingRan, type ProgramRunner, type RunEnd, type RunObserver } from "#veil/run.ts";

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
    const before = await shell.run("cat v > w");
    expect(await shell.run("cat missing > v")).toBe(1);
    expect(printed.slice(-2)).toEqual([expect.stringContaining("missing"), "v was not written."]);
    // Nothing is lost by a word misspelt.
    expect([before, await shell.run("cat v")]).toEqual([0, 0]);
    expect(printed.at(-1)).toBe("AetherChain test");
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

  it("give the prompt back whatever goes wrong", async () => {
    const broken = () => Promise.reject(new Error("the disk\x07 burns"));
    const files = {
      list: broken,
      read: broken,
      open: broken,
      write: broken,
      add: broken,
      draft: broken,
      left: broken,
      remove: broken,
    };
    const { shell, printed, behind } = shellOnFiles({}, { files });
    expect(await shell.run("echo x > f")).toBe(1);
    expect(printed.at(-1)).toContain("the disk� burns");
    await shell.run("cat < f &");
    await expect.poll(() => behind.at(-1)).toContain("[1] cat: ended with exit code 1");
    await shell.run("kill 1");
    expect(printed.at(-1)).toContain("There is no job 1");
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
    expect(printed[1]).toContain("there is more");
    expect(printed.length).toBe(2);
  });
});

/** A shell in which `talk` is a program that writes what the test says. */
function shellThatTalks(say: (observer: RunObserver) => void, end: RunEnd = { type: "exit", code: 0 }) {
  const runner: ProgramRunner = {
    start: (_request, observer) => {
      if (observer !== undefined) say(observer);
      return { ended: Promise.resolve(accepted(nothingRan(end))), kill: () => undefined };
    },
  };
  const world = shellOnFiles({}, { runner });
  world.files.set("talk", new Uint8Array(0));
  return world;
}

describe("the screen", () => {
  const lineEnds = new Uint8Array(65_536).fill(10);

  it("shows no more lines of error output than it keeps, in however many pieces they come", async () => {
    const { shell, printed } = shellThatTalks(({ onOutput }) => {
      for (let i = 0; i < 40; i++) onOutput?.(lineEnds, "error");
    });
    await shell.run("run talk");
    expect(printed.reduce((sum, one) => sum + one.split("\n").length, 0)).toBe(5_001);
    expect(printed.at(-1)).toContain("there is more");
  });

  it("tears no line of error output, and shows what was written before the shell's own words", async () => {
    const letter = utf8ToBytes("ä");
    const { shell, printed } = shellThatTalks(
      ({ onOutput }) => {
        onOutput?.(utf8ToBytes("out"), "output");
        onOutput?.(utf8ToBytes("Err"), "error");
        onOutput?.(letter.subarray(0, 1), "error");
        onOutput?.(letter.subarray(1), "error");
      },
      { type: "out-of-stack" },
    );
    expect(await shell.run("run talk")).toBe(137);
    expect(printed).toEqual([
      "Errä",
      "out",
      expect.stringContaining("talk called itself too deeply and was stopped. "),
    ]);
  });

  it("takes neither long for a large file nor all of it", async () => {
    const { shell, printed, files } = shellOnFiles();
    files.set("ends", new Uint8Array(60 * 1_048_576).fill(10));
    files.set("line", new Uint8Array(60 * 1_048_576).fill(97));
    files.set("lines", utf8ToBytes(`${"b".repeat(5_000)}\n`.repeat(4_000)));
    files.set("both", utf8ToBytes(`${"ä".repeat(200_000)}\nnext`));
    for (const path of ["ends", "line", "lines"]) {
      printed.length = 0;
      const startMs = performance.now();
      await shell.run(`cat ${path}`);
      expect(performance.now() - startMs).toBeLessThan(1_000);
      expect(printed.reduce((sum, one) => sum + one.length, 0)).toBeLessThan(3 * 1_048_576);
    }
    printed.length = 0;
    await shell.run("cat both");
    const lines = printed.flatMap((one) => one.split("\n"));
    expect(lines.slice(0, 2).map(({ length }) => length)).toEqual([8_193, 4]);
    expect(lines.slice(1)).toEqual(["next", expect.stringContaining("was cut. > FILE keeps it all")]);
  });

  it("cuts a line of JSON that no terminal could draw", async () => {
    const { shell, printed } = shellThatTalks(() => undefined, { type: "trap", message: "x".repeat(5 * 1_048_576) });
    await shell.run("run --json talk");
    expect(printed.reduce((sum, one) => sum + one.length, 0)).toBeLessThan(3 * 1_048_576);
    expect(printed.at(-1)).toContain("> FILE keeps it all");
  });
});

describe("a pipe", () => {
  it("takes any number of pieces", async () => {
    const one = utf8ToBytes("x");
    const { shell, text } = shellThatTalks(({ onOutput }) => {
      for (let i = 0; i < 500_000; i++) onOutput?.(one, "output");
    });
    expect(await shell.run("run talk > out")).toBe(0);
    expect(text("out")?.length).toBe(500_000);
  });
});

describe("a file larger than a pipe", () => {
  const mebibyte = new Uint8Array(1_048_576).fill(97);
  const mebibytes = 70;

  /** A shell with such a file; how many pieces of it were read and not written yet, at most, and those of other files. */
  async function withLarge() {
    let [alive, most, written] = [0, 0, 0];
    const kept = new Map<string, Uint8Array>();
    const inMap = filesIn(kept);
    const content: ByteSource = {
      sizeBytes: mebibytes * mebibyte.length,
      read: async (_, length) => {
        most = Math.max(most, ++alive);
        return accepted(mebibyte.subarray(0, length));
      },
    };
    const files: HomeFiles = {
      ...inMap,
      open: async (path) => (path === "large" ? accepted(content) : inMap.open(path)),
      draft: async (tag) => {
        const draft = must(await inMap.draft(tag));
        const append: HomeDraft["append"] = async (bytes) => {
          alive = 0;
          written += bytes.length;
          return accepted(undefined);
        };
        return accepted({ ...draft, append });
      },
    };
    const chooseFile = async () => ({ name: "large", content });
    const shell = shellOnFiles({}, { files, chooseFile });
    return { ...shell, kept, counts: () => ({ most, written }) };
  }

  it("goes from file to file and from the device into a file piece by piece", async () => {
    const { shell, kept, counts } = await withLarge();
    kept.set("small", Uint8Array.of(1, 2, 3));
    for (const line of ["cat large > copy", "cat - > taken", "cat small large >> more", "cat large >> small"])
      expect(await shell.run(line)).toBe(0);
    expect(counts()).toEqual({ most: 1, written: 4 * mebibytes * mebibyte.length + 6 });
    expect([...kept.keys()]).toEqual(["small", "copy", "taken", "more"]);
  });

  it("is refused by a pipe before anything of it is read, and shown as far as the screen goes", async () => {
    const { shell, printed, kept, counts } = await withLarge();
    expect(await shell.run("cat large | cat > copy")).toBe(126);
    expect(printed.some((line) => /gives out more than 64\.0 MiB, more than a pipe holds/.test(line))).toBe(true);
    expect(kept.has("copy")).toBe(false);
    expect(counts().most).toBe(0);
    expect(await shell.run("cat large")).toBe(0);
    expect(printed.at(-1)).toMatch(/too long for a screen/);
  });
});

describe("completion", () => {
  it("knows commands behind operators and files behind < and >", async () => {
    const { shell } = shellOnFiles();
    await shell.run("echo x > notes.txt");
    expect((await shell.completions("echo x | ca")).candidates).toEqual(["car", "cat"]);
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
    expect(printed).toEqual(["[1] runs behind the prompt. `fg 1` brings it back, `kill 1` stops it."]);
    await shell.run("ps");
    expect(printed.at(-1)).toBe("[1]  0 s  status");
    expect(await shell.run("kill 2")).toBe(1);
    answer(null);
    await expect.poll(() => behind).toEqual(["Too late.", "[1] status: ended with exit code 1."]);
    await shell.run("kill 1");
    expect(printed.at(-1)).toContain("There is no job 1");
  });

  it("come back with fg, which has their exit code, their screen and their Ctrl-C", async () => {
    const answers: ((value: ReturnType<typeof rejected>) => void)[] = [];
    const { shell, printed, behind } = shellOnFiles({
      status: () => new Promise((resolve) => answers.push(resolve)),
    });
    await shell.run("status &");
    const inFront = shell.run("fg");
    await expect.poll(() => printed.at(-1)).toBe("status");
    answers.shift()?.(rejected("timeout", "Too late."));
    expect(await inFront).toBe(1);
    expect(printed.at(-1)).toBe("Too late.");
    expect(await shell.run("fg")).toBe(1);
    expect([printed.at(-1), behind]).toEqual([expect.stringContaining("Nothing runs behind"), []]);
  });

  it("go there with Ctrl-Z and may come and go again", async () => {
    const answers: ((value: ReturnType<typeof rejected>) => void)[] = [];
    const { shell, printed, behind } = shellOnFiles({
      status: () => new Promise((resolve) => answers.push(resolve)),
    });
    const sent = shell.run("status; echo then");
    await expect.poll(() => answers.length).toBe(1);
    shell.sendBehind();
    expect(await sent).toBe(0);
    expect(await shell.run("jobs")).toBe(0);
    expect(printed.at(-1)).toBe("[1]  0 s  status; echo then");
    const inFront = shell.run("fg %1");
    await expect.poll(() => printed.at(-1)).toBe("status; echo then");
    shell.sendBehind();
    expect(await inFront).toBe(0);
    answers.shift()?.(rejected("timeout", "Too late."));
    await expect.poll(() => behind).toEqual(["Too late.", "then", "[1] status; echo then: is done."]);
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
