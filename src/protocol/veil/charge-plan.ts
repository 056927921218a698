/**
 * Where a function's fuel is taken. Every basic block has its price; where nobody can look before the price is due anyway,
 * it is taken with that of the block before it: a turn of a loop pays once, what joins two arms is paid in them.
 *
 * A block takes, at its beginning, its own price and a deposit for whichever block comes next, less what was deposited for
 * it: all blocks that may follow one have the same deposit. Blocks within which fuel is tested or seen (the first of a
 * function, heads of loops, those with calls or bulk instructions) take no deposit. So at every test, and whenever a host
 * looks, exactly the prices of all blocks begun are taken, wherever the deposits are.
 * @module
 */
import type { EditList } from "./edits.ts";

/** No block: the end of the function, a `br_table`, a trap. Nothing is deposited for it. */
const none = -1;

/** What is special about a block. */
const flag = {
  /** Fuel is seen in it: it takes no deposit for the next. */
  seen: 1,
  /** All before it take a deposit, as much as it needs. */
  deposited: 2,
  /** The head of a loop. */
  head: 4,
  /** Only the block before it leads to it, by a branch not taken: whatever that one deposits is its deposit too. */
  behind: 8,
  /** A head that is entered from a block that takes no deposit. */
  entered: 16,
} as const;
const flagBits = 5;

/** Numbers of a block: that of the edit that charges, with the flags; its price, later its deposit; what comes next. */
const fields = 3;
const initialBlocks = 256;

/** A label that blocks lead to: a loop's leads to its head, others to what comes behind their end. */
export interface ChargeLabel {
  /** The head, if it is a loop's. */
  head: number;
  /** The last block so far that leads to the end; the one before it stands where that one's next block will stand. */
  leaving: number;
  /** Whether a block leads to it that takes no deposit, or none for it alone. */
  bare: boolean;
  /** The block that ended with the `if` that opened it. */
  condition: number;
}

/** Basic blocks of one function at a time, in the order of their places. One array of numbers: there are very many. */
export class ChargePlan {
  private readonly edits: EditList;
  private numbers = new Int32Array(initialBlocks * fields);
  /** Where the block at hand is. Blocks are named by their places in the array. */
  private last = 0;

  constructor(edits: EditList) {
    this.edits = edits;
  }

  /** Starts a function; its first block is at hand. */
  begin(): void {
    this.last = 0;
    this.write(0, flag.seen);
  }

  /** The block at hand ends and has this price; the next begins, and an edit charges for it. */
  open(price: number, charge: number): void {
    this.numbers[this.last + 1] = price;
    this.last += fields;
    if (this.last === this.numbers.length) this.grow();
    this.write(charge, 0);
  }

  /** Fuel is tested or seen within the block at hand. */
  see(): void {
    this.set(this.last, flag.seen);
  }

  /** The block at hand leads to a label, and nowhere else but to the one behind it. */
  lead(label: ChargeLabel): void {
    const { last } = this;
    if (this.has(last, flag.seen)) label.bare = true;
    if (label.head >= 0) this.numbers[last + 2] = label.head;
    else {
      this.numbers[last + 2] = label.leaving;
      label.leaving = last;
    }
  }

  /** The block at hand has just begun where a branch was not taken. */
  continue(): void {
    this.set(this.last, flag.behind);
  }

  /** The block at hand has just begun as the first arm of an `if`. */
  enterArm(label: ChargeLabel): void {
    label.condition = this.last - fields;
    this.set(this.last, flag.behind);
  }

  /** The block at hand has just begun as the second arm of an `if`. */
  enterElse(label: ChargeLabel): void {
    const { condition } = label;
    label.condition = none;
    this.numbers[condition + 2] = this.last;
    if (!this.has(condition, flag.seen)) this.set(this.last, flag.deposited);
  }

  /** The block at hand has just begun behind the end of a label's block; who falls through there {@link lead}s there. */
  join(label: ChargeLabel): void {
    const { last } = this;
    const { condition } = label;
    if (condition >= 0) {
      this.numbers[condition + 2] = last;
      if (this.has(condition, flag.seen)) label.bare = true;
    }
    this.land(label, last);
    if (!label.bare) this.set(last, flag.deposited);
  }

  /**
   * The block at hand has just begun as the head of a loop; the one before it falls through. The edit before its own
   * takes, once, what is deposited for it and the block before it does not take.
   */
  enterLoop(label: ChargeLabel): void {
    const { last } = this;
    label.head = last;
    this.set(last, flag.head | flag.seen);
    if (this.has(last - fields, flag.seen)) this.set(last, flag.entered);
    else this.numbers[last - fields + 2] = last;
  }

  /** A loop ends: nothing else leads to its head. */
  endLoop(label: ChargeLabel): void {
    if (!label.bare) this.set(label.head, flag.deposited);
  }

  /** The function ends, with the block at hand and its price. Writes the charges into the edits; returns the first. */
  finish(price: number, label: ChargeLabel): number {
    const { edits, numbers } = this;
    numbers[this.last + 1] = price;
    this.land(label, none);
    // Backwards: what is deposited for the next is known then, and of heads only their own price matters.
    for (let block = this.last; block > 0; block -= fields) {
      const first = numbers[block] as number;
      const due = (numbers[block + 1] as number) + this.depositFor(numbers[block + 2] as number);
      let deposit = 0;
      if ((first & flag.deposited) !== 0) deposit = due;
      else if ((first & flag.behind) !== 0) deposit = this.depositFor(numbers[block - fields + 2] as number);
      edits.setArgument(first >> flagBits, due - deposit);
      if ((first & flag.head) === 0) numbers[block + 1] = deposit;
      else edits.setArgument((first >> flagBits) - 1, (first & flag.entered) === 0 ? 0 : deposit);
    }
    return numbers[1] as number;
  }

  private depositFor(block: number): number {
    if (block < 0) return 0;
    const isBareHead = ((this.numbers[block] as number) & (flag.head | flag.deposited)) === flag.head;
    return isBareHead ? 0 : (this.numbers[block + 1] as number);
  }

  private has(block: number, flags: number): boolean {
    return ((this.numbers[block] as number) & flags) !== 0;
  }

  private set(block: number, flags: number): void {
    this.numbers[block] = (this.numbers[block] as number) | flags;
  }

  /** All that leads to a label's end leads to a block. */
  private land(label: ChargeLabel, block: number): void {
    for (let from = label.leaving; from >= 0; ) {
      const before = this.numbers[from + 2] as number;
      this.numbers[from + 2] = block;
      from = before;
    }
  }

  private write(charge: number, flags: number): void {
    const { last, numbers } = this;
    numbers[last] = (charge << flagBits) | flags;
    numbers[last + 1] = 0;
    numbers[last + 2] = none;
  }

  private grow(): void {
    const grown = new Int32Array(this.numbers.length * 2);
    grown.set(this.numbers);
    this.numbers = grown;
  }
}
