/**
 * The place to which somebody has scrolled back: what stands in the topmost row stays there when the terminal gets another
 * width and breaks its lines anew.
 * @module
 */
import type { Terminal } from "@xterm/xterm";

/** Changes a terminal's size. */
export function keepingPlace(terminal: Terminal, change: () => void): void {
  const { baseY, viewportY, cursorY } = terminal.buffer.active;
  // At the newest row it stays there by itself.
  const top = viewportY < baseY ? terminal.registerMarker(viewportY - baseY - cursorY) : undefined;
  change();
  // The row may have left what is kept.
  if (top !== undefined && top.line >= 0) terminal.scrollToLine(top.line);
  top?.dispose();
}
