/**
 * What is needed of a tool that takes components apart, whichever version of jco it is.
 * @module
 */

/** What jco gives: files by name, of which one is JavaScript. */
export type TranspiledFiles = readonly (readonly [name: string, bytes: Uint8Array])[];

/** A version of jco. */
export interface Transpiler {
  /** Takes a component apart. Throws if it cannot. */
  transpile(component: Uint8Array): Promise<TranspiledFiles>;
  /** Its text as an expression that may be run; undefined if it is not of the form that is known. */
  expressionOf(text: string): string | undefined;
}

/** Options of jco, the same for every version. */
export const transpilerOptions = {
  name: "program",
  noTypescript: true,
  noNodejsCompat: true,
  noNamespacedExports: true,
  // Everything that a program does is done in one go: nothing in a sandbox could be waited for.
  instantiation: { tag: "sync" },
} as const;
