/**
 * Finding words in what the terminal has shown: from the newest place up, with all places marked. Loaded with its first use.
 * @module
 */
import { type ISearchOptions, SearchAddon } from "@xterm/addon-search";
import type { Terminal } from "@xterm/xterm";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { text } from "../text.ts";

const words = text.search;

/** Places that are marked and counted. */
const mostPlaces = 1_000;

/** Marks that letters of all colours stand out from; the terminal's contrast ratio does the rest. */
const marks = {
  dark: { matchBackground: "#2b3d66", activeMatchBackground: "#6b4a00", ruler: "#7cc4ff", activeBorder: "#ffd479" },
  light: { matchBackground: "#cfe3fb", activeMatchBackground: "#ffe08a", ruler: "#0b5cad", activeBorder: "#7a5200" },
} as const;

function optionsFor(terminal: Terminal): ISearchOptions {
  const isDark = terminal.options.theme?.background?.toLowerCase() !== "#ffffff";
  const { ruler, activeBorder, ...colours } = marks[isDark ? "dark" : "light"];
  return {
    decorations: {
      ...colours,
      activeMatchBorder: activeBorder,
      matchOverviewRuler: ruler,
      activeMatchColorOverviewRuler: activeBorder,
    },
  };
}

/** Which of the places is looked at; nothing before anybody has looked for anything. */
interface Found {
  /** From 0; -1 if there are too many to tell. */
  readonly index: number;
  readonly count: number;
  /** The row it is in, for who does not see it. */
  readonly row: string;
}

/** The row in which the selection begins. */
function selectedRow(terminal: Terminal): string {
  const at = terminal.getSelectionPosition();
  return at === undefined ? "" : (terminal.buffer.active.getLine(at.start.y)?.translateToString(true) ?? "");
}

function foundWords({ index, count }: Found): string {
  if (count === 0) return words.none;
  return index < 0 ? words.many(mostPlaces) : words.place(count - index, count);
}

/** The search of a terminal while it is open. */
function useSearch(terminal: Terminal) {
  const addon = useRef<SearchAddon | null>(null);
  const [found, setFound] = useState<Found | null>(null);
  const term = useRef("");
  useEffect(() => {
    const search = new SearchAddon({ highlightLimit: mostPlaces });
    terminal.loadAddon(search);
    addon.current = search;
    const results = search.onDidChangeResults(({ resultIndex, resultCount }) => {
      const found = { index: resultIndex, count: resultCount, row: selectedRow(terminal) };
      setFound(term.current === "" ? null : found);
    });
    return () => {
      results.dispose();
      search.clearDecorations();
      search.dispose();
      // What is selected would make a copy of Ctrl-C.
      terminal.clearSelection();
    };
  }, [terminal]);
  const look = (wanted: string): void => {
    term.current = wanted;
    terminal.clearSelection();
    if (wanted === "") {
      addon.current?.clearDecorations();
      setFound(null);
    } else addon.current?.findPrevious(wanted, optionsFor(terminal));
  };
  const step = (isEarlier: boolean): void => {
    if (term.current === "") return;
    if (isEarlier) addon.current?.findPrevious(term.current, optionsFor(terminal));
    else addon.current?.findNext(term.current, optionsFor(terminal));
  };
  return { found, look, step };
}

interface SearchBarProps {
  readonly terminal: Terminal;
  readonly onClose: () => void;
}

/** The bar. */
export function SearchBar({ terminal, onClose }: SearchBarProps) {
  const { found, look, step } = useSearch(terminal);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && event.target === field.current) step(!event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search className="search-bar" aria-label={words.title} onKeyDown={onKeyDown}>
      <input
        ref={field}
        aria-label={words.field}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        onChange={(event) => look(event.target.value)}
      />
      <span role="status">
        {found === null ? "" : foundWords(found)}
        {found === null || found.row === "" ? null : <span className="unseen">: {found.row}</span>}
      </span>
      <button type="button" aria-label={words.earlier} onClick={() => step(true)}>
        ↑
      </button>
      <button type="button" aria-label={words.later} onClick={() => step(false)}>
        ↓
      </button>
      <button type="button" aria-label={words.close} onClick={onClose}>
        ×
      </button>
    </search>
  );
}
