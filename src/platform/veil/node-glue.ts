/**
 * Evaluates jco's glue where text may become code. Tabs cannot and do not: there the glue is part of the script of a
 * worker that can reach nothing.
 * @module
 */

/** Gives what a prepared component's glue leaves behind. The text is jco's own, written on this machine. */
export function loadGlueInNode(glue: string): unknown {
  return new Function(`return ${glue};`)();
}
