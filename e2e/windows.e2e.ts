/**
 * Windows as users meet them: opened from the bar, by a command and by a link; what they show is what the terminal says;
 * what they do is typed into the terminal and asked there. On a desktop and a phone, by mouse and by keyboard.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BlockSummary, PeerView } from "../src/sdk/contract.ts";
import { violations } from "./accessibility.ts";
import { desktop, endAll, openProfile, type Profile, phone, type Seed, startSeed, type Tab } from "./harness.ts";
import { makeIdentity, until } from "./steps.ts";

const bar = (tab: Tab, name: string) => tab.page.getByRole("navigation").getByRole("button", { name, exact: true });
const region = (tab: Tab, name: string) => tab.page.getByRole("region", { name, exact: true });

let seed: Seed;
let profile: Profile;
let tab: Tab;

beforeAll(async () => {
  seed = await startSeed({ begun: true });
  profile = await openProfile();
  await profile.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  tab = await profile.open(seed.url);
});
afterAll(endAll);

describe("the wallet", () => {
  it("leads from no keys to a payment, with the commands in sight and the consent in the terminal", async () => {
    await bar(tab, "Wallet").click();
    await region(tab, "Wallet").getByText("There is no identity on this device yet").waitFor();
    expect(await violations(tab.page)).toEqual([]);
    const { did } = await makeIdentity(tab);
    await region(tab, "Wallet").getByText(did).waitFor();
    await region(tab, "Wallet").getByRole("button", { name: "Ask for coins faucet" }).click();
    await tab.waitFor(/Paid\. You have 5 AETH/);
    await region(tab, "Wallet").getByText("5 AETH", { exact: true }).waitFor();
    await region(tab, "Wallet").getByRole("button", { name: "Copy address" }).click();
    await region(tab, "Wallet").getByText("Copied").waitFor();
    expect(await tab.page.evaluate(() => navigator.clipboard.readText())).toBe(did);

    const pay = region(tab, "Wallet").getByRole("form", { name: "Pay" });
    await pay.getByLabel("To (@name or did:key:…)").fill("bob");
    await pay.getByRole("button", { name: /^Review/ }).click();
    await pay.getByRole("alert").getByText("Not a valid address").waitFor();
    // A name stands for an address, which is in sight wherever the name is.
    await tab.command(`contact add me ${did}`, /@me is did:key/);
    await region(tab, "Wallet")
      .getByRole("listitem")
      .filter({ hasText: `@me ${did}` })
      .waitFor();
    await pay.getByLabel("To (@name or did:key:…)").fill("@me");
    await pay.getByLabel("Amount in AETH").fill("1.5");
    await pay.getByLabel("Note, public (may be empty)").fill("it's; pay you");
    await tab.picture("windows-wallet-desktop");
    await pay.getByRole("button", { name: /^Review/ }).click();
    expect(await tab.waitFor(/Sign and send\?|\[y\/N\]/)).toContain(`@me, ${did}`);
    expect(await violations(tab.page)).toEqual([]);
    await tab.command("y", /In block \d+/);
  });

  it("shows its coins' transactions in the explorer, beside it", async () => {
    await region(tab, "Wallet")
      .getByRole("button", { name: /^[0-9a-f]{12}:\d+$/ })
      .first()
      .click();
    await region(tab, "Explorer").getByRole("heading", { name: "Transaction" }).waitFor();
    await region(tab, "Explorer")
      .getByText(/In block/)
      .waitFor();
    await expect.poll(() => region(tab, "Wallet").count()).toBe(1);
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-two-desktop");
  });

  it("is moved by mouse and by keyboard", async () => {
    const edge = tab.page.getByRole("separator").first();
    const width = async (): Promise<number> => (await region(tab, "Explorer").boundingBox())?.width ?? 0;
    const before = await width();
    await edge.focus();
    for (let i = 0; i < 3; i++) await tab.page.keyboard.press("ArrowLeft");
    expect(await width()).toBeGreaterThan(before + 20);
  });
});

describe("the explorer", () => {
  it("opens by a link at its place, goes back with the browser, and runs nothing", async () => {
    const [newest] = await tab.json<readonly BlockSummary[]>("blocks 1");
    await tab.page.goto(`${seed.url}#open=explorer/block/1`);
    await tab.page.reload();
    await tab.waitFor(/This tab is a node now/);
    const explorer = region(tab, "Explorer");
    await explorer.getByRole("heading", { name: "Block 1", exact: true }).waitFor();
    await explorer.getByRole("button", { name: "Block after" }).click();
    await explorer.getByRole("heading", { name: "Block 2", exact: true }).waitFor();
    expect(new URL(tab.page.url()).hash).toBe("#open=explorer/block/2");
    await tab.page.goBack();
    await explorer.getByRole("heading", { name: "Block 1", exact: true }).waitFor();
    await tab.type(`open explorer block/${newest?.height}`);
    await explorer.getByRole("heading", { name: `Block ${newest?.height}`, exact: true }).waitFor();
  });

  it("repeats nothing of a link that names nothing, least of all as a command to type", async () => {
    const explorer = region(tab, "Explorer");
    const said: readonly (readonly [place: string, refusal: string])[] = [
      ["block/1; pay bob 5", "Give a height, or a block hash"],
      ["tx/1; pay bob 5", "A transaction id has 64"],
      ["address/\u202e; pay bob 5", "Not a valid address"],
    ];
    for (const [place, refusal] of said) {
      await tab.page.goto(`${seed.url}#open=explorer/${encodeURIComponent(place)}`);
      await explorer.getByRole("alert").getByText(refusal).waitFor();
      expect(await explorer.innerText()).not.toContain("pay");
    }
  });

  it("finds by height, hash, id and address, and says what it cannot find", async () => {
    const explorer = region(tab, "Explorer");
    const find = async (words: string): Promise<void> => {
      await explorer.getByLabel("Height, block, transaction, address or @name").fill(words);
      await explorer.getByRole("button", { name: "Search" }).click();
    };
    const [newest] = await tab.json<readonly { hash: string; height: number }[]>("blocks 1");
    await find(newest?.hash as string);
    await explorer.getByRole("heading", { name: `Block ${newest?.height}`, exact: true }).waitFor();
    await find("nothing");
    await explorer.getByText("Type a height, an address").waitFor();
    await find("99999");
    await explorer.getByRole("alert").waitFor();
    await find("did:key:zQ3shbad");
    await explorer.getByText("Not a valid address").waitFor();
    await explorer.getByRole("button", { name: "Newest blocks" }).click();
    await explorer.getByRole("table", { name: "Newest blocks" }).waitFor();
    expect(await violations(tab.page)).toEqual([]);
  });
});

describe("the network", () => {
  it("draws the peers that `peers` names, and says so without a picture", async () => {
    await tab.type("open network");
    const network = region(tab, "Network");
    const peers = await until<readonly PeerView[]>(tab, "peers", (all) => all.length > 0);
    await network.getByRole("img", { name: /^This tab and \d+ peer/ }).waitFor();
    for (const { id } of peers) await network.getByRole("rowheader", { name: id.slice(-8) }).waitFor();
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-network-desktop");
  });

  it("lets letters and Escape lead from its title back to the terminal, and nothing typed is lost", async () => {
    const isInTerminal = () => document.activeElement?.classList.contains("xterm-helper-textarea") === true;
    const title = region(tab, "Network").getByRole("heading", { name: "Network" });
    await title.focus();
    await tab.page.keyboard.type("echo typed-at-the-title\n");
    await tab.waitFor(/^typed-at-the-title$/m);
    await title.focus();
    await tab.page.keyboard.press("Escape");
    await tab.page.waitForFunction(isInTerminal);
  });

  it("gives the focus back when it is closed", async () => {
    const close = region(tab, "Network").getByRole("button", { name: "Close" });
    const focused = () => tab.page.evaluate(() => document.activeElement?.id || document.activeElement?.className);
    // A command had opened it.
    await close.click();
    expect(await focused()).toBe("xterm-helper-textarea");
    await tab.page.getByRole("navigation").getByRole("button", { name: "Network", exact: true }).click();
    await close.click();
    expect(await focused()).toBe("open-network");
    await tab.command("open bank", /There is no such window\. There are: wallet, messages, files/);
  });
});

describe("files and programs", () => {
  it("lists files, gives a copy out at once, and asks in the terminal before it deletes", async () => {
    await tab.type("echo hello > 'my note.txt'");
    await tab.type("open files");
    const files = region(tab, "Files");
    const download = tab.page.waitForEvent("download");
    await files.getByRole("button", { name: "Save a copy of my note.txt" }).click();
    expect((await download).suggestedFilename()).toBe("my note.txt");
    await files.getByText("Handed to the browser's downloads").waitFor();
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-files-desktop");
    await files.getByRole("button", { name: "Delete my note.txt" }).click();
    await tab.waitFor(/Delete my note\.txt\? There is no other copy/);
    await tab.type("y");
    await files.getByText("No files yet.").waitFor();
  });

  it("shows what is on its way, and forgets what was broken off", async () => {
    await tab.type("open files");
    const way = region(tab, "Files").getByRole("region", { name: "On their way" });
    // A line that waits for the person's choice is under way.
    const chooser = tab.page.waitForEvent("filechooser");
    await tab.type("cat - > later.bin");
    await way.getByRole("button", { name: "Stop cat - > later.bin" }).waitFor();
    await (await chooser).setFiles({ name: "x", mimeType: "text/plain", buffer: Buffer.from("chosen") });
    await way.waitFor({ state: "detached" });
    await tab.command("rm later.bin --yes", /later\.bin/);
    // As a tab that was killed leaves a file that it fetched: a whole piece came.
    const tag = `get bafkrei${"a".repeat(52)}`;
    await tab.page.evaluate(async (tag) => {
      const { name } = (await indexedDB.databases()).find((one) => one.name?.includes("home")) ?? {};
      const request = indexedDB.open(name ?? "");
      await new Promise((resolve) => request.addEventListener("success", resolve));
      const transaction = request.result.transaction(["drafts", "pieces"], "readwrite");
      const row = { contentId: "left", tag, sizeBytes: 2 ** 20, touchedMs: Date.now() };
      transaction.objectStore("drafts").put(row, row.contentId);
      transaction.objectStore("pieces").put(new Uint8Array(2 ** 20), [row.contentId, 0]);
      await new Promise((resolve) => transaction.addEventListener("complete", resolve));
      request.result.close();
    }, tag);
    await way.getByText("1.0 MiB came").waitFor();
    await way.getByText("The same get LINK goes on with it").waitFor();
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-files-left");
    await tab.page.setViewportSize(phone);
    expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-files-left-phone");
    await tab.page.setViewportSize(desktop);
    await way.getByRole("button", { name: /^Forget what came of A file by a link/ }).click();
    await way.waitFor({ state: "detached" });
  });

  it("goes into folders and back, by a link too, and shows texts and pictures, none of which can run", async () => {
    await tab.type("open files");
    await tab.type("echo 'milk <b>and</b> bread' > notes/week/list.txt");
    // A picture of one pixel.
    const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    await tab.type(`echo ${pixel} | base64 -d > notes/dot.png`);
    const files = region(tab, "Files");
    await files.getByRole("button", { name: "notes/" }).click();
    await files.getByRole("rowheader", { name: "dot.png" }).getByRole("button").click();
    const picture = files.getByRole("img", { name: "The picture notes/dot.png" });
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
    await tab.picture("windows-files-folder");
    await files.getByRole("button", { name: "week/" }).click();
    await files.getByRole("rowheader", { name: "list.txt" }).getByRole("button").click();
    await files
      .getByRole("region", { name: "Text of notes/week/list.txt" })
      .getByText("milk <b>and</b> bread")
      .waitFor();
    expect(await violations(tab.page)).toEqual([]);
    await files.getByRole("navigation", { name: "Folder" }).getByRole("button", { name: "notes" }).click();
    await files.getByRole("rowheader", { name: "dot.png" }).waitFor();
    await tab.page.goBack();
    await files.getByRole("rowheader", { name: "list.txt" }).waitFor();
    expect(tab.page.url()).toMatch(/#open=files\/notes\/week$/);
    await files.getByRole("navigation", { name: "Folder" }).getByRole("button", { name: "All files" }).click();
    for (const path of ["notes/week/list.txt", "notes/dot.png"]) await tab.type(`rm ${path} --yes`);
    await files.getByText("No files yet.").waitFor();
  });

  it("takes a file in under a name, and refuses a name that is none", async () => {
    const files = region(tab, "Files");
    await files.getByLabel("Take a file of this device in as").fill("../x");
    await files.getByRole("button", { name: "Choose" }).click();
    expect(
      await files
        .getByLabel("Take a file of this device in as")
        .evaluate((field: HTMLInputElement) => field.validationMessage),
    ).toMatch(/without \. and \.\./);
    await files.getByLabel("Take a file of this device in as").fill("in.txt");
    const chooser = tab.page.waitForEvent("filechooser");
    await files.getByRole("button", { name: "Choose" }).click();
    await (await chooser).setFiles({ name: "any.txt", mimeType: "text/plain", buffer: Buffer.from("taken in") });
    await files.getByRole("rowheader", { name: "in.txt" }).waitFor();
    await tab.command("cat in.txt", /taken in/);
  });

  it("takes in what is dropped on the page, which stays", async () => {
    const dropped = await tab.page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(["it was dropped"], "dropped.txt", { type: "text/plain" }));
      return data;
    });
    for (const type of ["dragover", "drop"]) await tab.page.dispatchEvent("h1", type, { dataTransfer: dropped });
    await tab.waitFor(/dropped\.txt/);
    await region(tab, "Files").getByRole("rowheader", { name: "dropped.txt" }).waitFor();
    await tab.command("cat dropped.txt", /it was dropped/);
    await tab.picture("windows-files-dropped");
  });

  it("runs a program with arguments that are words and nothing else", async () => {
    await tab.type("open programs");
    const programs = region(tab, "Programs");
    await programs.getByLabel("Arguments for primes").fill("1 20 ;id");
    await programs.getByRole("region", { name: "primes" }).getByRole("button", { name: "Run" }).click();
    await tab.waitFor(/primes: one number or two are needed/);
    await programs.getByLabel("Arguments for primes").fill("1 20");
    await programs.getByRole("region", { name: "primes" }).getByRole("button", { name: "Run" }).click();
    await tab.waitFor(/^19$/m);
    // What is remembered is asked for in the terminal, shown here, bounds the next run, and is taken back here.
    const one = programs.getByRole("region", { name: "primes", exact: true });
    await one.getByLabel("arguments", { exact: true }).uncheck();
    await one.getByRole("button", { name: /^Review in the terminal grant primes output/ }).click();
    await tab.waitFor(/Grant this\? \[y\/N\]/);
    await tab.type("y");
    const remembered = programs.getByRole("region", { name: "Remembered", exact: true });
    await remembered.getByText(/output.* \(granted on/).waitFor();
    await tab.command("primes 1 20", /arguments[\s\S]*Nothing of it ran/);
    await remembered.getByRole("button", { name: "Deny primes" }).click();
    await remembered.getByRole("listitem").getByText("denied: it does not run").waitFor();
    await tab.command("run --grant all primes 1 20", /primes was denied on .*Nothing of it ran/);
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-programs-desktop");
  });
});

describe("a fourth window", () => {
  it("takes the place of the one used least recently, says so, and gives it back as it was", async () => {
    await tab.page.goto(`${seed.url}#`);
    await tab.page.reload();
    await tab.waitFor(/This tab is a node now/);
    const said = tab.page.getByRole("status").filter({ hasText: "gave its place" });
    for (const name of ["Wallet", "Explorer", "Network"]) await bar(tab, name).click();
    const to = region(tab, "Wallet").getByLabel("To (@name or did:key:…)");
    await to.fill("@half-typed");
    await bar(tab, "Files").click();
    await said.getByText("Explorer gave its place").waitFor();
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-gave-way-desktop");
    await said.getByRole("button", { name: "Let it go" }).click();
    await said.waitFor({ state: "detached" });
    expect(await tab.page.evaluate(() => document.activeElement?.id)).toBe("files-title");
    for (const name of ["Programs", "Settings"]) await bar(tab, name).click();
    await said.getByText("Wallet gave its place").waitFor();
    await expect.poll(() => to.isVisible()).toBe(false);
    // By keyboard alone, from the window that took the place.
    const again = said.getByRole("button", { name: "Open it again" });
    await again.focus();
    await tab.page.keyboard.press("Enter");
    await said.getByText("Files gave its place").waitFor();
    expect(await tab.page.evaluate(() => document.activeElement?.id)).toBe("wallet-title");
    expect(await to.inputValue()).toBe("@half-typed");
    await bar(tab, "Files").click();
    await said.getByText("Programs gave its place").waitFor();
    for (const name of ["Settings", "Wallet", "Files"]) await bar(tab, name).click();
    await region(tab, "Files").waitFor({ state: "detached" });
    await expect.poll(() => said.count()).toBe(0);
  });
});

describe("settings", () => {
  const ground = (): Promise<string> => tab.page.evaluate(() => getComputedStyle(document.body).backgroundColor);

  it("make the page dark and its letters large with the commands they show, and stay so", async () => {
    await tab.page.emulateMedia({ colorScheme: "light" });
    await tab.type("open settings");
    const settings = region(tab, "Settings");
    await settings.getByRole("radio", { name: /^Dark/ }).check();
    await settings.getByText("› appearance --theme dark").waitFor();
    await settings.getByRole("radio", { name: /^Large/ }).check();
    await settings.getByText("› appearance --text large").waitFor();
    expect(await ground()).toBe("rgb(7, 11, 22)");
    expect(await violations(tab.page)).toEqual([]);
    await tab.picture("windows-settings-desktop");
    await tab.page.reload();
    await tab.waitFor(/This tab is a node now/);
    expect(await ground()).toBe("rgb(7, 11, 22)");
    expect(await tab.page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("20px");
    await tab.command("appearance --theme auto --text normal", /text\s+normal/);
    expect(await ground()).toBe("rgb(244, 246, 251)");
    await tab.page.emulateMedia({ colorScheme: "dark" });
    expect(await ground()).toBe("rgb(7, 11, 22)");
    await tab.page.emulateMedia({ colorScheme: "light" });
  });
});

describe("on a phone", () => {
  it("a window takes the terminal's place, and gives it back when something is to be typed", async () => {
    const small = await openProfile({ viewport: phone });
    const page = await small.open(seed.url);
    for (const name of ["Explorer", "Network", "Files", "Programs", "Settings", "Messages", "Wallet"]) {
      await bar(page, name).click();
      await region(page, name).waitFor();
      expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(phone.width);
      expect(await violations(page.page)).toEqual([]);
      await page.picture(`windows-${name.toLowerCase()}-phone`);
    }
    await expect.poll(() => page.page.getByRole("region", { name: "Terminal" }).isVisible()).toBe(false);
    // The words of a first visit leave their room to the window; the note says what gave its place.
    await expect.poll(() => page.page.getByText("Nothing needs an account").isVisible()).toBe(false);
    // What is covered comes to the front; only what is in sight is closed.
    await bar(page, "Settings").click();
    await region(page, "Settings").waitFor();
    await bar(page, "Settings").click();
    await region(page, "Wallet").waitFor();
    await expect.poll(() => region(page, "Settings").count()).toBe(0);
    await region(page, "Wallet").getByRole("button", { name: "Make your keys id new" }).click();
    await page.waitFor(/Passphrase \(at least/);
    await expect.poll(() => page.page.getByRole("region", { name: "Terminal" }).isVisible()).toBe(true);
    await small.close();
  });
});
