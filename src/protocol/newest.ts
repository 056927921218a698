/**
 * Maps and sets that keep a bounded number of entries: when one is too many, the one that was put in first goes. Maps
 * and sets are in the order in which their keys were put in.
 * @module
 */

/** What {@link forgetOldest} needs of a map or set. */
interface Kept<Key> {
  readonly size: number;
  keys(): IterableIterator<Key>;
  delete(key: Key): boolean;
}

/** Drops the oldest entry if there is one too many. To be called after each that is put in. */
export function forgetOldest<Key>(kept: Kept<Key>, most: number): void {
  const oldest = kept.keys().next();
  if (kept.size > most && oldest.done !== true) kept.delete(oldest.value);
}

/** Puts an entry in as the newest, even if its key was there before. */
export function putNewest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, most: number): void {
  map.delete(key);
  map.set(key, value);
  forgetOldest(map, most);
}
