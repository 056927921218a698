import { describe, expect, it } from "vitest";
import { parseSize } from "./size.ts";

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
