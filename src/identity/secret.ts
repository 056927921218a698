/**
 * Secret bytes that cannot be printed, put into JSON or posted to another thread by mistake, and that can be wiped.
 * @module
 */

const redacted = "[secret]";

/** Holds secret bytes. Whoever needs them borrows them; after `zero` they are gone. */
export class Secret {
  readonly #bytes: Uint8Array;
  #gone = false;

  /** Takes the bytes over: the caller keeps no copy. */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Lends the bytes to `action`, which must not keep them. Throws once they have been wiped: using them is a bug. */
  use<T>(action: (bytes: Uint8Array) => T): T {
    if (this.#gone) throw new Error("a secret was used after it was wiped");
    return action(this.#bytes);
  }

  /** Overwrites the bytes. */
  zero(): void {
    this.#gone = true;
    this.#bytes.fill(0);
  }

  toString(): string {
    return redacted;
  }

  toJSON(): string {
    return redacted;
  }

  /** What Node's `console.log` and test runners print. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return redacted;
  }
}
