/**
 * Which windows are open and what each shows. The newest stands in the page's address, so that links, reloads and the
 * browser's way back lead there.
 * @module
 */
import { useCallback, useEffect, useState } from "react";
import { type OpenWindows, windowsAt, withoutWindow, withPlace, withUse } from "./open-windows.ts";
import { type Place, readPlace, type WindowName, writePlace } from "./place.ts";
import { wantTitle, watchTyping } from "./title-focus.ts";

/** Up to this width there is room for one window at a time; the same as in shell.css. */
const phoneWidth = 700;

/** Whether a window takes the terminal's place. */
export function isOnPhone(): boolean {
  return innerWidth <= phoneWidth;
}

/** The windows of a page. */
export interface Places extends OpenWindows {
  /** Opens a window or moves it to another place. */
  go(place: Place): void;
  /** Notes that a window is used. */
  use(window: WindowName): void;
  close(window: WindowName): void;
  closeAll(): void;
  /** Keeps the window no longer that gave its place. */
  letGo(): void;
}

function write(place: Place | null): void {
  const hash = writePlace(location.hash, place);
  if (hash !== location.hash) history.pushState(null, "", hash === "" ? location.pathname + location.search : hash);
}

function placeInAddress(): Place | null {
  const place = readPlace(location.hash);
  if (place !== null) wantTitle(place.window);
  return place;
}

/** Follows the address and writes it. */
export function usePlaces(): Places {
  const [windows, setWindows] = useState(() => windowsAt(placeInAddress()));
  useEffect(() => {
    const follow = (): void => {
      const place = placeInAddress();
      setWindows((before) => (place === null ? windowsAt(null) : withPlace(before, place)));
    };
    addEventListener("hashchange", follow);
    addEventListener("popstate", follow);
    return () => {
      removeEventListener("hashchange", follow);
      removeEventListener("popstate", follow);
    };
  }, []);
  useEffect(() => watchTyping(globalThis), []);
  const go = useCallback((place: Place): void => {
    wantTitle(place.window);
    setWindows((before) => withPlace(before, place));
    write(place);
  }, []);
  const use = useCallback((window: WindowName): void => {
    wantTitle(window);
    setWindows((before) => withUse(before, window));
  }, []);
  const close = (window: WindowName): void => {
    const left = withoutWindow(windows, window);
    setWindows(left);
    write(left.open.find((place) => place.window === left.used.at(-1)) ?? null);
  };
  const closeAll = (): void => {
    setWindows(windowsAt(null));
    write(null);
  };
  const letGo = (): void => setWindows((before) => ({ ...before, aside: null }));
  return { ...windows, go, use, close, closeAll, letGo };
}
