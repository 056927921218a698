/**
 * Which windows are open, in which order they were used, and which one gave its place to the newest. Pure.
 * @module
 */
import type { Place, WindowName } from "./place.ts";

/** So many are open at once. */
export const mostWindows = 3;

/** The windows of a page. */
export interface OpenWindows {
  /** In the order in which they were opened. */
  readonly open: readonly Place[];
  /** Those that are open, the one that was used last at the end: it is the one that a phone shows. */
  readonly used: readonly WindowName[];
  /** The one that gave its place. It is kept as it was until another one does, or nobody wants it back. */
  readonly aside: Place | null;
}

/** A page with the window of a place, or with none. */
export function windowsAt(place: Place | null): OpenWindows {
  return { open: place === null ? [] : [place], used: place === null ? [] : [place.window], aside: null };
}

/** Notes that a window is used. */
export function withUse(before: OpenWindows, window: WindowName): OpenWindows {
  if (before.used.at(-1) === window || !before.used.includes(window)) return before;
  return { ...before, used: [...before.used.filter((one) => one !== window), window] };
}

/** Opens a window or moves it to another place. Where there is no room, the one that was used least recently goes. */
export function withPlace(before: OpenWindows, place: Place): OpenWindows {
  const { window } = place;
  if (before.open.some((one) => one.window === window)) {
    const open = before.open.map((one) => (one.window === window ? place : one));
    return withUse({ ...before, open }, window);
  }
  const leaving = before.open.length < mostWindows ? undefined : before.used[0];
  const gone = before.open.find((one) => one.window === leaving) ?? null;
  const kept = before.aside?.window === window ? null : before.aside;
  return {
    open: [...before.open.filter((one) => one !== gone), place],
    used: [...before.used.filter((one) => one !== leaving), window],
    aside: gone ?? kept,
  };
}

/** Closes a window. With the last one the one that gave its place goes, too. */
export function withoutWindow(before: OpenWindows, window: WindowName): OpenWindows {
  const open = before.open.filter((one) => one.window !== window);
  const used = before.used.filter((one) => one !== window);
  return { open, used, aside: open.length === 0 ? null : before.aside };
}
