/**
 * Keys that are the page's and not the terminal's.
 * @module
 */

/** Ctrl-Shift-F, which opens the search: Ctrl-F alone is the browser's and moves by a letter in shells. */
export function isSearchKey(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">,
): boolean {
  const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
  return key.toLowerCase() === "f" && ctrlKey && shiftKey && !altKey && !metaKey;
}
