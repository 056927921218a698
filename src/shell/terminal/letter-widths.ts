/**
 * How wide letters are, for xterm.js's renderer: it lays the page out anew for every letter that it has not drawn yet, some
 * thirty times in the first frame. In a monospaced font one letter tells for all of ASCII.
 * @module
 */
import type { Terminal } from "@xterm/xterm";

/** What measures letters inside xterm.js 6; no part of what it promises. `variant`: regular, bold, italic or both. */
interface LetterMeasure {
  _measure(letter: string, variant: number): number;
  /** Forgets all widths, e.g. of another size. */
  clear(): void;
}

interface Inside {
  readonly _core?: {
    readonly _renderService?: { readonly _renderer?: { readonly value?: { _widthCache?: unknown } } };
  };
}

const isMeasure = (found: unknown): found is LetterMeasure =>
  typeof found === "object" && found !== null && "_measure" in found && "clear" in found;

/** The narrowest and the widest of ASCII where a font is not monospaced. */
const extremes = ["i", "W"] as const;

const isAsciiLetter = (letter: string): boolean => /^[ -~]$/.test(letter);

/** Has a terminal that is open measure ASCII once in each variant; without its measure everything stays as it was. */
export function measureAsciiOnce(terminal: Terminal): void {
  const found = (terminal as unknown as Inside)._core?._renderService?._renderer?.value?._widthCache;
  if (!isMeasure(found)) return;
  const measure = found._measure.bind(found);
  const clear = found.clear.bind(found);
  /** The one width of ASCII in each variant; null: it has several. */
  const widths = new Map<number, number | null>();
  const widthOf = (variant: number): number | null => {
    const known = widths.get(variant);
    if (known !== undefined) return known;
    const [narrow, wide] = extremes.map((letter) => measure(letter, variant));
    // A terminal that is not shown has no widths yet.
    if (narrow === undefined || narrow === 0) return null;
    const width = narrow === wide ? narrow : null;
    widths.set(variant, width);
    return width;
  };
  found._measure = (letter, variant) => (isAsciiLetter(letter) ? widthOf(variant) : null) ?? measure(letter, variant);
  found.clear = () => {
    widths.clear();
    clear();
  };
}
