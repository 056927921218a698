/**
 * Lets links in the terminal be clicked. Those of this app open windows of it, as the page's address would; others a tab of
 * their own that knows nothing of this one.
 * @module
 */
import type { IBufferCellPosition, ILink, ILinkProvider, Terminal } from "@xterm/xterm";
import { findLinks } from "./links.ts";

/** Rows of one line that are looked at; a line of more has no links, for a part of an address leads elsewhere. */
const mostRows = 64;

interface Letters {
  readonly text: string;
  /** Where each letter of the text stands. */
  readonly at: readonly IBufferCellPosition[];
}

/** The whole line that goes through a row; null if it is too long. */
function lineThrough({ buffer: { active }, cols }: Terminal, row: number): Letters | null {
  let first = row;
  while (active.getLine(first)?.isWrapped && row - first < mostRows) first -= 1;
  let text = "";
  const at: IBufferCellPosition[] = [];
  for (let y = first; y === first || active.getLine(y)?.isWrapped; y++) {
    const line = active.getLine(y);
    if (y - first >= mostRows) return null;
    for (let x = 0; x < cols; x++) {
      const cell = line?.getCell(x);
      if (cell === undefined || cell.getWidth() === 0) continue;
      const letters = cell.getChars() || " ";
      text += letters;
      for (let i = 0; i < letters.length; i++) at.push({ x: x + 1, y: y + 1 });
    }
  }
  return { text, at };
}

/** Makes links of a terminal's text; `place` shows where one leads while the pointer is over it. */
export function linkProvider(terminal: Terminal, place: HTMLElement, follow: (target: URL) => void): ILinkProvider {
  const linksOf = ({ text, at }: Letters): ILink[] =>
    findLinks(text).map(({ from, to, target }) => ({
      text: text.slice(from, to),
      range: { start: at[from] as IBufferCellPosition, end: at[to - 1] as IBufferCellPosition },
      activate: () => follow(target),
      hover: () => {
        place.title = target.href;
      },
      leave: () => place.removeAttribute("title"),
    }));
  return {
    provideLinks: (row, give) => {
      const line = lineThrough(terminal, row - 1);
      give(line === null ? undefined : linksOf(line));
    },
  };
}

/** Follows a link that was clicked: to a place of this page, or in a new tab. */
export function followLink(target: URL): void {
  const isHere = target.origin === location.origin && target.pathname === location.pathname && target.hash !== "";
  if (isHere) location.hash = target.hash;
  else window.open(target.href, "_blank", "noopener,noreferrer");
}
