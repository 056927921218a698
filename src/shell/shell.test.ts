import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client, VaultStatus } from "#sdk/contract.ts";
import { shellOnFiles } from "#testing/shell-on-files.ts";
import type { OptionWords, ShellEnvironment } from "./commands/command.ts";
import { inColumns } from "./completion.ts";
import { editDistance, nearest, noSuchCommand } from "./did-you-mean.ts";
import { bytes, duration, jsonLine, jsonPieces, odds, table } from "./format.ts";
import { placeBehind } from "./language/usage.ts";
import { otherWords } from "./other-words.ts";
import { pasteRemarks } from "./paste.ts";
import { plainScreen } from "./plain-screen.ts";
import { commands, Shell } from "./shell.ts";
import { sanitise, sanitiseKeepingColours } from "./terminal/sanitise.ts";
import { wrapWords } from "./terminal/wrap.ts";

describe("words", () => {
  it("finds the near one and no other", () => {
    const names = commands.map((command) => command.name);
    expect(nearest("sattus", names)).toBe("status");
    expect(nearest("blcoks", names)).toBe("blocks");
    expect(nearest("Help", names)).toBe("help");
    expect(nearest("sl", names)).toBe("ls");
    for (const far of ["xyzzyplugh", "unlock", "send", "whoami", "leave", "q", ""]) {
      expect(nearest(far, names), far).toBeNull();
    }
    expect(editDistance("ab", "ba")).toBe(1);
  });

  it("lead who knows them from elsewhere to commands that there are", () => {
    const names = commands.map((command) => command.name);
    expect(noSuchCommand("Unlock", names)).toBe("There is no command Unlock. `id unlock` does that here.");
    expect(noSuchCommand("stauts\x1b[2J", names)).toBe("There is no command stauts�[2J. `help` lists what there is.");
    // Nearer to `edit` than to anything that leaves.
    expect(noSuchCommand("exit", names)).toMatch(/To leave, close this tab/);
    for (const [word, hint] of otherWords) {
      expect(names, word).not.toContain(word);
      const [, first = ""] = /`([a-z]+)[ `]/.exec(hint) ?? [];
      if (first !== "") expect(names, hint).toContain(first);
    }
  });

  it("stand side by side as completions, and of too many it is said", () => {
    expect(inColumns(["a", "漢字", "c"], 11)).toEqual(["a     c", "漢字"]);
    expect(inColumns(["long-one", "b"], 5)).toEqual(["long-one", "b"]);
    expect(inColumns(Array(100).fill("x"), 80).at(-1)).toContain("40 more");
  });

  it("lets nothing through that could steer a terminal", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        (text) => !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(sanitise(text)),
      ),
    );
    expect(sanitise("\x1b]0;owned\x07plain é 漢")).toBe("�]0;owned�plain é 漢");
  });

  it("leaves a program its colours, but nothing that blinks or hides", () => {
    const clean = (numbers: string) => sanitiseKeepingColours(`\x1b[${numbers}mx`);
    expect(["31", "1;38;5;8", "48;2;5;6;8;4", "", "05", "8", "31;8;1;6"].map(clean)).toEqual([
      "\x1b[31mx",
      "\x1b[1;38;5;8mx",
      "\x1b[48;2;5;6;8;4mx",
      "\x1b[mx",
      "x",
      "x",
      "\x1b[31;1mx",
    ]);
  });

  it("are JSON that prints, and reads as the text that it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const line = jsonLine({ text });
        expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e]/);
        expect(JSON.parse(line)).toEqual({ text });
      }),
    );
  });

  it("warn of pastes that may spend, however they are written", () => {
    const warns = (line: string) => pasteRemarks(line, commands).some(({ tone }) => tone === "warning");
    const spending = ["pay x 1", "help; pay x 1", "status && id new", "sh pay.sh", "p'a'y x 1", "$c x", "ls\npay x 1"];
    const others = ["help", "explain pay", "payload x", "echo pay x > pay", "cat < pay", "run primes 1 9", "c=pay"];
    expect([...spending, "echo a|sh b", "run --process demo primes"].filter((line) => !warns(line))).toEqual([]);
    expect(others.filter(warns)).toEqual([]);
    expect(pasteRemarks("ls\nls", commands)[0]?.text).toContain("2 lines");
  });

  it("are written for people", () => {
    expect([duration(3_000), duration(300_000), duration(8e6)]).toEqual(["3 s", "5 min", "2 h"]);
    expect([bytes(5), bytes(1_536), bytes(3 * 2 ** 30)]).toEqual(["5 B", "1.5 KiB", "3.0 GiB"]);
    expect([odds(0.15645), odds(0.0000004), odds(0)]).toEqual(["15.6 %", "1 in 2,500,000", "0"]);
    const facts = { end: { type: "exit" }, id: Uint8Array.of(1, 255) };
    for (const text of ["", 'a "b"\n\\', "😀".repeat(100_000), `x${"ä😀".repeat(90_000)}`]) {
      const line = [...jsonPieces(facts, { output: new TextEncoder().encode(text), more: new Uint8Array(0) })].join("");
      expect(JSON.parse(line)).toEqual({ end: { type: "exit" }, id: "01ff", output: text, more: "" });
    }
    expect(
      table([
        ["a", "bb"],
        ["ccc", "d"],
      ]),
    ).toEqual(["a    bb", "ccc  d"]);
  });
});

/** A shell on a client that answers only what the test gives; the real one is driven in e2e/. */
function shellOn(client: Partial<Client>, answers: string[] = [], history: readonly string[] = ["earlier"]) {
  const printed: string[] = [];
  const environment = {
    version: "test",
    nowMs: () => 0,
    randomBytes: (n: number) => new Uint8Array(n),
    addressOf: (path: string) => `http://127.0.0.1:8080${path}`,
  } as unknown as ShellEnvironment;
  const shell = new Shell(
    client as Client,
    environment,
    plainScreen((text) => printed.push(text), {
      ask: () => Promise.resolve(answers.shift() ?? null),
      history: () => history,
    }),
  );
  return { shell, printed };
}

const noVault = accepted<VaultStatus>({
  exists: false,
  unlocked: false,
  space: "personal",
  did: null,
  keyHash: null,
  publicKey: null,
  backup: "none",
  passkeys: [],
});

describe("shell", () => {
  it("documents every command: summary, usage, an example, every option", () => {
    for (const command of commands) {
      expect(command.summary.length, command.name).toBeGreaterThan(5);
      expect(command.usage.startsWith(command.name)).toBe(true);
      expect(command.examples.length).toBeGreaterThan(0);
      for (const option of [
        ...(command.spec.flags ?? []),
        ...(command.spec.values ?? []),
        ...(command.spec.lists ?? []),
      ]) {
        expect(
          Object.keys(command.options).some((name) => name.split(" ")[0] === `--${option}`),
          `${command.name} --${option}`,
        ).toBe(true);
        expect(command.usage, command.name).toContain(`--${option}`);
      }
    }
  });

  it("says which word is missing, of every command that needs some", async () => {
    const { shell, printed } = shellOn({});
    for (const { name, spec, usage } of commands) {
      for (let count = 0; count < spec.positionals.least; count++) {
        const first = placeBehind([], { usage, spec })?.literals[0] ?? "word";
        const line = [name, first, ...Array(count).fill("word")].slice(0, count + 1).join(" ");
        expect(await shell.run(line), line).toBe(1);
        expect(printed.splice(0).join("\n"), line).toMatch(
          /^(.+ is missing[.:]|It takes 2 words or more)[\s\S]*\nUsage: /,
        );
      }
    }
    await shell.run("pay; pay x; role produce; contact rm; contact add bob; contact lst; role produce on off");
    expect(printed.flatMap((text) => text.split("\n")).filter((line) => !line.startsWith("Usage"))).toEqual([
      "DID or @NAME is missing.",
      "AMOUNT is missing.",
      "What it is to do is missing: on, off.",
      "NAME is missing.",
      "DID is missing.",
      '"lst" is none of list, add, show, rm. Did you mean list?',
      '"off" is one word too many.',
    ]);
  });

  it("opens places in windows, in one word or two", async () => {
    const opened: unknown[] = [];
    const { shell } = shellOnFiles({}, { openWindow: (place) => opened.push(place) });
    expect(await shell.run("open explorer/block/5; open explorer block/5; open wallet")).toBe(0);
    const block = { window: "explorer", at: "block/5" };
    expect(opened).toEqual([block, block, { window: "wallet", at: "" }]);
    expect(await shell.run("open kitchen/sink")).toBe(1);
  });

  it("lists the files that are named, and says which is not there", async () => {
    const { shell, printed, files } = shellOnFiles();
    for (const name of ["a.txt", "b.csv", "c.txt"]) files.set(name, new Uint8Array(3));
    expect(await shell.run("ls *.txt")).toBe(0);
    expect(printed.splice(0).map((line) => line.split(" ")[0])).toEqual(["a.txt", "c.txt"]);
    expect(await shell.run("ls b.csv nothing")).toBe(1);
    expect(printed.splice(0)).toEqual(["There is no file nothing.", expect.stringMatching(/^b\.csv/)]);
    await shell.run("ls a.txt --json");
    expect(JSON.parse(printed.splice(0).join(""))).toMatchObject([{ path: "a.txt" }]);
  });

  it("works before any key exists, and says how to make one where it is needed", async () => {
    const { shell, printed } = shellOn({ vaultStatus: () => Promise.resolve(noVault) });
    expect(await shell.run("help")).toBe(0);
    expect(printed.join("\n")).toContain("pay");
    const did = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";
    expect(await shell.run(`pay ${did} 1`)).toBe(1);
    expect(printed.at(-1)).toContain("id new");
    expect(await shell.run("id show")).toBe(0);
  });

  it("helps in so few rows that they fit a phone, by group, by command, and as JSON", async () => {
    const { shell, printed } = shellOn({});
    expect(await shell.run("help")).toBe(0);
    const overview = printed.splice(0).join("\n");
    const rows = overview.split("\n").flatMap((line) => wrapWords(line, 43));
    expect(rows.length).toBeLessThan(38);
    for (const { name } of commands) expect(overview.split(/\s+/), name).toContain(name);
    expect(await shell.run("help money")).toBe(0);
    expect(printed.splice(0).join("\n")).toMatch(/^Money\n[\s\S]*\bpay +sends coins/);
    expect(await shell.run("help pay; man Pay; help programs")).toBe(0);
    expect(printed.splice(0).join("\n")).toMatch(
      /^pay: sends[\s\S]*no command Pay. Did you mean pay\?\nPrograms[\s\S]*man programs/,
    );
    for (const [line, count] of [
      ["help --json", commands.length],
      ["help money --json", commands.filter(({ group }) => group === "money").length],
    ] as const) {
      await shell.run(line);
      expect(JSON.parse(printed.splice(0).join(""))).toHaveLength(count);
    }
    await shell.run("man pay --json; explain pay --json; version --json; history --json");
    expect(printed.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { name: "pay", group: "money", options: { "--yes": expect.any(String) } },
      { name: "pay" },
      { version: "test" },
      ["earlier"],
    ]);
  });

  it("suggests options and what id does, too", async () => {
    const { shell, printed } = shellOn({});
    expect(await shell.run("status --jsno; id unlokc; status --verbose")).toBe(1);
    expect(printed.join("\n")).toMatch(
      /--jsno. Did you mean --json\?[\s\S]*Did you mean id unlock\?[\s\S]*--verbose\.\nUsage/,
    );
  });

  it("gives exit codes, and stops a chain at the first failure", async () => {
    const { shell, printed } = shellOn({ status: () => Promise.resolve(rejected("timeout", "Not yet.")) });
    expect(await shell.run("nothing")).toBe(127);
    expect(await shell.run("status && version")).toBe(1);
    expect(printed.join()).not.toContain("AetherChain test");
    expect(await shell.run("status; version")).toBe(0);
    expect(printed.join()).toContain("AetherChain test");
  });

  it("keeps a failing command from taking the shell down", async () => {
    const { shell, printed } = shellOn({ peers: () => Promise.reject(new Error("boom\x1b[2J")) });
    expect(await shell.run("peers")).toBe(1);
    expect(printed.at(-1)).toContain("boom");
    expect(printed.at(-1)).not.toContain("\x1b");
  });
});

describe("Tab", () => {
  it("completes commands, their words and their options", async () => {
    const { shell } = shellOn({});
    expect((await shell.completions("st")).candidates).toEqual(["stake", "status"]);
    expect((await shell.completions("role pr")).candidates).toEqual(["produce"]);
    expect((await shell.completions("pay x 1 --d")).candidates).toEqual(["--dry-run"]);
    expect((await shell.completions("help mo")).candidates).toEqual(["money"]);
  });

  it("completes by the place at which one is, and nothing twice", async () => {
    const { shell, files } = shellOnFiles({});
    for (const name of ["a.txt", "b.txt"]) files.set(name, new Uint8Array(1));
    const completions = async (line: string) => (await shell.completions(line)).candidates;
    expect(await completions("role ")).toEqual(["produce"]);
    expect(await completions("role produce ")).toEqual(["off", "on"]);
    expect(await completions("role produce on ")).toEqual(["--json"]);
    expect(await completions("role --json produce o")).toEqual(["off", "on"]);
    expect(await completions("contact ")).toEqual(["add", "list", "rm", "show"]);
    expect(await completions("proof state s")).toEqual([]);
    expect(await completions("recovery give ")).toEqual(["a.txt", "b.txt"]);
    expect(await completions("recovery give a.txt ")).toEqual(["b.txt"]);
    expect(await completions("rm a.txt ")).toEqual(["b.txt"]);
    expect(await completions("id passkey ")).toEqual(["add", "remove"]);
    expect(await completions("id backup ")).toEqual(["a.txt", "b.txt"]);
    expect(await completions("allocate 1GB ")).toEqual(["memory"]);
    expect(await completions("allocate 1GB memory for ")).toEqual(["process"]);
    expect(await completions("open ")).toContain("explorer");
    expect(await completions("open explorer e")).toEqual([]);
    expect(await completions("credential verify ")).toEqual(["a.txt", "b.txt"]);
    expect(await completions("credential list --d")).toEqual(["--days", "--dry-run"]);
    // What follows a program is the program's: its files, also one that was named before.
    expect(await completions("run a.txt ")).toContain("b.txt");
    expect(await completions("grep a.txt a")).toEqual(["a.txt"]);
  });

  it("completes what stands behind an option by the command's own table, and an argument where an option needs none", async () => {
    const client = {
      contacts: () => Promise.resolve(accepted([{ name: "alice", did: "did:key:zAlice" }])),
      vaultStatus: () => Promise.resolve(accepted({ ...noVault.value, keyHash: new Uint8Array(32) })),
      leases: () =>
        Promise.resolve(
          accepted([
            { lease: { name: "demo" }, expired: false },
            { lease: { name: "old" }, expired: true },
          ]),
        ),
    } as unknown as Partial<Client>;
    const { shell, files } = shellOnFiles(client);
    files.set("a.csv", new Uint8Array(1));
    const completions = async (line: string) => (await shell.completions(line)).candidates;
    expect(await completions("appearance --theme ")).toEqual(["auto", "dark", "light"]);
    expect(await completions("activity cap --storage n")).toEqual(["none"]);
    expect(await completions("activity cap --cpu 30 --battery p")).toEqual(["pause"]);
    expect(await completions("run --grant input,ou")).toEqual(["input,output"]);
    expect(await completions("run --grant input,output,cl")).toEqual(["input,output,clock"]);
    expect(await completions("run --grant n")).toEqual(["none"]);
    expect(await completions("run --process ")).toEqual(["demo"]);
    expect(await completions("run --file ")).toEqual(["a.csv"]);
    expect(await completions("credential issue --to @")).toEqual(["@alice"]);
    // What is behind the program is the program's, and what is behind -- is no option.
    expect(await completions("run primes --file ")).not.toEqual(["a.csv"]);
    expect(await completions("pay --memo ")).toEqual([]);
    expect(await completions("pay --memo x @")).toEqual(["@alice"]);
    expect(await completions("appearance -- --theme ")).not.toContain("dark");
  });

  it("has in each command's table options that it takes, and words that they take", async () => {
    const world = {} as Parameters<Extract<OptionWords, (...args: never[]) => unknown>>[0];
    for (const { name, spec, optionWords = {}, options } of commands) {
      const taking = [...(spec.values ?? []), ...(spec.lists ?? [])];
      for (const [option, words] of Object.entries(optionWords)) {
        expect([name, taking]).toEqual([name, expect.arrayContaining([option])]);
        const said = Object.entries(options).find(([usage]) => usage.startsWith(`--${option} `))?.[0] ?? "";
        const listed = typeof words === "function" ? await words(world, "").catch(() => []) : words;
        // Where the usage names all there is, the table names nothing else.
        const all = /^--\S+ ([a-z|]+\|[a-z|]+)$/.exec(said)?.[1]?.split("|");
        if (all !== undefined) expect([name, option, [...listed].sort()]).toEqual([name, option, all.sort()]);
      }
    }
  });

  it("completes ids that stood on the screen, and people only as the user has typed them", async () => {
    const id = "5a".repeat(32);
    const job = "6b".repeat(32);
    const [friend, stranger] = ["did:key:zQ3shFriendFriendFriend1", "did:key:zQ3shFriendStranger11111"];
    const status = () => Promise.resolve(rejected("timeout", `Ask ${stranger} about ${job} or ${id}:0.`));
    const { shell, printed } = shellOn({ status }, [], [`pay ${friend} 1`]);
    await shell.run("status");
    expect(printed.join()).toContain(stranger);
    expect((await shell.completions("tx 5a5")).candidates).toEqual([`${id}:0`]);
    expect((await shell.completions("tx 5")).candidates).toEqual([]);
    expect((await shell.completions("proof show ")).candidates).toContain(job);
    expect((await shell.completions("block did:key:zQ3shFriend")).candidates).toEqual([friend]);
  });

  it("completes ids that the node knows, at once where they are few, and people it was typed of", async () => {
    const id = (digit: string) => new Uint8Array(32).fill(Number.parseInt(digit, 16) * 17);
    const friend = "did:key:zQ3shFriendFriendFriend1";
    const vault = { ...noVault.value, keyHash: id("e"), did: "did:key:zQ3shMyself", backup: "none" };
    let count = 1;
    const client = {
      blocks: () =>
        Promise.resolve(accepted(Array.from({ length: count }, (_, i) => ({ height: i, hash: id("a").fill(i, 31) })))),
      mempool: () => Promise.resolve(accepted([{ id: id("b") }])),
      vaultStatus: () => Promise.resolve(accepted(vault)),
      coins: () => Promise.resolve(accepted({ coins: [{ txId: id("c"), index: 1 }] })),
      receipts: () => Promise.resolve(accepted([{ id: id("d") }])),
      peers: () => Promise.resolve(accepted([{ id: "12D3KooWpeer" }])),
      contacts: () => Promise.resolve(accepted([{ name: "alice", did: "did:key:zAlice" }])),
    } as unknown as Partial<Client>;
    const { shell } = shellOn(client, [], [`pay ${friend} 1`]);
    const completions = async (line: string) => (await shell.completions(line)).candidates;
    const newest = `${"a".repeat(62)}00`;
    expect(await completions("block aa")).toEqual([newest]);
    expect(await completions("block ")).toEqual(["0", newest]);
    count = 21;
    expect(await completions("block ")).toHaveLength(20);
    expect(await completions("block aa")).toHaveLength(21);
    expect(await completions("tx bb")).toEqual(["b".repeat(64)]);
    expect(await completions("tx ")).toEqual(["b".repeat(64), "c".repeat(64)]);
    expect(await completions("explain c")).toContain("c".repeat(64));
    expect(await completions("proof state ")).toEqual([`${"c".repeat(64)}:1`]);
    expect(await completions("proof state cc")).toEqual([`${"c".repeat(64)}:1`]);
    for (const line of ["rerun ", "rerun dd", "receipts d"]) expect(await completions(line)).toEqual(["d".repeat(64)]);
    expect(await completions("peers 12")).toEqual(["12D3KooWpeer"]);
    // One's own address is not given out before a backup was proved.
    expect(await completions("pay did")).toEqual([friend]);
    vault.backup = "words";
    expect(await completions("pay did")).toEqual([friend, vault.did]);
    expect(await completions("pay ")).toContain(friend);
    expect(await completions("pay @")).toEqual(["@alice"]);
    expect(await completions("contact rm al")).toEqual(["alice"]);
  });
});
