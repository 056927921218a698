/**
 * Reads the constraints of a circuit (the R1CS file of circom): rows of linear combinations A, B, C with A·w × B·w = C·w.
 * For key generation and tests; a prover reads its matrices from the key.
 * @module
 */

/** One linear combination: signals and their factors. */
export interface Combination {
  readonly signals: Uint32Array;
  readonly factors: readonly bigint[];
}

/** A circuit's constraints. */
export interface ConstraintSystem {
  readonly signals: number;
  /** Public signals; they are the signals 1 to `publicSignals`. */
  readonly publicSignals: number;
  readonly constraints: readonly { readonly a: Combination; readonly b: Combination; readonly c: Combination }[];
}

const headerSection = 1;
const constraintSection = 2;

class Cursor {
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  number(): number {
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  field(): bigint {
    let value = 0n;
    for (let i = 3; i >= 0; i--) value = (value << 64n) | this.#view.getBigUint64(this.at + 8 * i, true);
    this.at += 32;
    return value;
  }

  combination(): Combination {
    const length = this.number();
    const signals = new Uint32Array(length);
    const factors: bigint[] = [];
    for (let i = 0; i < length; i++) {
      signals[i] = this.number();
      factors.push(this.field());
    }
    return { signals, factors };
  }
}

/** Reads our own compiler's output; anything else is a bug. */
export function readConstraints(file: Uint8Array): ConstraintSystem {
  const sections = new Map<number, number>();
  const cursor = new Cursor(file, 8);
  for (let left = cursor.number(); left > 0; left--) {
    const section = cursor.number();
    const length = cursor.number();
    cursor.at += 4;
    sections.set(section, cursor.at);
    cursor.at += length;
  }
  const header = new Cursor(file, (sections.get(headerSection) as number) + 4 + 32);
  const signals = header.number();
  const publicSignals = header.number() + header.number();
  header.at += 4 + 8;
  const count = header.number();
  const body = new Cursor(file, sections.get(constraintSection) as number);
  const constraints = Array.from({ length: count }, () => ({
    a: body.combination(),
    b: body.combination(),
    c: body.combination(),
  }));
  return { signals, publicSignals, constraints };
}
