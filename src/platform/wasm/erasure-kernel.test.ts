import { describe, expect, it } from "vitest";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { parityOf, rebuildShards } from "#protocol/files/erasure-code.ts";
import { describeErasureCode, referenceParity } from "#testing/erasure-contract.ts";
import { Random } from "#testing/random.ts";
import { ErasureKernel } from "./erasure-kernel.ts";

it("picks the SIMD build where the engine has SIMD", async () => {
  expect((await ErasureKernel.start()).build).toBe("simd");
});

describe.each(["simd", "scalar"] as const)("%s build", (build) => {
  describeErasureCode(`${build} build`, async () => (await ErasureKernel.start(build)).combine);

  it("codes chunks of a mebibyte one after the other in the memory that one took", async () => {
    const kernel = await ErasureKernel.start(build);
    const size = 104_859;
    let afterFirst = 0;
    for (let chunk = 0; chunk < 2; chunk++) {
      const random = new Random(chunk);
      const data = Array.from({ length: 10 }, () => random.bytes(size));
      const parity = parityOf(data, 2, kernel.combine);
      if (!parity.ok) throw new Error(parity.message);
      const expected = referenceParity(data, 2);
      expect(parity.value.every((shard, i) => equalBytes(shard, expected[i] as Uint8Array))).toBe(true);
      const left = [null, ...data.slice(1, 9), null, ...parity.value];
      const rebuilt = rebuildShards({ data: 10, parity: 2 }, left, kernel.combine);
      expect(rebuilt.ok && rebuilt.value.every((shard, i) => equalBytes(shard, data[i] as Uint8Array))).toBe(true);
      afterFirst ||= kernel.memoryBytes;
    }
    expect(kernel.memoryBytes).toBe(afterFirst);
    expect(kernel.memoryBytes).toBeLessThan(2 * 12 * size);
  });
});
