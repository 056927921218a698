/**
 * Turns of the thread that paints: giving one away, and waiting for the first picture.
 * @module
 */

/** A page that nobody sees is not painted: it goes on after so long. */
const longestWaitForPaintMs = 150;

/** Lets everything that waits have its turn. Not a timer: those come once a second while the page is hidden. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** Resolves when what stands in the page has been painted. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, longestWaitForPaintMs);
    requestAnimationFrame(() => {
      clearTimeout(timer);
      // Messages come after the frame's painting.
      void breathe().then(resolve);
    });
  });
}
