/**
 * Bytes that come in parts, read piece by piece: no more than the largest piece asked for is held.
 * @module
 */

/** Reads forwards only. */
export class ByteSource {
  /** Bytes read so far. */
  position = 0;
  /** Where reading ends although more may follow. */
  endAt = Number.POSITIVE_INFINITY;
  private readonly parts: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  private part = new Uint8Array();
  private at = 0;

  constructor(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
    this.parts = Symbol.asyncIterator in parts ? parts[Symbol.asyncIterator]() : parts[Symbol.iterator]();
  }

  /** Whether nothing is left. */
  async isAtEnd(): Promise<boolean> {
    return this.position >= this.endAt || !(await this.refill());
  }

  /** The next `length` bytes, not to be changed; null if there are fewer. */
  async take(length: number): Promise<Uint8Array | null> {
    if (this.position + length > this.endAt) return null;
    if (length > 0 && !(await this.refill())) return null;
    const inPart = this.next(length);
    if (inPart.length === length) return inPart;
    const taken = new Uint8Array(length);
    taken.set(inPart);
    for (let filled = inPart.length; filled < length; ) {
      if (!(await this.refill())) return null;
      const more = this.next(length - filled);
      taken.set(more, filled);
      filled += more.length;
    }
    return taken;
  }

  /** Passes over `length` bytes; false if there are fewer. */
  async skip(length: number): Promise<boolean> {
    if (this.position + length > this.endAt) return false;
    for (let left = length; left > 0; ) {
      if (!(await this.refill())) return false;
      left -= this.next(left).length;
    }
    return true;
  }

  /** Up to `most` bytes of the part at hand. */
  private next(most: number): Uint8Array {
    const taken = this.part.subarray(this.at, this.at + most);
    this.at += taken.length;
    this.position += taken.length;
    return taken;
  }

  /** Whether the part at hand has a byte left, after another one was fetched if need be. */
  private async refill(): Promise<boolean> {
    while (this.at === this.part.length) {
      const next = await this.parts.next();
      if (next.done === true) return false;
      this.part = new Uint8Array(next.value.buffer, next.value.byteOffset, next.value.byteLength) as typeof this.part;
      this.at = 0;
    }
    return true;
  }
}
