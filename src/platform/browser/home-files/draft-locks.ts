/**
 * Which drafts somebody writes now, in any tab: a lock each, which ends with its tab.
 * @module
 */

/** Locks of the drafts of one database. */
export class DraftLocks {
  private readonly prefix: string;
  private readonly locks: Pick<LockManager, "request"> | undefined;

  constructor(name: string, locks: Pick<LockManager, "request"> | undefined) {
    this.prefix = `${name} draft `;
    this.locks = locks;
  }

  /** Whether it can be seen that somebody writes: otherwise only age tells. */
  get tell(): boolean {
    return this.locks !== undefined;
  }

  /** Takes the lock of a draft; gives what lets it go, null if somebody has it. */
  async take(contentId: string): Promise<(() => void) | null> {
    const { locks } = this;
    if (locks === undefined) return () => undefined;
    return new Promise((resolve, reject) => {
      locks
        .request(this.prefix + contentId, { ifAvailable: true }, (lock) => {
          if (lock === null) return resolve(null);
          return new Promise<void>((release) => resolve(release));
        })
        .catch(reject);
    });
  }
}
