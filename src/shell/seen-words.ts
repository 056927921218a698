/**
 * Long words worth completing: ids that stood on the screen, and names of people from lines the user typed. Names that others
 * put on the screen are left out: one made to begin like a friend's would be completed in its place and be paid.
 * @module
 */

/** Ids remembered. */
const mostIds = 512;

/** Of a longer text only so much is looked at. */
const mostCharacters = 65_536;

/** Transactions, blocks, outputs and peers. */
const ids = /\b(?:[0-9a-f]{64}(?::\d{1,4})?|12D3KooW[1-9A-HJ-NP-Za-km-z]{44})\b/g;
const names = /\bdid:key:z[1-9A-HJ-NP-Za-km-z]{20,128}\b/g;

/** Ids seen on one screen. */
export class SeenWords {
  private readonly seen = new Set<string>();

  /** Takes note of what is printed. */
  note(text: string): void {
    for (const [id] of text.slice(0, mostCharacters).matchAll(ids)) {
      // Newest last, so that the oldest goes first.
      this.seen.delete(id);
      this.seen.add(id);
    }
    for (const id of this.seen) {
      if (this.seen.size <= mostIds) break;
      this.seen.delete(id);
    }
  }

  /** Words for completion, with those of lines that were typed. */
  words(history: readonly string[]): readonly string[] {
    const typed = history.flatMap((line) => [...(line.match(names) ?? []), ...(line.match(ids) ?? [])]);
    return [...this.seen, ...typed];
  }
}
