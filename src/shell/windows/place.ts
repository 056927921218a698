/**
 * Where windows are, as the part of the page's address behind `#`: `#open=explorer/block/12`. Links may open windows; they
 * can never run a command.
 * @module
 */

/** The windows there are, as they are called in links and by `open`. */
export const windowNames = [
  "wallet",
  "messages",
  "files",
  "documents",
  "programs",
  "explorer",
  "network",
  "activity",
  "settings",
] as const;

/** One of them. */
export type WindowName = (typeof windowNames)[number];

/** A window, and what it shows: words with / between them, empty for its first view. */
export interface Place {
  readonly window: WindowName;
  readonly at: string;
}

/** Longer ones are no places of ours. */
const mostAtLength = 200;

const parameter = "open";

/** Whether a word names a window. */
export function isWindowName(word: string): word is WindowName {
  return (windowNames as readonly string[]).includes(word);
}

/** The place that an address names; null if it names none. */
export function readPlace(hash: string): Place | null {
  const named = new URLSearchParams(hash.replace(/^#/, "")).get(parameter);
  if (named === null) return null;
  const [window = "", ...at] = named.split("/");
  const where = at.join("/");
  return isWindowName(window) && where.length <= mostAtLength ? { window, at: where } : null;
}

/** The address with another place in it, null: with none. What else stands in it stays. */
export function writePlace(hash: string, place: Place | null): string {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  if (place === null) parameters.delete(parameter);
  else parameters.set(parameter, place.at === "" ? place.window : `${place.window}/${place.at}`);
  // These two need no escape there, and people read addresses.
  const written = parameters.toString().replaceAll("%2F", "/").replaceAll("%3A", ":");
  return written === "" ? "" : `#${written}`;
}
