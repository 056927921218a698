/**
 * The newest jco, for whoever asks for it: its calls of the host cost fifty times as much time, for the same fuel. Handles that
 * components lend each other are refused, because it mistakes them (a number may stand for two things). Loaded when it is
 * first asked for.
 * @module
 */
import { type Change, glueExpression, inPlaceOf } from "./glue.ts";
import { type Transpiler, transpilerOptions } from "./transpiler.ts";

/** A directive before the module and an empty second export. */
const withoutExtras: Change = (text) =>
  text.startsWith('"use components";\n')
    ? text.replace(/^"use components";\n/, "").replace(/^export const _util = \{\s*\}\s*$/m, "")
    : undefined;

const withoutTransfers: Change = (text) => (/function resourceTransfer/.test(text) ? undefined : text);

/** Which numbers were ever made in a table matters for transfers alone, and would be kept for ever. */
const boundedHandles = inPlaceOf(
  "function rscTableCreateOwn(",
  `function rscTableCreateOwn(table, rep) {
    const free = table[0] & ~T_FLAG;
    table._createdReps.add(rep);`,
  `function rscTableCreateOwn(table, rep) {
    const free = table[0] & ~T_FLAG;
    veil.handle(table, rep);`,
);

const madeUpHandles = inPlaceOf(
  "function rscTableRemove(",
  "if (val === 0 || (scope & T_FLAG) !== 0) {",
  "if (handle <= 0 || !val || (scope & T_FLAG) !== 0) {",
);

/** The version that the registry has. */
export const transpiler: Transpiler = {
  transpile: async (component) => {
    const { $init, generate } = await import("jco-newest/component");
    await $init;
    return generate(component, { ...transpilerOptions }).files;
  },
  expressionOf: (text) => {
    const plain = withoutExtras(text);
    return plain === undefined ? undefined : glueExpression(plain, [withoutTransfers, boundedHandles, madeUpHandles]);
  },
};
