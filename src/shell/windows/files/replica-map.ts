/**
 * What a map of a file among keepers shows: pieces by how many keepers they can lose.
 * @module
 */

/** How safe a piece is. */
export const safeties = ["lost", "last", "thin", "safe"] as const;

/** One of them. */
export type Safety = (typeof safeties)[number];

/** Squares of a map at most: more could not be told apart. */
const mostSquares = 256;

/** What `get --where --json` says of it. */
export interface Whereabouts {
  readonly keepers: readonly string[];
  readonly pieceMayLeave: readonly number[];
}

/** A map: squares in the order of the pieces, and how many pieces each stands for. */
export interface ReplicaMap {
  readonly squares: readonly Safety[];
  readonly piecesEach: number;
  /** Pieces by how safe they are, those that there are. */
  readonly counts: readonly (readonly [Safety, number])[];
}

function safetyOf(mayLeave: number): Safety {
  if (mayLeave < 0) return "lost";
  return mayLeave === 0 ? "last" : mayLeave === 1 ? "thin" : "safe";
}

/** Draws it up; a square is as safe as the least safe of its pieces. */
export function replicaMapOf(pieces: readonly number[]): ReplicaMap {
  const piecesEach = Math.max(1, Math.ceil(pieces.length / mostSquares));
  const squares: Safety[] = [];
  for (let from = 0; from < pieces.length; from += piecesEach)
    squares.push(safetyOf(Math.min(...pieces.slice(from, from + piecesEach))));
  const all = pieces.map(safetyOf);
  const counts = safeties.map((safety) => [safety, all.filter((one) => one === safety).length] as const);
  return { squares, piecesEach, counts: counts.filter(([, count]) => count > 0) };
}

/** Reads what the command has answered; null if that is something else. */
export function readWhereabouts(answer: string): Whereabouts | null {
  try {
    const { keepers, pieceMayLeave } = (JSON.parse(answer) ?? {}) as Partial<Whereabouts>;
    return Array.isArray(keepers) && Array.isArray(pieceMayLeave) ? { keepers, pieceMayLeave } : null;
  } catch {
    // Words that say why there is nothing to show.
    return null;
  }
}
