/**
 * Public keys in the kernel's memory, ready to be added up: reading one (a square root, a check of its group) takes a hundred
 * times as long as adding it, and voters stay the same from one certificate to the next.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { BlsCurve } from "./bls-curve.ts";

/** Keys that are kept: all voters of several epochs, in 460 kB. */
const maximumCachedKeys = 4_096;

/** The keys of one curve instance. */
export class KeyCache {
  readonly #curve: BlsCurve;
  readonly #capacity: number;
  readonly #room: number;
  /** Compressed key → place, the longest unused first. */
  readonly #places = new Map<string, number>();

  constructor(curve: BlsCurve, capacity = maximumCachedKeys) {
    this.#curve = curve;
    this.#capacity = capacity;
    this.#room = curve.take(capacity * curve.sizes.g1);
  }

  /** Address of a key, affine, or null if the bytes are none; valid until the next call. */
  find(bytes: Uint8Array): number | null {
    const name = toHex(bytes);
    const known = this.#places.get(name);
    if (known !== undefined) {
      this.#places.delete(name);
      this.#places.set(name, known);
      return known;
    }
    const mark = this.#curve.mark();
    const read = this.#curve.take(this.#curve.sizes.g1);
    const good = this.#curve.readKey(bytes, read);
    this.#curve.release(mark);
    if (!good) return null;
    const place = this.#freePlace();
    this.#curve.copy(read, place, this.#curve.sizes.g1);
    this.#places.set(name, place);
    return place;
  }

  #freePlace(): number {
    if (this.#places.size < this.#capacity) return this.#room + this.#places.size * this.#curve.sizes.g1;
    const [oldest] = this.#places as unknown as Iterable<[string, number]>;
    if (oldest === undefined) throw new Error("a full cache has an oldest key");
    this.#places.delete(oldest[0]);
    return oldest[1];
  }
}
