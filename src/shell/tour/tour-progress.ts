/**
 * Where somebody is in the tour, kept on this device so that a reload goes on there.
 * @module
 */

/** How far it is. */
export interface TourProgress {
  /** The step that is next, by its name. */
  readonly step: string;
  /** Whether the person has left the tour, to go on later. */
  readonly isLeft: boolean;
  /** What there was when the step was begun, to see what has changed since. */
  readonly mark: readonly string[];
}

/** Parts of a mark that are kept. */
export const mostMarks = 64;

/** Where it is kept; null: nobody is on a tour. */
export interface TourStore {
  load(): unknown;
  save(progress: TourProgress | null): void;
}

/** What was kept, whatever it is by now; null if it is no place in a tour of these steps. */
export function readProgress(kept: unknown, steps: readonly string[]): TourProgress | null {
  const { step, isLeft, mark } = (typeof kept === "object" && kept !== null ? kept : {}) as Record<string, unknown>;
  if (typeof step !== "string" || !steps.includes(step)) return null;
  const marks = Array.isArray(mark) ? mark.filter((one): one is string => typeof one === "string") : [];
  return { step, isLeft: isLeft === true, mark: marks.slice(0, mostMarks) };
}
