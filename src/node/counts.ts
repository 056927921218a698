/**
 * Counts by name that hold no name without any.
 * @module
 */

/** Counts up or down; forgets a name of which none is left. */
export function count(counts: Map<string, number>, name: string, step: number): void {
  const now = (counts.get(name) ?? 0) + step;
  if (now > 0) counts.set(name, now);
  else counts.delete(name);
}
