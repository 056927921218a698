/** What every implementation of files of a person does. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { accepted } from "#protocol/result.ts";
import { type HomeDraft, type HomeFiles, homeLimits } from "#sdk/home-files.ts";
import { must } from "./mail-fixtures.ts";
import { Random } from "./random.ts";

const { pieceBytes } = homeLimits;

/** All of a file of any size. */
export async function wholeOf(files: HomeFiles, path: string): Promise<Uint8Array> {
  const source = must(await files.open(path));
  return must(await source.read(0, source.sizeBytes));
}

async function written(files: HomeFiles, parts: readonly Uint8Array[], tag: string | null = null): Promise<HomeDraft> {
  const draft = must(await files.draft(tag));
  for (const part of parts) must(await draft.append(part));
  return draft;
}

/** The contract; `fresh` gives files of nobody yet. */
export function homeFilesContract(fresh: () => HomeFiles): void {
  const long = new Random(3).bytes(2 * pieceBytes + 5);

  it("are read whole and in ranges, wherever their pieces end", async () => {
    const files = fresh();
    must(await files.write("whole", long));
    must(await (await written(files, [long])).finish("in one", "nothing"));
    const parts = [long.subarray(0, 7), long.subarray(7, pieceBytes + 9), long.subarray(pieceBytes + 9)];
    must(await (await written(files, parts)).finish("in parts", "nothing"));
    for (const path of ["whole", "in one", "in parts"]) {
      expect(equalBytes(must(await files.read(path)), long)).toBe(true);
      const source = must(await files.open(path));
      expect(source.sizeBytes).toBe(long.length);
      const range = fc.tuple(fc.nat(long.length + 9), fc.nat(pieceBytes + 9));
      await fc.assert(
        fc.asyncProperty(range, async ([from, length]) =>
          equalBytes(must(await source.read(from, length)), long.slice(from, from + length)),
        ),
        { numRuns: 8, examples: [[[0, 0]], [[pieceBytes - 1, 2]], [[pieceBytes, pieceBytes]], [[long.length, 5]]] },
      );
    }
  });

  it("are seen when they are finished, not before, and then all at once", async () => {
    const files = fresh();
    must(await files.write("a", Uint8Array.of(1)));
    const draft = await written(files, [long.subarray(0, pieceBytes), long.subarray(pieceBytes)]);
    expect(draft.sizeBytes).toBe(long.length);
    expect(must(await files.list())).toMatchObject([{ path: "a", sizeBytes: 1 }]);
    expect(await draft.finish("a", "nothing")).toMatchObject({ code: "invalid-argument" });
    expect(await draft.finish("../a", "what is there")).toMatchObject({ code: "invalid-argument" });
    expect(await files.read("a")).toEqual(accepted(Uint8Array.of(1)));
    must(await draft.finish("a", "what is there"));
    expect(equalBytes(await wholeOf(files, "a"), long)).toBe(true);
    must(await (await written(files, [])).finish("empty", "nothing"));
    expect(await files.read("empty")).toEqual(accepted(new Uint8Array()));
  });

  it("are not there when they were left; under a tag whole pieces wait for who goes on", async () => {
    const files = fresh();
    await (await written(files, [long])).leave();
    await (await written(files, [long], "tag")).leave();
    expect(await files.list()).toEqual(accepted([]));
    const other = must(await files.draft("other"));
    expect(other.sizeBytes).toBe(0);
    const draft = must(await files.draft("tag"));
    expect(draft.sizeBytes).toBe(2 * pieceBytes);
    // While it is written nobody else goes on with it.
    expect(must(await files.draft("tag")).sizeBytes).toBe(0);
    must(await draft.append(long.subarray(2 * pieceBytes)));
    must(await draft.finish("a", "nothing"));
    await draft.leave();
    expect(equalBytes(await wholeOf(files, "a"), long)).toBe(true);
    expect(must(await files.draft("tag")).sizeBytes).toBe(0);
  });

  it("are neither added nor deleted twice, and cannot be called anything", async () => {
    const files = fresh();
    const made = [{ path: "a", bytes: concatBytes(Uint8Array.of(1), long) }];
    must(await files.add(made));
    expect(await files.add(made)).toMatchObject({ code: "invalid-argument" });
    expect(await files.write("../a", long)).toMatchObject({ code: "invalid-argument" });
    must(await files.remove("a"));
    expect(await files.remove("a")).toMatchObject({ code: "not-found" });
    expect(await files.open("a")).toMatchObject({ code: "not-found" });
  });
}
