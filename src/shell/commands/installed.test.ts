import { describe, expect, it } from "vitest";
import type { AppState, InstallAnswer, InstalledApp } from "#sdk/installed-app.ts";
import { shellOnFiles } from "../../testing/shell-on-files.ts";
import { lineOf } from "../app-notice.tsx";
import { handedOverWords } from "../handed-over-words.ts";
import { appFindings } from "./installed.ts";

const quiet: AppState = {
  build: 1_763_769_600,
  installed: false,
  installWay: "menu",
  offlineStart: "ready",
  waiting: null,
  elsewhere: null,
  refused: null,
};

function appIn(change: Partial<AppState>, answer: InstallAnswer = "unavailable") {
  const done: string[] = [];
  const app: InstalledApp = {
    state: () => ({ ...quiet, ...change }),
    subscribe: () => () => undefined,
    install: () => Promise.resolve(answer),
    look: () => {
      done.push("look");
      return Promise.resolve();
    },
    update: () => done.push("update"),
    takeHandedOver: () => null,
    onOpenedFile: () => () => undefined,
  };
  return { ...shellOnFiles({}, { app }), done };
}

describe("install", () => {
  it("says that it is installed, what to do by hand, or how the browser's question was answered", async () => {
    const cases = [
      [appIn({ installed: true }), /installed app/, 0],
      [appIn({ installWay: "ios" }), /Share .* Add to Home Screen/, 0],
      [appIn({}), /menu for Install/, 0],
      [appIn({ installWay: "prompt" }, "accepted"), /^Installed\./, 0],
      [appIn({ installWay: "prompt" }, "dismissed"), /^Not installed/, 1],
    ] as const;
    for (const [{ shell, printed }, said, code] of cases) {
      expect(await shell.run("install")).toBe(code);
      expect(printed.join("\n")).toMatch(said);
    }
  });
});

describe("update", () => {
  it("looks first, and switches only where something newer waits", async () => {
    const none = appIn({});
    await none.shell.run("update");
    expect([none.done, none.printed.join()]).toEqual([["look"], "build of 2025-11-22 00:00, the newest"]);
    const waiting = appIn({ waiting: 1_763_769_660 });
    await waiting.shell.run("update");
    expect([waiting.done, waiting.printed.join()]).toEqual([
      ["look", "update"],
      expect.stringMatching(/2025-11-22 00:01/),
    ]);
  });

  it("asks before it ends what runs behind the prompt", async () => {
    const { shell, done, answers, printed } = appIn({ waiting: 1_763_769_660 });
    await shell.run("cat - &");
    answers.push("n", "y");
    expect(await shell.run("update")).toBe(1);
    expect([done, printed.join("\n")]).toEqual([["look"], expect.stringMatching(/Not switched/)]);
    await shell.run("update");
    expect(done).toEqual(["look", "look", "update"]);
  });

  it("tells a program where the app stands and switches nothing", async () => {
    const { shell, done, printed } = appIn({ waiting: 1_763_769_660 });
    await shell.run("update --json");
    expect(JSON.parse(printed.join(""))).toEqual({ ...quiet, waiting: 1_763_769_660 });
    expect(done).toEqual(["look"]);
  });
});

describe("what doctor says about the app", () => {
  it("warns of an older build, of another tab's newer one, and where nothing starts without a network", () => {
    const warned = (change: Partial<AppState>) =>
      appFindings({ ...quiet, ...change })
        .filter(({ level }) => level !== "good")
        .map(({ name, advice }) => [name, advice !== ""]);
    expect(warned({})).toEqual([]);
    expect(warned({ refused: 1_763_000_000 })).toEqual([["build", true]]);
    expect(warned({ elsewhere: 1_764_000_000 })).toEqual([["build", true]]);
    expect(warned({ offlineStart: "unavailable" })).toEqual([["offline start", true]]);
    expect(warned({ build: null })).toEqual([["build", true]]);
  });
});

describe("what was shared", () => {
  it("is said to be damaged where it is not whole, with what to do", () => {
    const said = handedOverWords({ kind: "damaged", text: "" }).join(" ");
    expect(said).toMatch(/not whole[\s\S]*Nothing has run[\s\S]*Copy it once more/);
  });

  it("stands in the line as one word, whatever it holds", async () => {
    const { shell, text } = appIn({});
    for (const shared of [
      "a b",
      "'; id new",
      "$HOME",
      "`x` | pay",
      '"',
      "https://x/?a=1&b=2",
      "a\\",
      "*",
      "a > f",
      "#",
    ]) {
      await shell.run(`echo ${lineOf({ kind: "text", text: shared })} > told`);
      expect(text("told")).toBe(`${shared}\n`);
    }
  });
});
