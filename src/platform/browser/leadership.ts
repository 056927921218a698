/**
 * One node per profile: the tab that holds a Web Lock leads, the others follow and take over when it goes. The browser
 * releases the lock even when a tab is killed, so no heartbeat is needed.
 * @module
 */

/** The part of `navigator.locks` used here. */
export type Locks = Pick<LockManager, "request">;

/** What a tab does in either part. Each is called at most once per term. */
export interface Parts {
  /** Called when this tab has the lock; it keeps leading until the tab ends or `resign` is called. */
  lead(): void;
  /** Called when another tab has it. */
  follow(): void;
}

/** Takes part in the election; the returned function gives the lock back. */
export function takePart(locks: Locks, lockName: string, parts: Parts): () => void {
  let resign: () => void = () => undefined;
  const term = new Promise<void>((resolve) => {
    resign = resolve;
  });
  const lead = (): Promise<void> => {
    parts.lead();
    return term;
  };
  void locks.request(lockName, { ifAvailable: true }, (lock) => {
    if (lock !== null) return lead();
    parts.follow();
    // Queue outside this call-back: it must end before the queue can move.
    void Promise.resolve().then(() => locks.request(lockName, lead));
    return undefined;
  });
  return () => resign();
}

/** Calls `action` once nobody holds the lock any more: that is how a tab learns that another has ended. */
export function whenReleased(locks: Locks, lockName: string, action: () => void): void {
  void locks.request(lockName, () => action());
}

/** Holds a lock for as long as this tab lives. */
export function holdForLife(locks: Locks, lockName: string): Promise<void> {
  return new Promise((held) => {
    void locks.request(lockName, () => {
      held();
      return new Promise<never>(() => undefined);
    });
  });
}
