/**
 * What `get` of a public folder does: all files below it are found first, so that what cannot all be kept is refused before
 * anything is, then each is fetched as a file of its own.
 * @module
 */
import type { CID } from "multiformats/cid";
import { type FetchBlock, findPublic, type PublicFile, type PublicFolder } from "#interchange/gateway/public-files.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { homeLimits, pathProblem } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type ComingFile, keepFile } from "./fetch.ts";
import { Stopping } from "./transfers.ts";

/** A file of a folder, and where it is to be. */
interface FoundFile {
  readonly path: string;
  readonly file: PublicFile;
}

/** Folders in folders. */
const mostFolders = 1_024;

const tooMany = rejected(
  "too-many",
  `More than ${homeLimits.files} files, or ${mostFolders} folders, lie below this address. Nothing was fetched; get its files one by one.`,
);

/** All files below a folder, in their order. A tree may name one folder often, so what is visited is counted, not what is different. */
async function filesBelow(
  context: CommandContext,
  fetch: FetchBlock,
  folder: PublicFolder,
  under: string,
): Promise<Result<readonly FoundFile[]>> {
  const stopping = new Stopping(context);
  const found: FoundFile[] = [];
  const open: { readonly path: string; readonly entries: PublicFolder["entries"] }[] = [
    { path: under, entries: folder.entries },
  ];
  let folders = 0;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    if (++folders > mostFolders) return tooMany;
    for (const [name, cid] of next.entries as ReadonlyMap<string, CID>) {
      const path = `${next.path}/${name}`;
      const problem = pathProblem(path);
      if (problem !== null)
        return rejected("invalid-argument", `${sanitise(path)} cannot be kept: ${problem} Nothing was fetched.`);
      const one = await findPublic(fetch, cid, []);
      if (!one.ok) return one;
      if (stopping.isAsked) return rejected("cancelled", "Stopped. Nothing was kept.");
      if (one.value.kind === "folder") open.push({ path, entries: one.value.entries });
      else found.push({ path, file: one.value });
      if (found.length > homeLimits.files) return tooMany;
      context.status(`looking … ${found.length} files`);
    }
  }
  return accepted(found);
}

/** Runs `get` for a folder, into the folder `under`; `coming`: a file as its blocks come. */
export async function getFolder(
  context: CommandContext,
  fetch: FetchBlock,
  folder: PublicFolder,
  under: string,
  coming: (file: PublicFile) => ComingFile,
  flags: ParsedOptions["flags"],
): Promise<number> {
  const here = await context.environment.files.list();
  if (!here.ok) return context.refuse(here);
  const all = await filesBelow(context, fetch, folder, under);
  if (!all.ok) return context.refuse(all);
  const taken = all.value.find(({ path }) => here.value.some((one) => one.path === path));
  if (taken !== undefined)
    return context.refuse(
      rejected(
        "invalid-argument",
        `You have a file ${sanitise(taken.path)} already. Nothing was fetched; give another name.`,
      ),
    );
  const large = all.value.find(({ file }) => file.sizeBytes > homeLimits.fileBytes);
  if (large !== undefined || here.value.length + all.value.length > homeLimits.files) return context.refuse(tooMany);
  const sizeBytes = all.value.reduce((sum, { file }) => sum + file.sizeBytes, 0);
  if (!flags.has("json")) context.notice(`${all.value.length} files, ${inBytes(sizeBytes)}:`, "plain");
  const kept: string[] = [];
  for (const { path, file } of all.value) {
    const one = await keepFile(context, coming(file), `/ipfs/${file.cid.toString()}`, path, path);
    if (!one.ok) {
      const outcome = `${kept.length} of ${all.value.length} files are among yours. ${one.message}`;
      return context.refuse({ ...one, message: outcome });
    }
    kept.push(path);
    context.status(`${kept.length} of ${all.value.length} files`);
  }
  context.status(null);
  if (flags.has("json")) context.json({ paths: kept, sizeBytes });
  else
    context.print(`${sanitise(under)}/ is among your files now: ${kept.length} files, ${inBytes(sizeBytes)}.`, "good");
  return 0;
}
