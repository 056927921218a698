/**
 * A store for those beside the chain: when the device is full, the chain forgets what it can spare, and the write is
 * tried once more before anybody is told.
 * @module
 */
import { StorageFailure, type Store } from "./ports.ts";

/** Who can make room. */
export interface Reliever {
  /** Forgets what can be spared; false if nothing could. */
  makeRoom(): Promise<boolean>;
}

/** The same store, with a second chance for writes that do not fit. */
export function relievedStore(store: Store, reliever: Reliever): Store {
  return {
    get: (table, key) => store.get(table, key),
    getMany: (table, keys) => store.getMany(table, keys),
    range: (table, range) => store.range(table, range),
    clear: (...names) => store.clear(...names),
    close: () => store.close(),
    commit: async (writes) => {
      try {
        await store.commit(writes);
      } catch (error) {
        const full = error instanceof StorageFailure && error.code === "storage-full";
        if (!full || !(await reliever.makeRoom())) throw error;
        await store.commit(writes);
      }
    },
  };
}
