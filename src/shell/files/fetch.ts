/**
 * What `get` does: fetches the manifest that a link names, then piece by piece what it names, and keeps the file.
 * @module
 */
import { joinBytes } from "#protocol/codec/bytes.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { type FileLink, readFileLink } from "#protocol/files/link.ts";
import { chunkLength, type Manifest } from "#protocol/files/manifest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher } from "#sdk/files.ts";
import { homeLimits, pathProblem } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { freePath, pathOf } from "../opened-files.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { groups, percentWords, Stopping } from "./transfers.ts";

const stopped = rejected("cancelled", "Stopped; nothing was kept.");

async function fetchManifest(
  { client }: CommandContext,
  cipher: FileCipher,
  { digest, key }: FileLink,
): Promise<Result<Manifest>> {
  const fetched = await client.fetchBlocks([digest]);
  if (!fetched.ok) return fetched;
  const [block = new Uint8Array()] = fetched.value;
  const manifest = await cipher.openManifest(block, key);
  // The block is what the CID says, so it is the other half of the link that is wrong, or a version of tomorrow.
  if (!manifest.ok && manifest.code === "bad-response")
    return rejected("invalid-argument", "The key in the link does not open the file: copy the link whole.");
  return manifest;
}

async function fetchChunk(
  { client }: CommandContext,
  cipher: FileCipher,
  manifest: Manifest,
  place: number,
): Promise<Result<Uint8Array>> {
  const { data, chunks } = manifest;
  const chunk = chunks[place];
  if (chunk === undefined) return rejected("out-of-range", "The file has no such piece.");
  const shards: Uint8Array[] = [];
  const wanted = groups(chunk.shards.slice(0, data), fileLimits.blocksAtOnce);
  for (const fetched of await Promise.all(wanted.map((some) => client.fetchBlocks(some)))) {
    if (!fetched.ok) return fetched;
    shards.push(...fetched.value);
  }
  return cipher.openChunk(shards, chunkLength(manifest, place), chunk.key);
}

async function fetchBytes(
  context: CommandContext,
  cipher: FileCipher,
  manifest: Manifest,
): Promise<Result<Uint8Array>> {
  const { sizeBytes, chunks } = manifest;
  if (sizeBytes > homeLimits.fileBytes) {
    const words = `The file has ${inBytes(sizeBytes)}; this browser keeps files of at most ${inBytes(homeLimits.fileBytes)}. Nothing was fetched.`;
    return rejected("too-large", words);
  }
  const stopping = new Stopping(context);
  const pieces: Uint8Array[] = [];
  for (const place of chunks.keys()) {
    const piece = await fetchChunk(context, cipher, manifest, place);
    if (!piece.ok) return piece;
    if (stopping.isAsked) return stopped;
    pieces.push(piece.value);
    context.status(`fetching … ${percentWords(place + 1, chunks.length)}`);
  }
  return accepted(joinBytes(pieces));
}

/** Refuses a name that no file can have, or that one has already. */
async function checkTarget({ environment }: CommandContext, asked: string | undefined): Promise<Result<null>> {
  if (asked === undefined || asked === "-") return accepted(null);
  const problem = pathProblem(asked);
  if (problem !== null) return rejected("invalid-argument", problem);
  const files = await environment.files.list();
  if (!files.ok) return files;
  return files.value.some(({ path }) => path === asked)
    ? rejected("invalid-argument", `You have a file ${asked} already. Nothing was fetched; give another name.`)
    : accepted(null);
}

async function fetchFile(
  context: CommandContext,
  link: FileLink,
): Promise<Result<{ readonly name: string; readonly bytes: Uint8Array }>> {
  const cipher = context.environment.startFileCipher();
  try {
    context.status("asking for the file …");
    const manifest = await fetchManifest(context, cipher, link);
    if (!manifest.ok) return manifest;
    const bytes = await fetchBytes(context, cipher, manifest.value);
    return bytes.ok ? accepted({ name: manifest.value.name, bytes: bytes.value }) : bytes;
  } finally {
    cipher.end();
    context.status(null);
  }
}

/** Runs `get`. */
export async function getFile(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const [typed = "", asked] = positionals;
  const { files } = context.environment;
  const link = readFileLink(typed);
  if (!link.ok) return context.refuse(link);
  const target = await checkTarget(context, asked);
  const fetched = target.ok ? await fetchFile(context, link.value) : target;
  if (!fetched.ok) return context.refuse(fetched);
  const { name, bytes } = fetched.value;
  if (asked === "-") {
    context.write(bytes);
    return 0;
  }
  const path = asked ?? (await freePath(files, pathOf(name)));
  if (path === null)
    return context.refuse(
      rejected("invalid-argument", `You have too many files called ${pathOf(name)}; give another name.`),
    );
  const written = await files.write(path, bytes);
  if (!written.ok) return context.refuse(written);
  if (flags.has("json")) context.json({ path, sizeBytes: bytes.length });
  else context.print(`${sanitise(path)}, ${inBytes(bytes.length)}, is among your files now.`, "good");
  return 0;
}
