/**
 * Programs as a person uses them: names and pipes at the prompt, files, limits, jobs, and runs recorded on the ledger that
 * another browser repeats.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { greedyComponents, greedyLimits } from "../src/testing/veil/greedy-components.ts";
import { endAll, openProfile, type Seed, startSeed, type Tab } from "./harness.ts";
import { spinning, trapping } from "./small-programs.ts";
import { makeIdentity, takeIn, until } from "./steps.ts";

let seed: Seed;
let tab: Tab;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  tab = await (await openProfile()).open(seed.url);
  await tab.waitFor(/This tab is a node/);
});
afterAll(endAll);

describe("files", () => {
  it("are written, read, kept over a reload, and deleted after a question", async () => {
    await tab.command("echo first > notes.txt; echo second >> notes.txt; cat notes.txt", /^first\nsecond$/m);
    await tab.page.reload();
    await tab.waitFor(/This tab is a node/);
    await tab.command("cat notes.txt", /^first\nsecond$/m);
    await tab.command("rm notes.txt", /There is no other copy/);
    await tab.type("y");
    await tab.command("cat notes.txt", /There is no file notes\.txt/);
  });

  it("go into an archive under the name that IPFS has for them, and come out of it as they were", async () => {
    const cid = /^bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4 is hello\.txt/m;
    await tab.command("echo hello world > hello.txt; car export hello.txt > hello.car", cid);
    await tab.command("car import hello.car; cat hello", /^hello world$/m);
    await tab.command("car list hello.txt", /This is no archive|The archive ends/);
    await tab.command("rm hello hello.txt hello.car --yes; echo gone", /^gone$/m);
  });
});

describe("programs", () => {
  it("are listed and explain themselves", async () => {
    const listed = await tab.command("programs", /^uniq /m);
    for (const known of ["base64", "cksum", "grep", "primes", "sha256", "sort", "wc"])
      expect(listed).toMatch(new RegExp(`^${known} `, "m"));
    await tab.command("sort --help", /-r/);
  });

  it("work in pipes, by their names and with run", async () => {
    await tab.command("echo hello | sha256", /5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03/);
    await tab.command("primes 1 30 | grep 3 | sort -r | cat", /^3\n29\n|^3\n23\n13$/m);
    await tab.command("primes 1 100 > primes.txt; run grep -c 7 primes.txt", /^9$/m);
    await tab.command("grep nothing primes.txt || echo none", /^none$/m);
    await tab.command("version | grep Aether", /^AetherChain \d/m);
    await tab.command("primes 1 100 | wc", /\b25\b/);
  });

  it("that are components give the same by the newest jco, for the same fuel", async () => {
    const ran = async (option: string): Promise<object> => {
      const printed = await tab.command(`echo one two three | run --json ${option} wc`, /^\{.*\}$/m);
      return JSON.parse(/^\{.*\}$/m.exec(printed)?.[0] as string) as object;
    };
    const pinned = await ran("");
    expect(pinned).toMatchObject({ end: { type: "exit", code: 0 }, output: expect.stringMatching(/1 +3 +14/) });
    expect(await ran("--transpiler newest")).toEqual(pinned);
    await tab.command("run --transpiler oldest wc", /There is no transpiler oldest\. There are pinned and newest/);
  });

  it("end where their limits are, with words that say what to do", async () => {
    await takeIn(tab, spinning, "spin.wasm");
    await takeIn(tab, trapping, "trap.wasm");
    await tab.command("run --fuel 10M spin.wasm", /used up its fuel, 10,000,000 units.*--fuel/);
    await tab.command("run trap.wasm", /did something that is not allowed and was stopped: .*unreachable/);
    await tab.command("run --grant none sort", /capability|granted/);
    await tab.command("run notes", /There is no program notes/);
    await tab.command("echo no module | cat > bad.wasm; run bad.wasm", /module|component/);
  });

  it("that hand over more than a tab has memory for end with words, and the tab lives", async () => {
    for (const { name: greedy, bytes, trap } of await greedyComponents()) {
      await takeIn(tab, bytes, `${greedy}.wasm`);
      const { fuel } = greedyLimits;
      const words = new RegExp(trap ?? `used up its fuel, ${fuel.toLocaleString("en")} units`);
      await tab.command(`run --mem 1GiB --fuel ${fuel} ${greedy}.wasm`, words);
    }
    await tab.command("echo still here", /^still here$/m);
    await tab.command("primes 1 10", /^7$/m);
    expect(tab.errors).toEqual([]);
  });

  it("are stopped by Ctrl-C in front and by kill behind, and the prompt answers meanwhile", async () => {
    await tab.command("run --fuel 9000G spin.wasm &", /\[1\] runs behind the prompt/);
    await tab.command("ps", /^\[1\] .*spin\.wasm$/m);
    await tab.command("echo still here", /^still here$/m);
    await tab.command("kill 1", /\[1\] .*was stopped/);
    const from = (await tab.transcript()).length;
    await tab.type("run --fuel 9000G spin.wasm");
    await tab.page.keyboard.press("Control+c");
    await tab.waitFor(/spin\.wasm was stopped/, { from });
    await tab.command("ps", /Nothing runs/);
  });
});

interface JsonRun {
  readonly end: { readonly type: string; readonly code: number };
  readonly process: string;
  readonly receipt: string;
}

describe("a recorded run", () => {
  it("has a receipt on the ledger that another browser repeats", async () => {
    await makeIdentity(tab);
    await until<readonly unknown[]>(tab, "offer list", (all) => all.length > 0);
    await tab.command("alloc 4MiB --process demo --yes", /4\.0 MiB leased for demo/);
    const shown = await tab.command("run --process demo --public primes 1 30", /Sign and send\?/);
    expect(shown).toMatch(/self-attested/);
    const ran = await tab.command("y", /Anybody repeats it: rerun [0-9a-f]{64}/);
    expect(ran).toMatch(/^2\n3\n5\n7\n11\n13\n17\n19\n23\n29$/m);
    const id = /rerun ([0-9a-f]{64})/.exec(ran)?.[1] as string;
    await tab.command(`rerun ${id}`, /The same here: the receipt holds/);
    const other = await (await openProfile()).open(seed.url);
    // It hears of both transactions by gossip or in a block.
    const answers = /The same here|NOT the same|No process|still runs/;
    await expect.poll(() => other.command(`rerun ${id}`, answers)).toMatch(/The same here/);
  });

  it("is capped by its lease, which one process at a time holds", async () => {
    await tab.command("run --process demo --mem 1MiB primes 1 9", /The lease named by --process is the memory's limit/);
    await tab.command("run --process other primes 1 9", /There is no memory for other; `alloc 64MiB --process other`/);
    const printed = await tab.command("run --json --process demo --fuel 1M spin.wasm", /^\{.*\}$/m);
    const { end, receipt } = JSON.parse(/^\{.*\}$/m.exec(printed)?.[0] as string) as JsonRun;
    expect(end.type).toBe("out-of-fuel");
    await tab.command(`rerun ${receipt}`, /The input of this run is private/);
    await tab.command("run --process demo --yes broken.wasm", /There is no program broken\.wasm/);
    await tab.command("alloc", /4\.0 MiB for demo until block \d+: (free to use|waits for a block)/);
  });
});

describe("while the seed is away", () => {
  it("says so at once, and the first run after its return succeeds", async () => {
    const own = await startSeed({ begun: true });
    const page = await (await openProfile()).open(own.url);
    await page.waitFor(/This tab is a node/);
    await takeIn(page, trapping, "trap.wasm");
    await own.stop();
    await page.command("run trap.wasm", /could not be loaded\. Nothing ran\. Try again when this node's seed/);
    await startSeed({ port: own.port, dataDirectory: own.dataDirectory });
    await page.command("run trap.wasm", /did something that is not allowed and was stopped: .*unreachable/);
  });

  it("does the same where only the sandbox's page is missing, again and again", async () => {
    const page = await (await openProfile()).open(seed.url);
    await page.waitFor(/This tab is a node/);
    await takeIn(page, trapping, "trap.wasm");
    const sandboxPage = /\/veil\.html/;
    await page.page.route(sandboxPage, (route) => route.abort());
    await page.command("run trap.wasm", /The page of the sandbox could not be loaded\. Nothing ran/);
    await page.command("run trap.wasm", /The page of the sandbox could not be loaded\. Nothing ran/);
    await page.page.unroute(sandboxPage);
    await page.command("run trap.wasm", /did something that is not allowed and was stopped: .*unreachable/);
  });
});
