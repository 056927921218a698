import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Command } from "../commands/command.ts";
import { plainScreen } from "../plain-screen.ts";
import { commands, Shell } from "../shell.ts";
import { manualPages } from "./manual-pages.ts";
import { commandGroups, manualBlocks, manualIndexPath, manualPath, seeAlso } from "./manual-parts.ts";
import { manualTexts } from "./manual-texts.ts";

const pages = manualPages();
const command = (name: string): Command => commands.find((one) => one.name === name) as Command;
const pageOf = (name: string): string => pages.get(manualPath(name)) as string;

describe("manuals as pages", () => {
  it("are of commands that there are, each of some words", () => {
    expect(Object.keys(manualTexts).sort()).toEqual(commands.map(({ name }) => name).sort());
    for (const [name, text] of Object.entries(manualTexts)) expect(text.length, name).toBeGreaterThan(20);
  });

  it("are one for each command and one that leads to all, each with a title and words of its own", () => {
    expect([...pages.keys()].sort()).toEqual([manualIndexPath, ...commands.map(({ name }) => manualPath(name))].sort());
    const index = pages.get(manualIndexPath) as string;
    for (const { name } of commands) expect(index).toContain(`href="${manualPath(name)}"`);
    for (const [group] of commandGroups) expect(index).toContain(`id="${group}"`);
    const heads = [...pages.values()].map((page) => /<title>(.*)<\/title>/.exec(page)?.[1]);
    expect(new Set(heads).size).toBe(pages.size);
  });

  it("link to nothing that is not there, and hold no script and nothing inline", () => {
    for (const [path, page] of pages) {
      expect(page, path).not.toMatch(/<script|style=| on[a-z]+=|javascript:/);
      for (const [, to = ""] of page.matchAll(/(?:href|src)="([^"#]*)/g)) {
        const isKnown = pages.has(to) || ["/", "/icon.svg", "/manual/manual.css"].includes(to);
        expect(isKnown, `${path} → ${to}`).toBe(true);
      }
      for (const [, id = ""] of page.matchAll(/href="\/manual\/index\.html#([^"]*)/g))
        expect(commandGroups.map(([group]) => group)).toContain(id);
    }
    expect(readFileSync("src/shell/manual/manual.css", "utf8")).not.toMatch(/url\(|@import/);
  });

  it("say what the commands say, escaped, with other commands as links", () => {
    expect(pageOf("pay")).toContain("--memo TEXT");
    expect(pageOf("alloc")).toContain("64MiB");
    for (const { name, examples } of commands) {
      for (const example of examples)
        expect(pageOf(name)).toContain(
          example
            .replaceAll("&", "&amp;")
            .replaceAll("<", "&lt;")
            .replaceAll(">", "&gt;")
            .replace(/"/g, "&quot;")
            .replace(/'/g, "&#39;"),
        );
    }
    expect(pageOf("role")).toContain('<a href="/manual/activity.html"><code>activity</code></a>');
  });

  it("make lists of names and what they mean", () => {
    expect(manualBlocks("Lead.\n\nnew   makes  two\nlock  closes\nRest.")).toEqual([
      { type: "paragraph", text: "Lead." },
      {
        type: "list",
        rows: [
          ["new", "makes  two"],
          ["lock", "closes"],
        ],
      },
      { type: "paragraph", text: "Rest." },
    ]);
    expect(manualBlocks(manualTexts["id"] ?? "")[0]).toMatchObject({ type: "list" });
  });
});

describe("`man`", () => {
  it("names other commands, in both directions, and the page", async () => {
    expect(seeAlso(command("role"), commands, manualTexts).map(({ name }) => name)).toContain("activity");
    expect(seeAlso(command("activity"), commands, manualTexts).map(({ name }) => name)).toContain("role");
    const said: string[] = [];
    const environment = { addressOf: (path: string) => `https://here${path}`, nowMs: () => 0 };
    const shell = new Shell(
      {} as never,
      environment as never,
      plainScreen((text) => said.push(text)),
    );
    expect(await shell.run("man role")).toBe(0);
    expect(said.join("\n")).toMatch(/See also {2}.*activity[\s\S]*As a page {2}https:\/\/here\/manual\/role\.html/);
    expect(await shell.run("help")).toBe(0);
    expect(said.at(-1)).toContain("https://here/manual/index.html");
  });
});
