/**
 * The nearest known word to one that is not.
 * @module
 */
import { otherWords } from "./other-words.ts";
import { sanitise } from "./terminal/sanitise.ts";

/** Edits between two words: insertions, deletions, replacements, swaps of neighbours. */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, (rows[i - 2]?.[j - 2] ?? 0) + 1);
      row.push(least);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] ?? 0;
}

/** Edits that a slip of the fingers makes: one, in longer words one for each third of it. */
const mostEdits = (word: string): number => Math.max(1, Math.floor(word.length / 3));

/**
 * The nearest candidate, if it is near: people hardly ever miss the first letter, so a word that begins otherwise is only near
 * if nothing else differs. Capitals do not count; phones put them first.
 */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const typed = word.toLowerCase().slice(0, 32);
  const near = (candidate: string, distance: number): boolean =>
    distance <= (candidate[0] === typed[0] ? mostEdits(typed) : 1) && distance < candidate.length;
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(typed, candidate.toLowerCase()) }))
    .filter(({ candidate, distance }) => near(candidate, distance))
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate ?? null;
}

/** What to say of a word that is no command: the way there for who knows it from elsewhere, or the nearest. */
export function noSuchCommand(word: string, names: readonly string[]): string {
  const known = otherWords.get(word.toLowerCase());
  const near = nearest(word, names);
  const hint = known ?? (near === null ? "`help` lists what there is." : `Did you mean ${near}?`);
  return `There is no command ${sanitise(word)}. ${hint}`;
}
