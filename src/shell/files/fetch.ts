/**
 * What `get` does: fetches the manifest that a link names, then piece by piece what it names, and keeps the file.
 * @module
 */
import { joinBytes } from "#protocol/codec/bytes.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { type FileLink, readFileLink } from "#protocol/files/link.ts";
import { type Chunk, chunkLength, type Manifest } from "#protocol/files/manifest.ts";
import { shardsKnown, tagBytes } from "#protocol/files/sealing.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher } from "#sdk/files.ts";
import { homeLimits, pathProblem } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { quoted } from "../language/tokens.ts";
import { freePath, pathOf, whatNext } from "../opened-files.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { groups, percentWords, Stopping } from "./transfers.ts";

const stopped = rejected("cancelled", "Stopped; nothing was kept.");
const didNotCome = rejected("not-found", "Not all of the file came; try again.");

async function fetchManifest(
  { client }: CommandContext,
  cipher: FileCipher,
  { digest, key }: FileLink,
): Promise<Result<Manifest>> {
  const fetched = await client.fetchBlocks([digest]);
  if (!fetched.ok) return fetched;
  const { blocks, trouble } = fetched.value;
  if (trouble !== null) return trouble;
  const [block] = blocks;
  if (block === undefined || block === null) return didNotCome;
  const manifest = await cipher.openManifest(block, key);
  // The block is what the CID says, so it is the other half of the link that is wrong, or a version of tomorrow.
  if (!manifest.ok && manifest.code === "bad-response")
    return rejected("invalid-argument", "The key in the link does not open the file: copy the link whole.");
  return manifest;
}

/** Fetches the shards of some places into `shards`; why some could not be had, or null. */
async function fetchShards(
  { client }: CommandContext,
  { shards: digests }: Chunk,
  places: readonly number[],
  shards: (Uint8Array | null)[],
): Promise<Result<Rejected | null>> {
  let trouble: Rejected | null = null;
  const asked = groups(places, fileLimits.blocksAtOnce).map(async (some) => {
    const fetched = await client.fetchBlocks(some.flatMap((place) => digests[place] ?? []));
    return { some, fetched };
  });
  for (const { some, fetched } of await Promise.all(asked)) {
    if (!fetched.ok) return fetched;
    for (const [i, place] of some.entries()) shards[place] = fetched.value.blocks[i] ?? null;
    trouble ??= fetched.value.trouble;
  }
  return accepted(trouble);
}

/** The data shards first, which give the chunk as they are; then one parity shard for each of them that could not be had. */
async function fetchChunk(
  context: CommandContext,
  cipher: FileCipher,
  manifest: Manifest,
  place: number,
): Promise<Result<Uint8Array>> {
  const { data, parity, chunks } = manifest;
  const chunk = chunks[place];
  if (chunk === undefined) return rejected("out-of-range", "The file has no such piece.");
  const length = chunkLength(manifest, place);
  const shards = shardsKnown(manifest, length + tagBytes);
  const untried = Array.from({ length: data + parity }, (_, i) => i).filter((i) => shards[i] === null);
  let trouble: Rejected = didNotCome;
  for (;;) {
    const present = shards.filter((shard) => shard !== null).length;
    if (present >= data) return cipher.openChunk(shards, manifest, length, chunk.key);
    if (untried.length === 0) return tooFew(manifest, place, shards, trouble);
    const fetched = await fetchShards(context, chunk, untried.splice(0, data - present), shards);
    if (!fetched.ok) return fetched;
    trouble = fetched.value ?? trouble;
  }
}

/** What is said when a piece of the file is lost, for now or for good. */
function tooFew(
  { data, chunks }: Manifest,
  place: number,
  shards: readonly (Uint8Array | null)[],
  trouble: Rejected,
): Rejected {
  const missing = shards.flatMap((shard, i) => (shard === null ? [i + 1] : []));
  const words = `Piece ${place + 1} of ${chunks.length} needs ${data} of its ${shards.length} shards; missing: ${missing.join(", ")}. Nothing was kept.`;
  return rejected(trouble.code, `${trouble.message} ${words}`, { piece: place + 1, missing: missing.join(", ") });
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
  else {
    context.print(`${sanitise(path)}, ${inBytes(bytes.length)}, is among your files now.`, "good");
    context.print(whatNext(sanitise(quoted(path)), bytes), "dim");
  }
  return 0;
}
