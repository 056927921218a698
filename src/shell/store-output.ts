/**
 * Where a pipeline's output goes that is not shown. Loaded with the first `>`.
 * @module
 */
import { concatBytes } from "#protocol/codec/bytes.ts";
import type { Rejected, Result } from "#protocol/result.ts";
import { eachPiece, type HomeFiles, sourceOfBytes } from "#sdk/home-files.ts";
import { mostPipedBytes, type PipeOutput } from "./output.ts";

/** Writes a pipeline's output into a file, piece by piece where it is large. */
export async function storeOutput(
  files: HomeFiles,
  { path, append }: { readonly path: string; readonly append: boolean },
  output: PipeOutput,
): Promise<Result<void>> {
  const before = append ? await files.open(path) : null;
  if (before !== null && !before.ok && before.code !== "not-found") return before;
  const source = before?.ok === true ? before.value : sourceOfBytes(new Uint8Array());
  if (source.sizeBytes + output.sizeBytes <= mostPipedBytes) {
    const [old, all] = [await source.read(0, source.sizeBytes), await output.bytes()];
    if (!old.ok || !all.ok) return old.ok ? (all as Rejected) : old;
    const added = all.value ?? new Uint8Array();
    return files.write(path, old.value.length === 0 ? added : concatBytes(old.value, added));
  }
  const draft = await files.draft(null);
  if (!draft.ok) return draft;
  try {
    const written = await eachPiece(source, (piece) => draft.value.append(piece));
    const all = written.ok ? await output.each((part) => draft.value.append(part)) : written;
    return all.ok ? await draft.value.finish(path, "what is there") : all;
  } finally {
    await draft.value.leave();
  }
}
