import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { fieldOrder } from "#protocol/proofs/field.ts";
import { QuotientKernel } from "./quotient.ts";
import { inverse, power, reduce, rootOfUnity, scalarFromBytes, scalarsToBytes } from "./scalar-field.ts";

/** A term of a row: place of a signal, place of its factor. */
type Row = readonly (readonly [signal: number, factor: number])[];

const signals = 6;
const scalar = fc.oneof(
  fc.constantFrom(0n, 1n, 2n, fieldOrder - 1n, 2n ** 253n),
  fc.bigInt({ min: 0n, max: fieldOrder - 1n }),
);
const row = fc.array(fc.tuple(fc.nat(signals - 1), fc.nat(2)), { maxLength: 5 });
const system = fc.integer({ min: 1, max: 5 }).chain((bits) =>
  fc.record({
    bits: fc.constant(bits),
    rows: fc.array(fc.tuple(row, row), { maxLength: 2 ** bits }),
    factors: fc.array(scalar, { minLength: 3, maxLength: 3 }),
    witness: fc.array(scalar, { minLength: signals, maxLength: signals }),
  }),
);

/** The polynomial through values on the domain, at the points beside it, by the definition. */
function onCoset(values: readonly bigint[], bits: number): bigint[] {
  const root = rootOfUnity(bits);
  const shift = rootOfUnity(bits + 1);
  const coefficients = values.map((_, k) =>
    reduce(
      values.reduce((sum, value, i) => sum + value * power(root, BigInt(values.length * k - i * k)), 0n) *
        inverse(BigInt(values.length)),
    ),
  );
  return values.map((_, i) => {
    const point = reduce(shift * power(root, BigInt(i)));
    return reduce(coefficients.reduce((sum, coefficient, k) => sum + coefficient * power(point, BigInt(k)), 0n));
  });
}

describe("the quotient", () => {
  let kernel: QuotientKernel;
  beforeAll(async () => {
    kernel = await QuotientKernel.start();
  });

  it("is what its definition says, for any rows, factors and witness", () => {
    fc.assert(
      fc.property(system, ({ bits, rows, factors, witness }) => {
        const sum = (terms: Row): bigint =>
          reduce(terms.reduce((total, [at, by]) => total + (witness[at] as bigint) * (factors[by] as bigint), 0n));
        const domain = Array.from({ length: 2 ** bits }, (_, i) => rows[i] ?? [[], []]);
        const a = domain.map(([terms]) => sum(terms));
        const b = domain.map(([, terms]) => sum(terms));
        const c = a.map((value, i) => reduce(value * (b[i] as bigint)));
        const [ca, cb, cc] = [a, b, c].map((values) => onCoset(values, bits)) as [bigint[], bigint[], bigint[]];
        const expected = ca.map((value, i) => reduce(value * (cb[i] as bigint) - (cc[i] as bigint)));
        const bytes = rows.flat().flatMap((terms) => [terms.length, ...terms.flat()]);
        const key = { rows: Uint8Array.from(bytes), factors: scalarsToBytes(factors) };
        const values = kernel.values(key, bits, scalarsToBytes(witness));
        expect(expected.map((_, i) => scalarFromBytes(values, 32 * i))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });
});
