import { describe, expect, it } from "vitest";
import { parseSize, parseSpan } from "./size.ts";

describe("sizes", () => {
  it.each([
    ["64MiB", 64 * 2 ** 20],
    ["1GB", 1e9],
    ["1 gib", 2 ** 30],
    ["500kB", 500_000],
    ["1.5KiB", 1_536],
    ["0", 0],
    ["12345", 12_345],
  ])("%s", (text, size) => expect(parseSize(text)).toMatchObject({ value: size }));

  it.each(["", "MiB", "1TB", "-1", "1e9", "1..5", "64 M iB", "999999999999999GiB", "٣"])("refuses %j", (text) =>
    expect(parseSize(text)).toMatchObject({ code: "invalid-argument" }),
  );
});

describe("spans of time", () => {
  it.each([
    ["90m", 5_400_000],
    ["12 h", 43_200_000],
    ["30D", 2_592_000_000],
  ])("%s", (text, span) => expect(parseSpan(text)).toMatchObject({ value: span }));

  it.each(["", "0d", "30", "1w", "-1d", "1.5h", "9999999d"])("refuses %j", (text) =>
    expect(parseSpan(text)).toMatchObject({ code: "invalid-argument" }),
  );
});
