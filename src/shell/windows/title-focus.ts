/**
 * The focus of a window that opens: its title takes it, unless somebody has gone on typing in the terminal or to another
 * window. A window may be long in coming, and what is half typed then would go on into nowhere.
 * @module
 */
import type { WindowName } from "./place.ts";

let isTyping = false;
let wanted: WindowName | null = null;

/** Follows what is pressed; returns how to stop. */
export function watchTyping(page: Pick<EventTarget, "addEventListener" | "removeEventListener">): () => void {
  const onKey = (event: Event): void => {
    const isInTerminal = (event.target as Partial<Element>).closest?.(".xterm") != null;
    isTyping = isInTerminal && (event as KeyboardEvent).key !== "Enter";
  };
  const onPointer = (): void => {
    isTyping = false;
  };
  page.addEventListener("keydown", onKey, { capture: true });
  page.addEventListener("pointerdown", onPointer, { capture: true });
  return () => {
    page.removeEventListener("keydown", onKey, { capture: true });
    page.removeEventListener("pointerdown", onPointer, { capture: true });
  };
}

/** Notes which window was asked for, or used, last. */
export function wantTitle(name: WindowName): void {
  wanted = name;
}

/** Gives a window's title the focus if that is the window wanted last and nobody types. */
export function focusTitle(name: WindowName, title: Pick<HTMLElement, "focus"> | null): void {
  if (name === wanted && !isTyping) title?.focus();
}
