/**
 * What jco writes, made fit to be run: one expression without imports, in which the guest pays for what is lifted before that
 * is made, handles of its own resources are bounded, and mistakes of jco 1.11.1 with resources between components are
 * mended. Every change must find exactly the text that it is for, so another jco is refused, not run unpaid.
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
type Change = (text: string) => string | undefined;

const opening = "export function instantiate(";

/** A pattern for a piece of code, however it is indented. */
function codePattern(code: string): RegExp {
  const words = code.trim().split(/\s+/);
  return new RegExp(words.map((word) => word.replace(/[$()*+.?[\]\\^{|}]/g, "\\$&")).join("\\s+"), "g");
}

/** Puts code in the place of other code, which must be there once if its beginning is there at all. */
function inPlaceOf(anchor: string, code: string, better: string): Change {
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

/** Which tables of handles belong to those who define the resource: only they make handles of what they represent. */
const ownTables: Change = (text) => {
  const pattern = /const definedResourceTables = \[[true, ]*\];/;
  if (!text.includes("definedResourceTables")) return text;
  if (!pattern.test(text)) return undefined;
  const own = [...text.matchAll(/rscTableCreateOwn\.bind\(null, handleTable(\d+)\)/g)].map(
    ([, index]) => `${index}: true`,
  );
  return text.replace(pattern, `const definedResourceTables = {${own.join(", ")}};`);
};

/** Destructors are guest code that may call the system, unlike anything else that glue calls while a guest waits for it. */
const guardDestructors: Change = (text) =>
  text.replace(/^(\s*)(exports\d+\S*)\(handleEntry\.rep\);$/gm, "$1veil.destroy($2, handleEntry.rep);");

/** jco 1.11.1: takes the place of a free handle from the wrong half of the table. */
const freeHandles = inPlaceOf(
  "function rscTableCreateBorrow ",
  `function rscTableCreateBorrow (table, rep) {
    const free = table[0] & ~T_FLAG;
    if (free === 0) {
      table.push(scopeId);
      table.push(rep);
      return (table.length >> 1) - 1;
    }
    table[0] = table[free];`,
  `function rscTableCreateBorrow (table, rep) {
    const free = table[0] & ~T_FLAG;
    if (free === 0) {
      veil.handle(table, rep);
      table.push(scopeId);
      table.push(rep);
      return (table.length >> 1) - 1;
    }
    table[0] = table[free << 1];`,
);

const boundedHandles = inPlaceOf(
  "function rscTableCreateOwn ",
  `function rscTableCreateOwn (table, rep) {
    const free = table[0] & ~T_FLAG;
    if (free === 0) {`,
  `function rscTableCreateOwn (table, rep) {
    const free = table[0] & ~T_FLAG;
    veil.handle(table, rep);
    if (free === 0) {`,
);

/** jco 1.11.1: takes numbers that were never handles for handles. */
const madeUpHandles = inPlaceOf(
  "function rscTableRemove ",
  `const rep = val & ~T_FLAG;
    if (val === 0 || (scope & T_FLAG) !== 0) throw new TypeError('Invalid handle');`,
  `const rep = val & ~T_FLAG;
    if (handle <= 0 || !val || (scope & T_FLAG) !== 0) throw new TypeError('Invalid handle');`,
);

const representations: Change = (text) =>
  text.replace(
    /^(\s*)return (handleTable\d+)\[\(handle << 1\) \+ 1\] & ~T_FLAG;$/gm,
    "$1return rscTableRepresentation($2, handle);",
  );

/** jco 1.11.1: takes a borrowed handle away from who lends it on. Its check of what is not given back is wrong as well. */
const lentHandles = inPlaceOf(
  "function resourceTransferBorrow(",
  `const isOwn = (fromTable[(handle << 1) + 1] & T_FLAG) !== 0;
    const rep = isOwn ? fromTable[(handle << 1) + 1] & ~T_FLAG : rscTableRemove(fromTable, handle).rep;
    if (definedResourceTables[toTid]) return rep;
    const toTable = handleTables[toTid] || (handleTables[toTid] = [T_FLAG, 0]);
    const newHandle = rscTableCreateBorrow(toTable, rep);
    resourceCallBorrows.push({ rid: toTid, handle: newHandle });
    return newHandle;`,
  `const rep = rscTableRepresentation(fromTable, handle);
    if (definedResourceTables[toTid]) return rep;
    const toTable = handleTables[toTid] || (handleTables[toTid] = [T_FLAG, 0]);
    const newHandle = rscTableCreateBorrow(toTable, rep);
    resourceCallBorrows.push({ rid: toTid, handle: newHandle, scope: scopeId });
    return newHandle;`,
);

/** Its numbers of calls start at the own handles' mark, and it forgets what was lent to calls further out. */
const returnedHandles = inPlaceOf(
  "scopeId--;",
  `scopeId--;
    for (const { rid, handle } of resourceCallBorrows) {
      if (handleTables[rid][handle << 1] === scopeId)
      throw new TypeError('borrows not dropped for resource call');
    }
    resourceCallBorrows= [];`,
  `while (resourceCallBorrows.length > 0 && resourceCallBorrows[resourceCallBorrows.length - 1].scope === scopeId) {
      const { rid, handle } = resourceCallBorrows.pop();
      if (handleTables[rid][handle << 1] === scopeId)
      throw new TypeError('borrows not dropped for resource call');
    }
    scopeId--;`,
);

const changes: readonly Change[] = [
  payForLists,
  ownTables,
  guardDestructors,
  freeHandles,
  boundedHandles,
  madeUpHandles,
  representations,
  lentHandles,
  returnedHandles,
];

/** What a handle stands for, of which jco 1.11.1 does not ask whether it is one. */
const representation = `function rscTableRepresentation(table, handle) {
  const entry = table[(handle << 1) + 1];
  if (handle <= 0 || !entry || (table[handle << 1] & (1 << 30)) !== 0) throw new TypeError('Invalid handle');
  return entry & ~(1 << 30);
}`;

/**
 * The module that jco 1.11.1 writes as one expression in strict mode: a function that takes {@link GlueHooks} and gives its
 * only export. Undefined: it is not of the form that is known.
 */
export function glueExpression(text: string): string | undefined {
  if (!text.startsWith(opening) || /^\s*(import|export)\b/m.test(text.slice(opening.length))) return undefined;
  let changed: string | undefined = text.slice("export ".length);
  for (const change of changes) if (changed !== undefined) changed = change(changed);
  return changed === undefined
    ? undefined
    : `((veil) => {"use strict";\n${representation}\n${changed}\nreturn instantiate;\n})`;
}
