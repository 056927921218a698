import { expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import { homeLimits, sourceOfBytes } from "#sdk/home-files.ts";
import { Random } from "#testing/random.ts";
import { blobOf, sourceOfBlob } from "./blob-source.ts";

it("a file of the device is read in ranges, and a source becomes one whole again", async () => {
  const bytes = new Random(1).bytes(homeLimits.pieceBytes + 7);
  const blob = await blobOf(sourceOfBytes(bytes));
  if (!blob.ok) throw new Error(blob.message);
  expect(Buffer.compare(Buffer.from(await blob.value.arrayBuffer()), bytes)).toBe(0);
  const source = sourceOfBlob(blob.value);
  expect(source.sizeBytes).toBe(bytes.length);
  expect(await source.read(5, 3)).toEqual(accepted(bytes.slice(5, 8)));
  expect(await source.read(bytes.length - 1, 9)).toEqual(accepted(bytes.slice(-1)));
});

it("what cannot be read any more is refused", async () => {
  const gone = { size: 9, slice: () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) }) } as unknown as Blob;
  expect(await sourceOfBlob(gone).read(0, 9)).toMatchObject({ code: "not-found" });
  const refused = rejected("not-found", "gone");
  expect(await blobOf({ sizeBytes: 9, read: async () => refused })).toBe(refused);
});
