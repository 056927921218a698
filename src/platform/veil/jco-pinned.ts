/**
 * jco 1.11.1, by which components are taken apart unless somebody asks for another, and what is mended in its text: it is
 * wrong about handles that components lend each other. Loaded with the first component, and jco itself after it.
 * @module
 */
import { type Change, glueExpression, inPlaceOf } from "./glue.ts";
import { type Transpiler, transpilerOptions } from "./transpiler.ts";

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
  ownTables,
  freeHandles,
  boundedHandles,
  madeUpHandles,
  lentHandles,
  returnedHandles,
];

/** The version that all nodes have. */
export const transpiler: Transpiler = {
  transpile: async (component) => {
    const { generate } = await import("@bytecodealliance/jco/component");
    return (await generate(component, { ...transpilerOptions })).files;
  },
  expressionOf: (text) => glueExpression(text, changes),
};
