import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toHex } from "../codec/bytes.ts";
import { processOutputDigest } from "../ledger/process-receipt.ts";
import { decodeProcessInput, encodeProcessInput, processInputDigest } from "./process-input.ts";

const word = fc.string({ unit: "grapheme", maxLength: 12 });
const bytes = fc.uint8Array({ maxLength: 40 });

describe("the input of a process", () => {
  it("survives being written and read, in one encoding", () => {
    const input = fc.record({
      arguments: fc.array(word, { maxLength: 5 }),
      environment: fc.array(fc.tuple(word, word), { maxLength: 5 }),
      input: bytes,
      files: fc.array(fc.record({ path: word, bytes }), { maxLength: 3 }),
      timeMs: fc.nat(),
      seed: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    });
    fc.assert(
      fc.property(input, (given) => {
        const encoded = encodeProcessInput(given);
        expect(decodeProcessInput(encoded)).toEqual({ ok: true, value: given });
        expect(decodeProcessInput(Uint8Array.from([...encoded, 0]))).toMatchObject({ code: "trailing-bytes" });
      }),
    );
  });

  it("has a digest that nothing else has", () => {
    const empty = encodeProcessInput({
      arguments: ["sort"],
      environment: [],
      input: new Uint8Array(),
      files: [],
      timeMs: 0,
      seed: new Uint8Array(32),
    });
    expect(toHex(processInputDigest(empty))).toBe("07f90564fda30c382c874f20a098b99fc9ae543dbccd862288c3577e9dee74c3");
    expect(toHex(processOutputDigest(empty))).toBe("39b7426d7d45ddf8b7669a5d95ace8a2191278c278ad46969faea02dd0f44a76");
  });
});
