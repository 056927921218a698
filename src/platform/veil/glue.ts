/**
 * What jco writes, made fit to be run: one expression without imports, in which the guest pays for what is lifted before that
 * is made, handles of its own resources are bounded, and known mistakes are mended. Every change must find exactly the text
 * that it is for, so what another jco writes is refused, not run unpaid.
 * @module
 */

/** What glue is given by the run, under this name in its text. */
export interface GlueHooks {
  /** Pays for bytes that are copied out of the guest's memory; gives their number. */
  bytes(length: number): number;
  /** Pays for text that is decoded. */
  text(length: number): number;
  /** Pays for a list of handles. */
  list(length: number): number;
  /** Looks at a table of handles that grows, and at what the new handle stands for. */
  handle(table: readonly number[], representation: number): void;
  /** Calls a destructor of the guest, which may call the system. */
  destroy(destructor: (representation: number) => void, representation: number): void;
}

/** Whether and how a text differs; undefined: it is not what it should be. */
export type Change = (text: string) => string | undefined;

const opening = "export function instantiate(";

/** A pattern for a piece of code, however it is indented. */
function codePattern(code: string): RegExp {
  const words = code.trim().split(/\s+/);
  return new RegExp(words.map((word) => word.replace(/[$()*+.?[\]\\^{|}]/g, "\\$&")).join("\\s+"), "g");
}

/** Puts code in the place of other code, which must be there once if its beginning is there at all. */
export function inPlaceOf(anchor: string, code: string, better: string): Change {
  const pattern = codePattern(code);
  return (text) => {
    const expected = text.split(anchor).length - 1;
    const found = text.match(pattern)?.length ?? 0;
    if (expected !== found) return undefined;
    return text.replace(pattern, () => better);
  };
}

const lifted = [
  // Text: its length, then maybe a check of alignment, then its decoding.
  [
    "text",
    /(var len(\d+) = )(.+);(\n(?:.*is not aligned.*\n)?\s*var result\2 = (?:utf8Decoder|TEXT_DECODER_UTF8)\.decode\()/g,
  ],
  [
    "bytes",
    /(var len(\d+) = )(.+);(\n(?:.*is not aligned.*\n)?\s*var result\2 = new Uint8Array\(memory\d+\.buffer\.slice\()/g,
  ],
  ["list", /(var len(\d+) = )(.+);(\n\s*var base\2 = .+;\n(?:.*is not aligned.*\n)?\s*var result\2 = \[\];\n)/g],
] as const;

/** Lists are paid for where their length is known and nothing is made of them yet. */
const payForLists: Change = (text) => {
  let paid = 0;
  let out = text;
  for (const [hook, pattern] of lifted) {
    out = out.replace(pattern, (_, start: string, _number: string, length: string, rest: string) => {
      paid++;
      return `${start}veil.${hook}(${length});${rest}`;
    });
  }
  const results = text.match(/\b(?:var|let|const) result\d+ = (?!realloc\d+\()/g)?.length ?? 0;
  return paid === results ? out : undefined;
};

/** Destructors are guest code that may call the system, unlike anything else that glue calls while a guest waits for it. */
const guardDestructors: Change = (text) =>
  text.replace(/^(\s*)(exports\d+\S*)\(handleEntry\.rep\);$/gm, "$1veil.destroy($2, handleEntry.rep);");

/** What a handle stands for, of which jco does not ask whether it is one. */
const representations: Change = (text) =>
  text.replace(
    /^(\s*)return (handleTable\d+)\[\(handle << 1\) \+ 1\] & ~T_FLAG;$/gm,
    "$1return rscTableRepresentation($2, handle);",
  );

const representation = `function rscTableRepresentation(table, handle) {
  const entry = table[(handle << 1) + 1];
  if (handle <= 0 || !entry || (table[handle << 1] & (1 << 30)) !== 0) throw new TypeError('Invalid handle');
  return entry & ~(1 << 30);
}`;

/** What all versions need. */
const commonChanges: readonly Change[] = [payForLists, guardDestructors, representations];

/**
 * The module that jco writes as one expression in strict mode: a function that takes {@link GlueHooks} and gives its only
 * export. Undefined: it is not of the form that is known.
 */
export function glueExpression(text: string, changes: readonly Change[]): string | undefined {
  if (!text.startsWith(opening) || /^\s*(import|export)\b/m.test(text.slice(opening.length))) return undefined;
  let changed: string | undefined = text.slice("export ".length);
  for (const change of [...commonChanges, ...changes]) if (changed !== undefined) changed = change(changed);
  return changed === undefined
    ? undefined
    : `((veil) => {"use strict";\n${representation}\n${changed}\nreturn instantiate;\n})`;
}
