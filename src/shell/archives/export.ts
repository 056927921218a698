/**
 * `car export`: files of a person as an archive that other systems read.
 * @module
 */
import { writeCar, writeIndexedCar } from "#interchange/car-writer.ts";
import { blocksOf, filesTree, fileTree, type SourceFile, type TreeNode } from "#interchange/unixfs-writer.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { homeLimits } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { contents } from "../commands/files.ts";
import { Stopping } from "../files/transfers.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { hashBytes } from "./hash-bytes.ts";

async function filesToExport(
  context: CommandContext,
  paths: readonly string[],
): Promise<Result<readonly SourceFile[]>> {
  const files: SourceFile[] = [];
  let left: number = homeLimits.wholeBytes;
  for (const path of new Set(paths)) {
    const read = await contents(context, path);
    if (!read.ok) return read;
    left -= read.value.length;
    // What is put together would be larger than a file may be.
    if (left < 0)
      return rejected("too-large", `An archive has at most ${inBytes(homeLimits.wholeBytes)}; name fewer files.`);
    files.push({ path: path === "-" ? "file" : path, bytes: read.value });
  }
  return accepted(files);
}

async function treeOf(context: CommandContext, files: readonly SourceFile[]): Promise<Result<TreeNode>> {
  const stopping = new Stopping(context);
  const all = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  let hashed = 0;
  const hash = async (bytes: Uint8Array): Promise<Uint8Array> => {
    hashed += bytes.length;
    context.status(`reading … ${inBytes(Math.min(hashed, all))} of ${inBytes(all)}`);
    return hashBytes(bytes);
  };
  const [only] = files;
  const tree =
    files.length === 1 && only !== undefined
      ? accepted(await fileTree(only.bytes, hash))
      : await filesTree(files, hash);
  context.status(null);
  return stopping.isAsked ? rejected("cancelled", "Stopped; no archive was made.") : tree;
}

/** Runs `car export`. */
export async function exportFiles(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const isDry = flags.has("dry-run");
  if (flags.has("json") && !isDry)
    return context.refuse(
      rejected("invalid-argument", "The archive itself goes where JSON would; `--json` goes with --dry-run."),
    );
  const files = await filesToExport(context, positionals);
  const tree = files.ok ? await treeOf(context, files.value) : files;
  if (!tree.ok) return context.refuse(tree);
  const { cid } = tree.value.block;
  const blocks = [...blocksOf(tree.value)];
  if (flags.has("json")) {
    const sizeBytes = blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
    context.json({ cid: cid.toString(), blocks: blocks.length, sizeBytes });
    return 0;
  }
  if (isDry) {
    context.print(cid.toString(), "strong");
    return 0;
  }
  for (const part of (flags.has("indexed") ? writeIndexedCar : writeCar)([cid], blocks)) context.write(part);
  const what = files.ok && files.value.length > 1 ? `${files.value.length} files` : sanitise(positionals[0] ?? "");
  context.notice(`${cid.toString()} is ${what}, in ${blocks.length} blocks.`, "good");
  context.notice("It is not encrypted: whoever gets the archive can read it. Nothing was sent.", "dim");
  return 0;
}
