/**
 * A folder without a page of its own, as a page: names that lead to what it holds. All of them are strangers' words.
 * @module
 */

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => entities[letter] as string);

/** The page. */
export function folderPage(title: string, names: Iterable<string>): string {
  const rows = [...names].map((name) => `<li><a href="./${encodeURIComponent(name)}"><bdi>${escaped(name)}</bdi></a>`);
  const none = rows.length === 0 ? "<p>This folder is empty." : "";
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><style>:root{color-scheme:light dark;font:1rem/1.6 system-ui;overflow-wrap:anywhere}</style>
<h1><bdi>${escaped(title)}</bdi></h1>${none}<ul>
${rows.join("\n")}
</ul>`;
}
