/**
 * The frame that programs run in, and whose origin is nobody's.
 * @module
 */

/** Where the frame is to be. */
export interface SandboxPlace {
  readonly document: Document;
  /** Address of the sandbox's page, of the build that runs here; `/veil.html` unless it is told. */
  readonly sandboxPage?: string;
  /** Whether a service worker of ours answers this page. */
  isAnsweredByWorker?(): boolean;
}

/**
 * A frame for the sandbox's page, not in the document yet. With its attribute its origin is opaque whatever the page is served with, but browsers ask no service worker
 * for such a frame, and without a network there is none. So where a worker answers, the headers it keeps with the page do
 * the same (`sandbox allow-scripts`), and a page that finds itself in another origin runs nothing (sandbox/frame.ts).
 */
export function addSandboxFrame({
  document,
  sandboxPage = "/veil.html",
  isAnsweredByWorker = () => false,
}: SandboxPlace): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  if (!isAnsweredByWorker()) frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.hidden = true;
  frame.src = sandboxPage;
  return frame;
}
