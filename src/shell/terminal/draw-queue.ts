/**
 * What is to be drawn, in order and a slice at a time: the terminal gets the next slice when it has taken the last, so
 * that neither making nor drawing a long output holds up the page.
 * @module
 */

/** Characters of a slice, about: a terminal takes some milliseconds for them. */
export const sliceCharacters = 8_192;

/** What a piece counts beside its characters: a line costs more than its letters. */
const pieceCost = 24;

/** Characters that may wait before whoever brings more is asked to wait as well. */
const mostWaitingCharacters = 262_144;

/** Something to be drawn: pieces that are made when their turn comes. */
interface Drawing {
  readonly pieces: Iterator<string>;
  readonly characters: number;
  /** Done before the pieces, once the terminal has taken all that comes before. */
  readonly first?: () => void;
}

/** The queue before one terminal. */
export class DrawQueue {
  private readonly write: (slice: string, taken: () => void) => void;
  private readonly drawings: Drawing[] = [];
  private waitingCharacters = 0;
  private isTaking = false;
  private roomWanted: (() => void)[] = [];

  /** `write` calls `taken` once, then or later. */
  constructor(write: (slice: string, taken: () => void) => void) {
    this.write = write;
  }

  /** Adds what makes about so many characters. Pieces are to be short: one is never divided. */
  add(pieces: Iterable<string>, characters: number): void {
    this.drawings.push({ pieces: pieces[Symbol.iterator](), characters });
    this.waitingCharacters += characters;
    this.pump();
  }

  /** Does something between what was added before and what will be. */
  do(first: () => void): void {
    this.drawings.push({ pieces: [][Symbol.iterator](), characters: 0, first });
    this.pump();
  }

  /** Resolves when there is room for more: at once, mostly. */
  room(): Promise<void> {
    if (this.waitingCharacters <= mostWaitingCharacters) return Promise.resolve();
    return new Promise((resolve) => this.roomWanted.push(resolve));
  }

  private pump(): void {
    while (!this.isTaking) {
      const slice = this.nextSlice();
      if (this.waitingCharacters <= mostWaitingCharacters) for (const tell of this.roomWanted.splice(0)) tell();
      if (slice === "") {
        if (this.drawings.length === 0) return;
        continue;
      }
      this.isTaking = true;
      let isInside = true;
      this.write(slice, () => {
        this.isTaking = false;
        // A terminal that takes it at once must not make a call inside a call of each slice.
        if (!isInside) this.pump();
      });
      isInside = false;
    }
  }

  private nextSlice(): string {
    let slice = "";
    let cost = 0;
    for (let next = this.drawings[0]; next !== undefined && cost < sliceCharacters; next = this.drawings[0]) {
      if (next.first !== undefined) {
        if (cost > 0) break;
        this.drawings.shift();
        next.first();
        continue;
      }
      const { value, done } = next.pieces.next();
      if (done === true) {
        this.drawings.shift();
        this.waitingCharacters -= next.characters;
      } else {
        slice += value;
        cost += value.length + pieceCost;
      }
    }
    return slice;
  }
}
