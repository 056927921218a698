import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import type { Client, VaultStatus } from "#sdk/contract.ts";
import type { AppState, InstallAnswer } from "#sdk/installed-app.ts";
import { memoryVaultParts } from "#testing/memory-vault.ts";
import { Random } from "#testing/random.ts";
import { neverReplaced } from "#testing/shell-on-node.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { createVaultService } from "../../platform/browser/vault-service.ts";
import { plainScreen } from "../plain-screen.ts";
import { Shell } from "../shell.ts";
import { drawPlaces, newPassphrase } from "./backup.ts";
import type { CommandContext, ShellEnvironment } from "./command.ts";

const passphrase = "correct horse battery";
/** So long a line may take in virtual time: less than a vault stays open without use. */
const longestLineMs = 60_000;
const someone = "did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme";

/** What the one passkey of these tests makes of its salt. */
const passkeyAnswer = () =>
  accepted({
    credentialId: new Uint8Array(16).fill(1),
    salt: new Uint8Array(32).fill(2),
    secret: new Uint8Array(32).fill(3),
  });

/** A device: the real vault behind the real shell. Questions are answered by what they begin with. */
function device(seed: number) {
  const random = new Random(seed);
  const clock = new VirtualClock(0);
  const vault = createVaultService(memoryVaultParts(random, clock));
  const files = new Map<string, Uint8Array>();
  const authenticator = { obstacle: null as string | null, isPresent: true };
  /** How the browser installs, what its dialogue says, and how often that was opened. */
  const app = {
    installed: false,
    installWay: "menu" as AppState["installWay"],
    says: "accepted" as InstallAnswer,
    opened: 0,
  };
  const environment = {
    version: "test",
    nowMs: () => Date.UTC(2026, 10, 21),
    randomBytes: (length: number) => random.bytes(length),
    app: {
      state: () => app,
      install: () => {
        app.opened++;
        return Promise.resolve(app.says);
      },
    },
    passkeys: {
      obstacle: () => Promise.resolve(authenticator.obstacle),
      create: () => Promise.resolve(passkeyAnswer()),
      ask: () =>
        Promise.resolve(authenticator.isPresent ? passkeyAnswer() : rejected("cancelled", "No passkey was used.")),
    },
    saveFile: (name: string, bytes: Uint8Array) => files.set(name, bytes),
    files: {
      list: () => Promise.resolve(accepted([])),
      read: (path: string) => {
        const bytes = files.get(path);
        return Promise.resolve(bytes === undefined ? rejected("not-found", `No ${path}.`) : accepted(bytes));
      },
      write: (path: string, bytes: Uint8Array) => Promise.resolve(accepted(void files.set(path, bytes))),
    },
  } as unknown as ShellEnvironment;
  const printed: string[] = [];
  const asked: string[] = [];
  /** How many questions stood on the screen when it was cleared. */
  const cleared: number[] = [];
  let answer: (question: string) => string | null = () => null;
  const screen = plainScreen((text) => printed.push(text), {
    isAnswered: true,
    clear: () => cleared.push(asked.length),
    ask: (question) => {
      asked.push(question);
      return Promise.resolve(answer(question));
    },
  });
  const client = {
    ...vault,
    succession: neverReplaced,
    setRewardKey: () => Promise.resolve(accepted(null)),
  } as unknown as Client;
  const shell = new Shell(client, environment, screen);
  /** An answer of several lines is one for each time that it is asked for. */
  const type = async (line: string, answers: Readonly<Record<string, string>> = {}) => {
    const times = new Map<string, number>();
    printed.length = 0;
    asked.length = 0;
    cleared.length = 0;
    answer = (question) => {
      const word = /^Word (\d+)/.exec(question)?.[1];
      if (word !== undefined && answers["words"] !== undefined)
        return answers["words"].split(" ")[Number(word) - 1] as string;
      const [start = "", given] = Object.entries(answers).find(([start]) => question.startsWith(start)) ?? [];
      const time = times.get(start) ?? 0;
      times.set(start, time + 1);
      const lines = given?.split("\n");
      return lines?.[time] ?? lines?.at(-1) ?? null;
    };
    const startMs = clock.nowMs();
    let code: number | null = null;
    const ran = shell.run(line).then((ended) => {
      code = ended;
    });
    // Guesses after wrong ones wait.
    while (code === null) await clock.step(startMs + longestLineMs);
    await ran;
    const waitedMs = clock.nowMs() - startMs;
    return { code, text: printed.join("\n"), asked: [...asked], cleared: [...cleared], waitedMs };
  };
  const status = async (): Promise<VaultStatus> => {
    const said = await vault.vaultStatus();
    if (!said.ok) throw new Error(said.message);
    return said.value;
  };
  return { type, status, shell, files, authenticator, app };
}

const passphrases = { Passphrase: passphrase, Again: passphrase } as const;

const shownWords = (text: string): string =>
  // In rows of their own: other lines also speak of words by number.
  [...(text.match(/^ {2}.*$/gm) ?? []).join("\n").matchAll(/\b(\d{1,2}) ([a-z]+)\s/g)]
    .sort((x, y) => Number(x[1]) - Number(y[1]))
    .map((match) => match[2])
    .join(" ");

describe("a new identity", () => {
  it("asks three questions of who wants to go on at once, and keeps the address until a backup is proved", async () => {
    const { type, status, shell } = device(1);
    const made = await type("id new", { ...passphrases, "Press Enter": "later" });
    expect(made).toMatchObject({
      code: 0,
      asked: [/^Passphrase/, /^Again/, /^Press Enter/].map((start) => expect.stringMatching(start)),
    });
    const { did } = await status();
    const shows = async (line: string): Promise<boolean> => (await type(line)).text.includes(did as string);
    expect(made.text).not.toContain(did);
    expect(await shows("id")).toBe(false);
    expect(await shows("id show --json")).toBe(false);
    expect((await shell.completions("pay ")).candidates).not.toContain(did);
    const kind = await type("id address");
    expect(kind).toMatchObject({
      code: 1,
      text: expect.stringMatching(/id drill[\s\S]*id backup[\s\S]*--without-backup/),
    });
    expect(kind.text).not.toContain(did);

    const drilled = await type("id drill", { ...passphrases, words: shownWords(made.text) });
    expect(drilled).toMatchObject({ code: 0, text: expect.stringContaining(`Your address: ${did}`) });
    expect(new Set(drilled.asked.slice(1)).size).toBe(3);
    // What was typed is on the screen no more: the third word neither.
    expect(drilled.cleared).toEqual([4]);
    expect(await status()).toMatchObject({ backup: "words" });
    expect(await shows("id address")).toBe(true);
    expect(await shows("id show --json")).toBe(true);
    expect((await shell.completions("pay ")).candidates).toContain(did);
  });

  it("goes on without a backup where its owner says so, which is noted", async () => {
    const { type, status } = device(2);
    await type("id new", { ...passphrases, "Press Enter": "later" });
    const { did } = await status();
    const shown = await type("id address --without-backup");
    expect(shown).toMatchObject({ code: 0, text: expect.stringContaining(`Your address: ${did}`) });
    expect(await status()).toMatchObject({ backup: "waived" });
    expect((await type("id")).text).toContain("no backup proved, as you chose");
  });

  it("is not proved by wrong words, by giving up, or twice by the same word", async () => {
    const { type, status } = device(3);
    const made = await type("id new", { ...passphrases, "Press Enter": "", words: "zoo ".repeat(12).trim() });
    expect(made).toMatchObject({ code: 0, text: expect.stringMatching(/Word \d+ is another one/) });
    expect(made.cleared).toEqual([3, 6]);
    expect(await type("id drill", { ...passphrases })).toMatchObject({ code: 1, cleared: [] });
    expect(await type("id drill", { Passphrase: "wrong horse", words: shownWords(made.text) })).toMatchObject({
      code: 1,
      asked: { length: 3 },
      text: expect.stringContaining("not the passphrase"),
    });
    expect(await status()).toMatchObject({ backup: "none" });
    const again = await type("id phrase", { ...passphrases, "Press Enter": "", words: shownWords(made.text) });
    expect(again.text).toContain("Proved");
    expect(await status()).toMatchObject({ backup: "words" });
  });

  it("asks for different words, any of the twelve", () => {
    const random = new Random(4);
    const seen = new Set<number>();
    for (let round = 0; round < 200; round++) {
      const places = drawPlaces((length) => random.bytes(length));
      expect(new Set(places).size).toBe(3);
      for (const place of places) seen.add(place);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  });
});

describe("a wrong passphrase", () => {
  it("is asked for again in its place, three times at most, each guess later than the one before", async () => {
    const { type, status } = device(18);
    await type("id new", { ...passphrases, "Press Enter": "later" });
    const twice = { Passphrase: `wrong horse\nother horse\n${passphrase}`, "Press Enter": "later" };
    for (const line of ["id backup", "id phrase", "id passkey add", "id drill"]) {
      const { asked, text, waitedMs } = await type(line, twice);
      expect([line, asked.filter((question) => question.startsWith("Passphrase")).length]).toEqual([line, 3]);
      expect(text.match(/not the passphrase/g), line).toHaveLength(2);
      // Two in a row cost nothing, and the right one ends the row.
      expect([line, waitedMs]).toEqual([line, 0]);
    }
    const changed = await type("id passphrase", { "Passphrase (": "another horse", Again: "another horse", ...twice });
    expect(changed).toMatchObject({ code: 0, asked: { length: 5 } });
    for (const [line, waitsMs] of [
      ["id backup", 0],
      ["id drill", 1_000 + 2_000 + 4_000],
      ["id phrase", 8_000 + 16_000 + 30_000],
    ] as const) {
      const { code, asked, text, waitedMs } = await type(line, { Passphrase: "wrong horse" });
      expect([line, code, asked.length]).toEqual([line, 1, 3]);
      expect(text).toMatch(/Type the command again to try again\.$/);
      expect([line, waitedMs]).toEqual([line, waitsMs]);
    }
    expect(await status()).toMatchObject({ backup: "none" });
  });

  it("is not asked for where there are no keys", async () => {
    const { type, files } = device(19);
    files.set("file", new Uint8Array(8));
    for (const line of ["id backup", "id drill", "id drill file", "id phrase", "id passphrase"]) {
      expect(await type(line, passphrases)).toMatchObject({
        code: 1,
        asked: [],
        text: expect.stringContaining("id new"),
      });
    }
  });
});

describe("a command that needs keys", () => {
  const command = `contact add bob ${someone}`;
  const answers = { ...passphrases, "Press Enter": "later" };

  it("makes the first ones in its place and goes on, with no more questions than `id new`", async () => {
    const { type, status } = device(10);
    const added = await type(command, answers);
    expect(added).toMatchObject({ code: 0, text: expect.stringMatching(/^This needs keys[\s\S]*@bob is did:key/) });
    expect(added.asked.map((question) => question.split(" ")[0])).toEqual(["Passphrase", "Again:", "Press"]);
    expect(await status()).toMatchObject({ exists: true, unlocked: true });
    expect(await type("contact list")).toMatchObject({ code: 0, asked: [], text: expect.stringContaining(someone) });
  });

  it("may be the one for the address, which is then shown as ever: once a backup was proved", async () => {
    const { type, status } = device(20);
    const asked = await type("id address", answers);
    expect(asked).toMatchObject({ code: 1, text: expect.stringMatching(/^This needs keys[\s\S]*--without-backup/) });
    expect((await type("id address")).text).not.toContain("This needs keys");
    expect(await status()).toMatchObject({ exists: true, backup: "none" });
  });

  it("changes nothing where that is declined, at any of the questions before the keys are there", async () => {
    const { type, status } = device(11);
    for (const given of [{}, { Passphrase: passphrase }]) {
      const declined = await type(command, given);
      expect(declined).toMatchObject({ code: 1, text: expect.stringMatching(/Cancelled; nothing was changed\.$/) });
      expect(await status()).toMatchObject({ exists: false });
    }
  });

  it("does not go on where its user left once the keys were there, which stay", async () => {
    const { type, status } = device(21);
    const left = await type(command, passphrases);
    expect(left).toMatchObject({ code: 1, text: expect.stringMatching(/your command was not run\. Type it again/) });
    expect(await status()).toMatchObject({ exists: true, unlocked: true });
    expect((await type("contact list")).text).not.toContain(someone);
  });

  it("asks nothing where no person reads it, nor where new keys would not do", async () => {
    const { type, status, files } = device(12);
    files.set("script", new TextEncoder().encode(command));
    files.set("words", new TextEncoder().encode("hello"));
    const unasked = [`${command} --json`, `${command} > told`, "sh script", `cat words | send-msg ${someone}`];
    for (const line of [
      ...unasked,
      "contact list",
      "contact add bob did:key:zBroken",
      `contact add b\u200bob ${someone}`,
      "id unlock",
      "pair list",
      "pay x 1 --dry-run",
      "alloc 1MiB --dry-run",
    ]) {
      const { code, asked } = await type(line, answers);
      expect([line, code, asked]).toEqual([line, 1, []]);
    }
    expect((await type(`${command} --json`)).text).toContain("`id new` makes one");
    expect((await type("id unlock")).text).toContain("`id restore` brings yours back");
    expect(await status()).toMatchObject({ exists: false });
  });
});

describe("an installation", () => {
  it("is offered before keys, once in a session, and need not be taken", async () => {
    const { type, app, status } = device(13);
    app.installWay = "prompt";
    const declined = await type("id new", { Install: "" });
    expect(declined.asked.map((question) => question.split(" ")[0])).toEqual(["Install", "Passphrase"]);
    expect((await type("id new")).asked).toEqual([expect.stringMatching(/^Passphrase/)]);
    expect([app.opened, (await status()).exists]).toEqual([0, false]);
  });

  it("goes on with the keys, whatever the browser's own question comes to", async () => {
    for (const [says, told] of [
      ["accepted", /\nInstalled\./],
      ["dismissed", /\nNot installed/],
    ] as const) {
      const { type, app, status } = device(14);
      Object.assign(app, { installWay: "prompt", says });
      const made = await type("id new", { ...passphrases, Install: "y", "Press Enter": "later" });
      expect(made).toMatchObject({ code: 0, text: expect.stringMatching(told) });
      expect([app.opened, (await status()).exists]).toEqual([1, true]);
    }
  });

  it("comes first where the app would have storage of its own, and makes no keys in the page then", async () => {
    const { type, app, status } = device(15);
    app.installWay = "ios";
    const told = await type("id new", { ...passphrases, Install: "yes" });
    expect(told).toMatchObject({
      code: 130,
      asked: { length: 1 },
      text: expect.stringContaining("Add to Home Screen"),
    });
    expect(await status()).toMatchObject({ exists: false });
    // Who goes away at the question has not said that keys are to be made.
    const other = device(16);
    other.app.installWay = "ios";
    expect(await other.type("id new", passphrases)).toMatchObject({ code: 130, asked: { length: 1 } });
    expect(await other.status()).toMatchObject({ exists: false });
  });

  it("is not offered to who has it, or where the browser has not", async () => {
    for (const change of [{ installed: true, installWay: "prompt" }, { installWay: "menu" }] as const) {
      const { type, app } = device(17);
      Object.assign(app, change);
      expect((await type("id new")).asked).toEqual([expect.stringMatching(/^Passphrase/)]);
    }
  });
});

describe("a backup file", () => {
  it("is proved by opening it, and restores the identity elsewhere", async () => {
    const { type, status, files } = device(5);
    await type("id new", { ...passphrases, "Press Enter": "later" });
    expect(await type("id backup", passphrases)).toMatchObject({ code: 0 });
    expect(await type("id backup here.aether", passphrases)).toMatchObject({ code: 0 });
    expect([...files.keys()]).toEqual(["aether-backup-2026-11-21.aether", "here.aether"]);
    const { did } = await status();
    expect((await type("id drill here.aether", passphrases)).text).toContain(`Your address: ${did}`);
    expect(await status()).toMatchObject({ backup: "file" });

    const other = device(6);
    const backup = files.get("here.aether") as Uint8Array;
    other.files.set("good", backup);
    other.files.set("bad", backup.slice(0, -1));
    expect(await other.type("id restore bad", passphrases)).toMatchObject({
      code: 1,
      text: expect.stringContaining("damaged"),
    });
    const wrong = await other.type("id restore good", { Passphrase: "wrong horse" });
    expect(wrong).toMatchObject({ code: 1, asked: { length: 3 } });
    expect(await other.status()).toMatchObject({ exists: false });
  });

  it("opens at the first right passphrase", async () => {
    const { type, status, files } = device(7);
    await type("id new", { ...passphrases, "Press Enter": "later" });
    await type("id backup file", passphrases);
    const other = device(8);
    other.files.set("file", files.get("file") as Uint8Array);
    const { did } = await status();
    expect(await other.type("id restore file", passphrases)).toMatchObject({ code: 0, text: `Restored: ${did}` });
    expect(await other.status()).toMatchObject({ did, unlocked: true, backup: "file" });
    expect(await other.type("id restore nothing", passphrases)).toMatchObject({ code: 1 });
    expect(await other.type(`id lock ${someone}`)).toMatchObject({
      code: 1,
      text: expect.stringContaining("nothing more"),
    });
  });
});

describe("a passkey", () => {
  it("opens the keys where the passphrase is left out, and where it fails the passphrase still does", async () => {
    const { type, status, authenticator } = device(9);
    expect(await type("id passkey add")).toMatchObject({ code: 1, text: expect.stringContaining("id new") });
    await type("id new", { ...passphrases, "Press Enter": "later" });
    authenticator.obstacle = "this browser knows no passkeys";
    expect(await type("id passkey add", passphrases)).toMatchObject({
      code: 1,
      asked: [],
      text: expect.stringMatching(/knows no passkeys\. Your passphrase does/),
    });
    authenticator.obstacle = null;
    expect(await type("id passkey add", { Passphrase: "wrong horse" })).toMatchObject({ code: 1 });
    expect((await status()).passkeys).toEqual([]);
    expect(await type("id passkey add", passphrases)).toMatchObject({ code: 0 });
    expect((await type("id passkey")).text).toContain("1 passkey opens your keys");

    await type("id lock");
    expect(await type("id unlock", { "Passphrase to unlock": "" })).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ unlocked: true });
    await type("id lock");
    authenticator.isPresent = false;
    expect(await type("id unlock", { "Passphrase to unlock": "" })).toMatchObject({
      code: 1,
      text: expect.stringContaining("No passkey was used"),
    });
    expect(await type("id unlock", passphrases)).toMatchObject({ code: 0 });

    expect(await type("id passkey remove", { "Let only": "n" })).toMatchObject({ code: 130 });
    expect((await status()).passkeys).toHaveLength(1);
    expect(await type("id passkey remove", { "Let only": "y" })).toMatchObject({ code: 0 });
    expect(await status()).toMatchObject({ passkeys: [], unlocked: true });
  });
});

describe("a new passphrase", () => {
  it("that is too short is asked for again in its place, before it is typed twice", async () => {
    const answers = ["short", "password", "long enough", "other words", "long enough", "long enough"];
    const asked: string[] = [];
    const printed: string[] = [];
    const context = {
      ask: (question: string) => {
        asked.push(question.split(" ")[0] as string);
        return Promise.resolve(answers.shift() ?? null);
      },
      print: (words: string) => printed.push(words),
    } as unknown as CommandContext;
    expect(await newPassphrase(context)).toBe("long enough");
    expect(asked).toEqual(["Passphrase", "Passphrase", "Passphrase", "Again:", "Passphrase", "Again:"]);
    expect(printed).toMatchObject(
      [/at least 8/, /among the first/, /differ/].map((words) => expect.stringMatching(words)),
    );
  });
});
