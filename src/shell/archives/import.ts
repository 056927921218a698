/**
 * `car import` and `car list`: archives that anybody made, checked to their last block before a file is kept.
 * @module
 */
import type { CID } from "multiformats/cid";
import { openCar } from "#interchange/car-reader.ts";
import { blockKey } from "#interchange/content-id.ts";
import { readTree, type TreeFile, type TreeLimits } from "#interchange/unixfs-reader.ts";
import { joinBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { homeLimits, pathProblem } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { contents } from "../commands/files.ts";
import { Stopping } from "../files/transfers.ts";
import { bytes as inBytes, table } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { pathOf } from "../opened-files.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { hashBytes } from "./hash-bytes.ts";

/** An archive of which every block, and every file, was looked at. */
interface CheckedArchive {
  readonly version: 1 | 2;
  readonly roots: readonly string[];
  readonly blocks: number;
  /** Blocks that no file or folder needs. */
  readonly unused: number;
  readonly emptyFolders: number;
  readonly files: readonly TreeFile[];
}

/** Bounds of an archive's files: one names the same bytes as often as it likes, and all of them are put together in memory. */
const archiveLimits: TreeLimits = {
  files: homeLimits.files,
  fileBytes: homeLimits.wholeBytes,
  totalBytes: 256 * 1_048_576,
  pathLength: homeLimits.pathLength,
};

/** All trees of an archive; of several, each below the CID of its root. */
function readTrees(roots: readonly CID[], blocks: ReadonlyMap<string, Uint8Array>) {
  const files: TreeFile[] = [];
  const used = new Set<string>();
  let emptyFolders = 0;
  let left = archiveLimits;
  for (const root of new Map(roots.map((cid) => [blockKey(cid), cid])).values()) {
    const tree = readTree(root, blocks, left);
    if (!tree.ok) return tree;
    emptyFolders += tree.value.emptyFolders;
    for (const key of tree.value.used) used.add(key);
    for (const file of tree.value.files) {
      const below = file.path === "" ? "" : `/${file.path}`;
      files.push(roots.length === 1 ? file : { ...file, path: `${root.toString()}${below}` });
      left = { ...left, files: left.files - 1, totalBytes: left.totalBytes - file.sizeBytes };
    }
  }
  return accepted({ files, emptyFolders, used });
}

async function checkArchive(context: CommandContext, path: string): Promise<Result<CheckedArchive>> {
  const archive = await contents(context, path);
  if (!archive.ok) return archive;
  const opened = await openCar([archive.value], hashBytes);
  if (!opened.ok) return opened;
  const stopping = new Stopping(context);
  const { version, roots } = opened.value;
  const blocks = new Map<string, Uint8Array>();
  let checkedBytes = 0;
  for await (const block of opened.value.blocks) {
    if (!block.ok) return block;
    if (stopping.isAsked) return rejected("cancelled", "Stopped; nothing was kept.");
    const { cid, bytes } = block.value;
    blocks.set(blockKey(cid), bytes);
    checkedBytes += bytes.length;
    context.status(`checking … ${inBytes(checkedBytes)} of ${inBytes(archive.value.length)}`);
  }
  const trees = readTrees(roots, blocks);
  if (!trees.ok) return trees;
  const { files, emptyFolders, used } = trees.value;
  return accepted({
    version,
    roots: roots.map((cid) => cid.toString()),
    blocks: blocks.size,
    unused: blocks.size - used.size,
    emptyFolders,
    files,
  });
}

/** The same with what was shown meanwhile taken away, and refusals that say what became of the files. */
async function checked(context: CommandContext, path: string): Promise<Result<CheckedArchive>> {
  const archive = await checkArchive(context, path).finally(() => context.status(null));
  return archive.ok || archive.code === "cancelled"
    ? archive
    : { ...archive, message: `${archive.message} Nothing was kept.` };
}

function tellRest(context: CommandContext, { unused, emptyFolders }: CheckedArchive): void {
  if (emptyFolders > 0)
    context.print(`Folders without files: ${emptyFolders}. There is no place for them here.`, "dim");
  if (unused > 0) context.print(`Blocks that belong to none of these files: ${unused}.`, "dim");
}

const factsOf = ({ version, roots, blocks, unused, emptyFolders }: CheckedArchive) => ({
  version,
  roots,
  blocks,
  unused,
  emptyFolders,
});

/** Runs `car list`. */
export async function listFiles(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const archive = await checked(context, positionals[0] ?? "");
  if (!archive.ok) return context.refuse(archive);
  const { version, roots, blocks, files } = archive.value;
  if (flags.has("json")) {
    const named = files.map(({ path, sizeBytes }) => ({ path, sizeBytes }));
    context.json({ ...factsOf(archive.value), files: named });
    return 0;
  }
  context.print(`A whole archive of version ${version}: ${blocks} blocks, each as its name says.`, "good");
  for (const root of roots) context.print(root, "strong");
  const row = ({ path, sizeBytes }: TreeFile) => [
    path === "" ? "(the file itself)" : sanitise(path),
    inBytes(sizeBytes),
  ];
  for (const line of table(files.map(row))) context.print(line);
  tellRest(context, archive.value);
  return 0;
}

/** The path at which a file of an archive is to be kept. */
function placeOf({ path }: TreeFile, archivePath: string, folder: string | undefined, root: string): string {
  if (path !== "") return folder === undefined ? path : `${folder}/${path}`;
  if (folder !== undefined) return folder;
  const name = pathOf(archivePath).replace(/\.car$/i, "");
  // What came from a pipe or the device has no name.
  return archivePath === "-" || name === archivePath ? root : name;
}

/** Refuses what could not be kept as a whole. */
async function checkPlaces(
  { environment }: CommandContext,
  places: ReadonlyMap<string, TreeFile>,
  count: number,
): Promise<Result<null>> {
  if (places.size < count) return rejected("invalid-argument", "Two files of the archive would have one path here.");
  const listed = await environment.files.list();
  if (!listed.ok) return listed;
  const there = new Set(listed.value.map(({ path }) => path));
  for (const path of places.keys()) {
    const problem = pathProblem(path);
    if (problem !== null)
      return rejected("invalid-argument", `The archive holds ${sanitise(JSON.stringify(path))}. ${problem}`);
    if (there.has(path))
      return rejected("invalid-argument", `You have a file ${path} already. Name a folder for those of the archive.`);
  }
  return accepted(null);
}

/** Runs `car import`. */
export async function importFiles(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const [path = "", folder, tooMuch] = positionals;
  if (tooMuch !== undefined) return context.refuse(rejected("invalid-argument", `"${tooMuch}" is too much.`));
  const archive = await checked(context, path);
  if (!archive.ok) return context.refuse(archive);
  const { files, roots } = archive.value;
  const places = new Map(files.map((file) => [placeOf(file, path, folder, roots[0] ?? ""), file]));
  const fits = await checkPlaces(context, places, files.length);
  if (!fits.ok) return context.refuse({ ...fits, message: `${fits.message} Nothing was kept.` });
  const isDry = flags.has("dry-run");
  if (!isDry) {
    const joined = [...places].map(([place, { parts }]) => ({ path: place, bytes: joinBytes(parts) }));
    const kept = await context.environment.files.add(joined);
    if (!kept.ok) return context.refuse(kept);
  }
  const named = [...places].map(([place, { sizeBytes }]) => ({ path: place, sizeBytes }));
  if (flags.has("json")) {
    context.json({ ...factsOf(archive.value), files: named, kept: !isDry });
    return 0;
  }
  for (const line of table(named.map((file) => [sanitise(file.path), inBytes(file.sizeBytes)]))) context.print(line);
  const count = named.length === 1 ? "1 file" : `${named.length} files`;
  const words = isDry
    ? `${count} would be among yours. Nothing was kept.`
    : `${count} of the archive ${named.length === 1 ? "is" : "are"} among yours now.`;
  context.print(words, isDry ? "plain" : "good");
  tellRest(context, archive.value);
  return 0;
}
