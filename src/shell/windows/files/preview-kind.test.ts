import { describe, expect, it } from "vitest";
import { sourceOfBytes } from "#sdk/home-files.ts";
import { mostPictureBytes, previewOf } from "./preview-kind.ts";

const ofBytes = (bytes: Uint8Array) => previewOf(sourceOfBytes(bytes));
const ofText = (text: string) => ofBytes(new TextEncoder().encode(text));
const png = (length: number): Uint8Array => {
  const bytes = new Uint8Array(length);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  return bytes;
};

describe("what is shown of a file", () => {
  it("is a picture by its bytes, if it is not too large", async () => {
    expect(await ofBytes(png(100))).toMatchObject({
      kind: "picture",
      address: expect.stringMatching(/^data:image\/png;base64,iVBORw/),
    });
    expect(await ofBytes(png(mostPictureBytes + 1))).toEqual({ kind: "none", why: "large picture" });
  });

  it("is text without what would steer, markup as it stands, and no pictures that could run something", async () => {
    expect(await ofText("one\r\ntwo\x1b[2J\t<script>")).toEqual({
      kind: "text",
      lines: ["one", "two�[2J  <script>"],
      isWhole: true,
    });
    expect(await ofText('<svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>')).toMatchObject({ kind: "text" });
    expect(await ofText("")).toEqual({ kind: "text", lines: [""], isWhole: true });
  });

  it("is the beginning of a long text, though a letter is cut there", async () => {
    const long = await ofText(`${"x".repeat(16_383)}äöü and more`);
    expect(long).toMatchObject({ kind: "text", isWhole: false });
    expect(JSON.stringify(long)).not.toContain("�");
  });

  it("is nothing of other bytes", async () => {
    expect(await ofBytes(Uint8Array.of(0, 1, 2, 255))).toEqual({ kind: "none", why: "bytes" });
  });
});
