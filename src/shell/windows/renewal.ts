/**
 * When an answer is asked for again: one question at a time however often it is wanted, and none while nobody looks.
 * @module
 */

/** What renews. */
export interface Renewal {
  /** Something has happened that may change the answer. */
  want(): void;
  /** Whether somebody looks has changed. */
  look(): void;
  /** Nothing is asked any more. */
  end(): void;
}

/** Makes one; `ask` asks and takes the answer. */
export function createRenewal(ask: () => Promise<void>, isSeen: () => boolean): Renewal {
  let isWanted = false;
  let isAsking = false;
  let isEnded = false;
  const go = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    try {
      while (isWanted && isSeen() && !isEnded) {
        isWanted = false;
        await ask();
      }
    } finally {
      isAsking = false;
    }
  };
  return {
    want: () => {
      isWanted = true;
      void go();
    },
    look: () => void go(),
    end: () => {
      isEnded = true;
    },
  };
}

/** Keeps asking on a page until the function it gives is called: at once, every so many milliseconds, and when `want` says so. */
export function renewOnPage(
  ask: () => Promise<void>,
  everyMs: number | null,
  listen: (want: () => void) => () => void,
): () => void {
  const renewal = createRenewal(ask, () => !document.hidden);
  const unlisten = listen(renewal.want);
  document.addEventListener("visibilitychange", renewal.look);
  const timer = everyMs === null ? null : setInterval(renewal.want, everyMs);
  renewal.want();
  return () => {
    renewal.end();
    unlisten();
    document.removeEventListener("visibilitychange", renewal.look);
    if (timer !== null) clearInterval(timer);
  };
}
