import { describe, expect, it } from "vitest";
import { fieldOrder } from "#protocol/proofs/field.ts";
import { withoutPause } from "../work-pace.ts";
import { Curve, sizes } from "./curve.ts";
import { startDecompression } from "./decompression.ts";
import { scalarBytes, scalarsToBytes } from "./scalar-field.ts";

describe("decompression", () => {
  it("gives back every point, its opposite, and infinity, over the edge of a batch", async () => {
    const curve = await Curve.start();
    const count = 2_060;
    const points = curve.take(count * sizes.g1Jacobian);
    for (let i = 0; i < count; i++) {
      const scalar = i % 2 === 0 ? BigInt(i) : fieldOrder - BigInt(i - 1);
      const mark = curve.mark();
      const at = points + i * sizes.g1Jacobian;
      if (i < 2) curve.call("g1m_zero", at);
      else curve.call("g1m_timesScalar", curve.g1Generator, curve.put(scalarsToBytes([scalar])), scalarBytes, at);
      curve.release(mark);
    }
    const affineAt = curve.take(count * sizes.g1);
    curve.call("g1m_batchToAffine", points, count, affineAt);
    const affine = curve.view(affineAt, count * sizes.g1).slice();
    const decompress = await startDecompression();
    let heard = 0;
    const result = withoutPause(decompress(curve.compressAll("g1", affine)), (bytes) => {
      heard += bytes;
    });
    expect(Buffer.from(result).equals(affine)).toBe(true);
    expect(heard).toBe(count * sizes.g1Compressed);
  });
});
