import fc from "fast-check";
import { expect, it } from "vitest";
import { digestsOf } from "#protocol/files/block-digests.ts";
import { nativeDigest } from "./native-digest.ts";

it("blocks have the same names whoever computes them, views of larger buffers too", async () => {
  expect(nativeDigest).toBeDefined();
  const views = fc.array(
    fc.uint8Array({ maxLength: 300 }).map((bytes) => bytes.subarray(bytes.length >> 2)),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(views, async (blocks) => {
      expect(await digestsOf(blocks, nativeDigest)).toEqual(await digestsOf(blocks, undefined));
    }),
  );
});
