/**
 * The terminal's element, which stands wherever the desk has room for it.
 * @module
 */
import { useLayoutEffect, useRef } from "react";

/** The element with all that the terminal shows, and what in it had the focus when it last left its place. */
export interface TerminalElement {
  readonly element: HTMLElement;
  focused: HTMLElement | null;
}

/** An element for a terminal, in no place yet. */
export function newTerminalElement(): TerminalElement {
  const element = document.createElement("div");
  element.className = "place";
  return { element, focused: null };
}

/** Where it stands now: it is moved there as it is, and the focus goes with it. */
export function TerminalPlace({ terminal }: { readonly terminal: TerminalElement }) {
  const place = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    place.current?.append(terminal.element);
    terminal.focused?.focus();
    terminal.focused = null;
    return () => {
      const { activeElement } = document;
      const isInside = activeElement instanceof HTMLElement && terminal.element.contains(activeElement);
      terminal.focused = isInside ? activeElement : null;
    };
  }, [terminal]);
  return <div ref={place} className="place" />;
}
