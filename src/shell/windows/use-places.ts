/**
 * Which windows are open and what each shows. The newest stands in the page's address, so that links, reloads and the
 * browser's way back lead there.
 * @module
 */
import { useCallback, useEffect, useState } from "react";
import { type Place, readPlace, type WindowName, writePlace } from "./place.ts";

/** Up to this width there is room for one window at a time; the same as in shell.css. */
const phoneWidth = 700;

/** Elsewhere so many are open at once; one more closes the oldest. */
const mostWindows = 3;

/** Whether a window takes the terminal's place. */
export function isOnPhone(): boolean {
  return innerWidth <= phoneWidth;
}

/** The windows of a page. */
export interface Places {
  /** In the order in which they were opened. */
  readonly open: readonly Place[];
  /** Opens a window or moves it to another place. */
  go(place: Place): void;
  close(window: WindowName): void;
  closeAll(): void;
}

function withPlace(open: readonly Place[], place: Place): readonly Place[] {
  const isOpen = open.some(({ window }) => window === place.window);
  return isOpen ? open.map((one) => (one.window === place.window ? place : one)) : [...open, place].slice(-mostWindows);
}

function write(place: Place | null): void {
  const hash = writePlace(location.hash, place);
  if (hash !== location.hash) history.pushState(null, "", hash === "" ? location.pathname + location.search : hash);
}

/** Follows the address and writes it. */
export function usePlaces(): Places {
  const [open, setOpen] = useState<readonly Place[]>(() => {
    const place = readPlace(location.hash);
    return place === null ? [] : [place];
  });
  useEffect(() => {
    const follow = (): void => {
      const place = readPlace(location.hash);
      setOpen((before) => (place === null ? [] : withPlace(before, place)));
    };
    addEventListener("hashchange", follow);
    addEventListener("popstate", follow);
    return () => {
      removeEventListener("hashchange", follow);
      removeEventListener("popstate", follow);
    };
  }, []);
  const go = useCallback((place: Place): void => {
    setOpen((before) => withPlace(before, place));
    write(place);
  }, []);
  const close = (window: WindowName): void => {
    const left = open.filter((place) => place.window !== window);
    setOpen(left);
    write(left.at(-1) ?? null);
  };
  const closeAll = (): void => {
    setOpen([]);
    write(null);
  };
  return { open, go, close, closeAll };
}
