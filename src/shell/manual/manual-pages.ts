/**
 * The manuals as pages: one for each command and one that lists them, plain HTML that needs no script. Made when the app is
 * built (tools/manual-pages.ts), from nothing but the commands themselves.
 * @module
 */
import type { Command } from "../commands/command.ts";
import { commands } from "../shell.ts";
import { commandGroups, type ManualBlock, manualBlocks, manualIndexPath, manualPath, seeAlso } from "./manual-parts.ts";
import { manualTexts } from "./manual-texts.ts";

/** Text as it may stand in HTML, in elements and in attributes. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const link = (path: string, words: string): string => `<a href="${path}">${words}</a>`;

const commandLink = ({ name }: Command): string => link(manualPath(name), `<code>${escaped(name)}</code>`);

/** Words with what stands in backquotes as code, that begins with another command's name as a link to it. */
function prose(text: string, own: string): string {
  return text
    .split(/(`[^`]+`)/)
    .map((part) => {
      if (!part.startsWith("`") || part.length < 3) return escaped(part);
      const line = part.slice(1, -1);
      const code = `<code>${escaped(line)}</code>`;
      const [name = ""] = line.split(" ");
      return name !== own && commands.some((one) => one.name === name) ? link(manualPath(name), code) : code;
    })
    .join("");
}

const list = (rows: readonly (readonly [name: string, words: string])[]): string =>
  `<dl>${rows.map(([name, words]) => `<div><dt>${name}</dt><dd>${words}</dd></div>`).join("")}</dl>`;

function block(part: ManualBlock, own: string): string {
  if (part.type === "paragraph") return `<p>${prose(part.text, own)}</p>`;
  return list(part.rows.map(([name, words]) => [`<code>${escaped(name)}</code>`, prose(words, own)]));
}

const section = (title: string, content: string, id = ""): string =>
  content === "" ? "" : `<section${id === "" ? "" : ` id="${id}"`}><h2>${title}</h2>${content}</section>`;

const codeRows = (lines: readonly string[]): string =>
  lines.length === 0 ? "" : `<pre>${lines.map((line) => `<code>${escaped(line)}</code>`).join("\n")}</pre>`;

/** A whole page. The style sheet's place is public/manual. */
function page(title: string, description: string, way: string, main: string): string {
  return [
    "<!doctype html>",
    '<html lang="en">',
    '<head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">',
    '<meta name="color-scheme" content="light dark">',
    `<meta name="description" content="${escaped(description)}">`,
    `<title>${escaped(title)}</title>`,
    '<link rel="icon" type="image/svg+xml" href="/icon.svg">',
    '<link rel="stylesheet" href="/manual/manual.css"></head>',
    `<body><header><nav aria-label="Where this is">${way}</nav></header>`,
    `<main>${main}</main></body></html>`,
    "",
  ].join("\n");
}

const home = link("/", "AetherChain");

function commandPage(command: Command): string {
  const { name, group, summary, usage, options, examples } = command;
  const [, groupTitle = ""] = commandGroups.find(([one]) => one === group) ?? [];
  const rows = Object.entries(options).map(
    ([option, words]) => [`<code>${escaped(option)}</code>`, prose(words, name)] as const,
  );
  const others = seeAlso(command, commands, manualTexts).map(
    (other) => `<li>${commandLink(other)} ${escaped(other.summary)}</li>`,
  );
  const main = [
    `<h1><code>${escaped(name)}</code></h1>`,
    `<p class="summary">${escaped(summary)}</p>`,
    section("Usage", codeRows([usage])),
    section(
      "What it does",
      manualBlocks(manualTexts[name] ?? "")
        .map((part) => block(part, name))
        .join(""),
    ),
    section("Options", rows.length === 0 ? "" : list(rows)),
    section("Examples", codeRows(examples)),
    section("See also", others.length === 0 ? "" : `<ul>${others.join("")}</ul>`),
  ].join("");
  const way = `${home} / ${link(manualIndexPath, "Manual")} / ${link(`${manualIndexPath}#${group}`, groupTitle)}`;
  return page(`${name}: ${summary} · AetherChain manual`, `${name}: ${summary}. ${usage}`, way, main);
}

function indexPage(): string {
  const sections = commandGroups.map(([group, title]) => {
    const inGroup = commands.filter((command) => command.group === group);
    const rows = inGroup.map((command) => [commandLink(command), escaped(command.summary)] as const);
    return section(title, list(rows), group);
  });
  const lead =
    "<p>What can be typed into AetherChain, a peer-to-peer operating system in a browser tab. There, <code>help</code> lists the same, <code>man COMMAND</code> shows one of these pages, and <code>tour</code> leads through the first five minutes.</p>";
  const main = `<h1>Manual</h1>${lead}${sections.join("")}`;
  return page("AetherChain manual", "Manual pages of all commands of AetherChain, by group.", home, main);
}

/** All pages by their paths. */
export function manualPages(): ReadonlyMap<string, string> {
  const pages = commands.map((command) => [manualPath(command.name), commandPage(command)] as const);
  return new Map([[manualIndexPath, indexPage()], ...pages]);
}
