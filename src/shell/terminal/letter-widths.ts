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

/** xterm.js measures whole pixels of thirty-two letters. */
const precisionPixels = 1 / 32;

/** Bits of a variant. */
const bold = 1;
const italic = 2;

/** Measures in a terminal's font without the page: on a canvas of its own. */
function canvasMeasure({ options }: Terminal): LetterMeasure["_measure"] {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  return (letter, variant) => {
    if (context === null) return 0;
    const weight = (variant & bold) === 0 ? options.fontWeight : options.fontWeightBold;
    const style = (variant & italic) === 0 ? "normal" : "italic";
    context.font = `${style} ${weight} ${options.fontSize}px ${options.fontFamily}`;
    return context.measureText(letter).width;
  };
}

/**
 * Has a terminal that is open measure ASCII once in each variant, beside the page if letters are as wide there as on it;
 * without its measure everything stays as it was.
 */
export function measureAsciiOnce(terminal: Terminal): void {
  const found = (terminal as unknown as Inside)._core?._renderService?._renderer?.value?._widthCache;
  if (!isMeasure(found)) return;
  const measure = found._measure.bind(found);
  const clear = found.clear.bind(found);
  const measureBeside = canvasMeasure(terminal);
  let isSameBeside: boolean | null = null;
  /** The one width of ASCII in each variant; null: it has several. */
  const widths = new Map<number, number | null>();
  const widthOf = (variant: number): number | null => {
    const known = widths.get(variant);
    if (known !== undefined) return known;
    if (isSameBeside === null) {
      const shown = measure("W", 0);
      // A terminal that is not shown has no widths yet.
      if (shown === 0) return null;
      isSameBeside = Math.abs(measureBeside("W", 0) - shown) <= precisionPixels;
    }
    const [narrow, wide] = extremes.map((letter) => (isSameBeside ? measureBeside : measure)(letter, variant));
    const width = narrow !== undefined && narrow === wide ? narrow : null;
    widths.set(variant, width);
    return width;
  };
  found._measure = (letter, variant) => (isAsciiLetter(letter) ? widthOf(variant) : null) ?? measure(letter, variant);
  found.clear = () => {
    isSameBeside = null;
    widths.clear();
    clear();
  };
}
