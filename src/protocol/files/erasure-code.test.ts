import { describe, expect, it } from "vitest";
import { describeErasureCode } from "#testing/erasure-contract.ts";
import { combineByTables, combinePlainly } from "./erasure-code.ts";
import { divide, multiply } from "./galois-field.ts";

describe("the field of 256 elements", () => {
  // The middle three are of Backblaze's JavaReedSolomon, test of class Galois.
  it.each([
    [2, 0x80, 0x1d],
    [3, 4, 12],
    [7, 7, 21],
    [23, 45, 41],
    [0, 255, 0],
    [1, 255, 255],
  ])("multiplies %i and %i to %i", (a, b, product) => {
    expect(multiply(a, b)).toBe(product);
    expect(multiply(b, a)).toBe(product);
  });

  it("multiplies and divides as polynomials modulo 0x11d do, everywhere", () => {
    for (let a = 0; a < 256; a++) {
      for (let b = 0, wrong = 0; b < 256; b++) {
        let product = 0;
        for (let bit = 7; bit >= 0; bit--) {
          product <<= 1;
          if (product & 0x100) product ^= 0x11d;
          if (b & (1 << bit)) product ^= a;
        }
        if (multiply(a, b) !== product || (b !== 0 && divide(product, b) !== a)) wrong++;
        if (wrong > 0) expect.fail(`${a} · ${b}`);
      }
    }
  });
});

describeErasureCode("plain", async () => combinePlainly);
describeErasureCode("by tables", async () => combineByTables);
