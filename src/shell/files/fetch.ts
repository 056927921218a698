/**
 * What `get` does: fetches the manifest that a link names, then piece by piece what it names, and keeps the file.
 * @module
 */
import { cidOf, type FileLink } from "#protocol/files/link.ts";
import { chunkCount, chunkLength, type FileManifest } from "#protocol/files/manifest.ts";
import { shardsKnown, tagBytes } from "#protocol/files/sealing.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher } from "#sdk/files.ts";
import { homeLimits, pathProblem } from "#sdk/home-files.ts";
import { fetchWhole } from "#sdk/whole-blocks.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { quoted } from "../language/tokens.ts";
import { freePath, pathOf, tellingBytes, whatNext } from "../opened-files.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type OpenedManifest, openAddressed, tellSharer } from "./addressed.ts";
import { ChunkTables } from "./chunk-tables.ts";
import { linkNamed } from "./held.ts";
import { type FileStanding, leavingWords, noPieces, withPiece } from "./standing.ts";
import { inOrder, percentWords, Stopping } from "./transfers.ts";

/** The manifest that a link names. */
export async function fetchManifest(
  context: CommandContext,
  cipher: FileCipher,
  { digest, key }: FileLink,
): Promise<Result<OpenedManifest>> {
  const block = await fetchWhole(context.client, digest);
  if (!block.ok) return block;
  const linked = await cipher.openLinked(block.value, key);
  // The block is what the CID says, so it is the other half of the link that is wrong, or a version of tomorrow.
  if (!linked.ok && linked.code === "bad-response")
    return rejected("invalid-argument", "The key in the link does not open the file: copy the link whole.");
  if (!linked.ok) return linked;
  const { value } = linked;
  return value.type === "addressed"
    ? openAddressed(context, cipher, value)
    : accepted({ manifest: value, sharer: null });
}

/** A file whose manifest came: its pieces are fetched by their places. */
class FetchedFile implements ComingFile {
  readonly manifest: FileManifest;
  /** Address of who shared it, if it was shared with certain people. */
  readonly sharedBy: string | null;
  readonly chunks: ChunkTables;
  private readonly context: CommandContext;
  private readonly cipher: FileCipher;

  constructor(context: CommandContext, cipher: FileCipher, { manifest, sharer }: OpenedManifest) {
    this.context = context;
    this.cipher = cipher;
    this.manifest = manifest;
    this.sharedBy = sharer?.did ?? null;
    this.chunks = new ChunkTables(manifest, cipher, (digest) => fetchWhole(context.client, digest));
  }

  /** The first shards that are enough, whichever they are. */
  async piece(place: number): Promise<Result<Uint8Array>> {
    const { manifest } = this;
    const chunk = await this.chunks.at(place);
    if (!chunk.ok) return chunk;
    const length = chunkLength(manifest, place);
    const known = shardsKnown(manifest, length + tagBytes);
    const knownPlaces = known.flatMap((shard, i) => (shard === null ? [] : [i]));
    const stripe = { data: manifest.data, shards: chunk.value.shards };
    const fetched = await this.context.client.fetchStripe(stripe, knownPlaces);
    if (!fetched.ok) return fetched;
    const { shards, trouble } = fetched.value;
    const all = known.map((shard, i) => shard ?? shards[i] ?? null);
    return trouble === null
      ? this.cipher.openChunk(all, manifest, length, chunk.value.key)
      : tooFew(manifest, place, all, trouble);
  }

  get sizeBytes(): number {
    return this.manifest.sizeBytes;
  }

  /** Hands over all pieces from a place on, in their order; a few are under way at a time. */
  pour(fromBytes: number, take: (piece: Uint8Array) => Promise<Result<unknown>>): Promise<Result<null>> {
    const count = chunkCount(this.manifest);
    const from = fromBytes < this.sizeBytes ? fromBytes / homeLimits.pieceBytes : count;
    const stopping = new Stopping(this.context);
    return inOrder(
      count - from,
      (place) => this.piece(from + place),
      async (piece, place) => {
        const taken = await take(piece);
        if (!taken.ok) return taken;
        this.context.status(`fetching … ${percentWords(from + place + 1, count)}`);
        return stopping.isAsked ? rejected("cancelled", "Stopped.") : accepted(null);
      },
    );
  }
}

/** What is said when a piece of the file is lost, for now or for good. */
function tooFew(
  manifest: FileManifest,
  place: number,
  shards: readonly (Uint8Array | null)[],
  trouble: Rejected,
): Rejected {
  const missing = shards.flatMap((shard, i) => (shard === null ? [i + 1] : []));
  const words = `Piece ${place + 1} of ${chunkCount(manifest)} needs ${manifest.data} of its ${shards.length} shards; missing: ${missing.join(", ")}.`;
  return rejected(trouble.code, `${trouble.message} ${words}`, { piece: place + 1, missing: missing.join(", ") });
}

/** The refusal, and what became of what had come. */
function brokenOff(refused: Rejected, keptBytes: number, sizeBytes: number): Rejected {
  const days = homeLimits.draftMs / 86_400_000;
  const outcome =
    keptBytes === 0
      ? "Nothing was kept."
      : `${inBytes(keptBytes)} of ${inBytes(sizeBytes)} came and wait here for ${days} days: the same \`get\` goes on from there.`;
  return { ...refused, message: `${refused.message} ${outcome}` };
}

/** Refuses a name that no file can have, or that one has already. */
export async function checkTarget({ environment }: CommandContext, asked: string | undefined): Promise<Result<null>> {
  if (asked === undefined) return accepted(null);
  const problem = pathProblem(asked);
  if (problem !== null) return rejected("invalid-argument", problem);
  const files = await environment.files.list();
  if (!files.ok) return files;
  return files.value.some(({ path }) => path === asked)
    ? rejected("invalid-argument", `You have a file ${asked} already. Nothing was fetched; give another name.`)
    : accepted(null);
}

/** With a thread that opens what came, for as long as `action` takes. */
export async function withCipher<T>(
  context: CommandContext,
  action: (cipher: FileCipher) => Promise<Result<T>>,
): Promise<Result<T>> {
  const cipher = context.environment.startFileCipher();
  try {
    context.status("asking for the file …");
    return await action(cipher);
  } finally {
    cipher.end();
    context.status(null);
  }
}

/** A file that comes in parts, from any whole piece on. */
export interface ComingFile {
  readonly sizeBytes: number;
  /** Hands over its bytes from a place on, in their order. */
  pour(from: number, take: (part: Uint8Array) => Promise<Result<unknown>>): Promise<Result<null>>;
}

/** Writes a file piece by piece where nobody sees it, goes on where it was broken off, and then makes it a file. */
export async function keepFile(
  context: CommandContext,
  file: ComingFile,
  cid: string,
  asked: string | undefined,
  wanted: string,
): Promise<Result<string>> {
  const { files } = context.environment;
  const { sizeBytes } = file;
  if (sizeBytes > homeLimits.fileBytes) {
    const most = inBytes(homeLimits.fileBytes);
    return rejected("too-large", `The file has ${inBytes(sizeBytes)}; this browser keeps files of at most ${most}.`);
  }
  const begun = await files.draft(`get ${cid}`);
  if (!begun.ok) return begun;
  const draft = begun.value;
  try {
    // What is under a CID is of its file, as far as it goes.
    const came = Math.min(draft.sizeBytes, sizeBytes);
    if (came > 0) context.notice(`Goes on after the ${inBytes(came)} that came before.`, "dim");
    const all = await file.pour(came, (part) => draft.append(part));
    const keptBytes = draft.sizeBytes - (draft.sizeBytes % homeLimits.pieceBytes);
    if (!all.ok) return brokenOff(all, keptBytes, sizeBytes);
    const path = asked ?? (await freePath(files, wanted));
    const finished =
      path === null
        ? rejected("invalid-argument", `You have too many files called ${wanted}; give another name.`)
        : await draft.finish(path, "nothing");
    return finished.ok ? accepted(path as string) : brokenOff(finished, keptBytes, sizeBytes);
  } finally {
    // Ends it if it did not become a file.
    await draft.leave();
  }
}

/** Gives out a file; a pipe has room for no more than what is read whole. */
export async function giveOut(context: CommandContext, file: ComingFile): Promise<Result<null>> {
  const { sizeBytes } = file;
  if (sizeBytes > homeLimits.wholeBytes) {
    const most = inBytes(homeLimits.wholeBytes);
    return rejected(
      "too-large",
      `The file has ${inBytes(sizeBytes)}, a pipe holds ${most}; \`get LINK FILE\` keeps it.`,
    );
  }
  const pieces: Uint8Array[] = [];
  const all = await file.pour(0, (piece) => {
    pieces.push(piece);
    return Promise.resolve(accepted(undefined));
  });
  if (!all.ok) return brokenOff(all, 0, sizeBytes);
  // What follows in a pipe is given all of it or nothing.
  for (const piece of pieces) context.write(piece);
  return accepted(null);
}

/** Fetches the manifest and does something with the file while a thread is there to open what comes. */
function withFile<T>(
  context: CommandContext,
  link: FileLink,
  action: (file: FetchedFile) => Promise<Result<T>>,
): Promise<Result<T>> {
  return withCipher(context, async (cipher) => {
    const opened = await fetchManifest(context, cipher, link);
    if (!opened.ok) return opened;
    // Before anything more is fetched: who does not know them can still stop it.
    if (opened.value.sharer !== null) tellSharer(context, opened.value.sharer);
    return action(new FetchedFile(context, cipher, opened.value));
  });
}

/** Brings a file that is kept here under a path that nothing has. */
export function bringFile(context: CommandContext, link: FileLink, path: string): Promise<Result<string>> {
  return withFile(context, link, (file) => keepFile(context, file, cidOf(link.digest), path, path));
}

/** What of a file is left whole, its manifest first: of each as many copies as shards of a piece may be lost, and one. */
function wholesOf({ digest }: Pick<FileLink, "digest">, manifest: FileManifest): readonly Stripe[] {
  const tables = manifest.type === "large" ? manifest.tables : [];
  const copies = (whole: Uint8Array): Stripe => ({
    data: 1,
    shards: Array.from({ length: manifest.parity + 1 }, () => whole),
  });
  return [digest, ...tables.map((table) => table.digest)].map(copies);
}

/** All that was left of a file. */
export async function stripesOf(
  context: CommandContext,
  cipher: FileCipher,
  link: FileLink,
): Promise<Result<readonly Stripe[]>> {
  const opened = await fetchManifest(context, cipher, link);
  if (!opened.ok) return opened;
  const { chunks, manifest } = new FetchedFile(context, cipher, opened.value);
  const all = await chunks.some(0, chunkCount(manifest));
  if (!all.ok) return all;
  const { data } = manifest;
  return accepted([...wholesOf(link, manifest), ...all.value.map(({ shards }) => ({ data, shards }))]);
}

/** Pieces that are asked about at once. */
const piecesAtOnce = 32;

interface LocatedFile {
  readonly manifest: FileManifest;
  readonly standing: FileStanding;
  /** How many keepers each piece can lose. */
  readonly pieces: readonly number[];
}

/** Who has a file now. */
function locateFile(context: CommandContext, link: FileLink): Promise<Result<LocatedFile>> {
  return withFile(context, link, async ({ manifest, chunks }) => {
    const { data } = manifest;
    let standing = noPieces;
    const pieces: number[] = [];
    const locate = async (stripes: readonly Stripe[]): Promise<Rejected | null> => {
      const located = await context.client.locateStripes(stripes);
      if (!located.ok) return located;
      for (const placement of located.value) {
        standing = withPiece(standing, placement);
        pieces.push(placement.mayLeave);
      }
      return null;
    };
    const refused = await locate(wholesOf(link, manifest));
    if (refused !== null) return refused;
    // What names the pieces is none.
    pieces.length = 0;
    const count = chunkCount(manifest);
    for (let from = 0; from < count; from += piecesAtOnce) {
      const some = await chunks.some(from, piecesAtOnce);
      if (!some.ok) return some;
      const trouble = await locate(some.value.map(({ shards }) => ({ data, shards })));
      if (trouble !== null) return trouble;
      if (count > piecesAtOnce) context.status(`asking … ${percentWords(from + some.value.length, count)}`);
    }
    return accepted({ manifest, standing, pieces });
  });
}

/** What `get --where` says. */
async function tellWhere(context: CommandContext, link: FileLink, flags: ReadonlySet<string>): Promise<number> {
  const located = await locateFile(context, link);
  if (!located.ok) return context.refuse(located);
  const { manifest, standing, pieces } = located.value;
  const { name, sizeBytes, data, parity } = manifest;
  const { keepers, mayLeave, missing } = standing;
  if (flags.has("json")) {
    context.json({
      name,
      sizeBytes,
      data,
      parity,
      pieces: chunkCount(manifest),
      keepers: [...keepers],
      mayLeave,
      missing,
      pieceMayLeave: pieces,
    });
    return 0;
  }
  context.print(
    `${sanitise(name)}, ${inBytes(sizeBytes)}: each piece has ${data + parity} shards, of which any ${data} are enough.`,
  );
  if (mayLeave < 0) context.print("Not all of it is with keepers now; perhaps who shared it still has it.", "warning");
  else {
    const lost = missing === 0 ? "" : ` ${missing} shards are with nobody now: keepers make them anew within minutes.`;
    context.print(
      `${keepers.size} keeper${keepers.size === 1 ? " has" : "s have"} all that is needed; ${leavingWords(standing)}${lost}`,
      mayLeave > 0 ? "good" : "plain",
    );
  }
  for (const id of [...keepers].toSorted()) context.print(`  ${id}`, "dim");
  return 0;
}

/** Runs `get`. */
export async function getFile(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const [typed = "", asked] = positionals;
  const link = await linkNamed(context, typed);
  if (link === null) return 1;
  if (!link.ok) return context.refuse(link);
  if (flags.has("where")) return tellWhere(context, link.value, flags);
  if (asked === "-") {
    const given = await withFile(context, link.value, (file) => giveOut(context, file));
    return given.ok ? 0 : context.refuse(given);
  }
  const target = await checkTarget(context, asked);
  const cid = cidOf(link.value.digest);
  // What its owner keeps comes back under the name it is kept under, folders and all.
  const own = link.value.name;
  const wantedFor = ({ manifest }: FetchedFile): string =>
    own !== undefined && pathProblem(own) === null ? own : pathOf(manifest.name);
  const kept = target.ok
    ? await withFile(context, link.value, async (file) => {
        const path = await keepFile(context, file, cid, asked, wantedFor(file));
        return path.ok ? accepted({ path: path.value, sharedBy: file.sharedBy }) : path;
      })
    : target;
  if (!kept.ok) return context.refuse(kept);
  const { path, sharedBy } = kept.value;
  return tellKept(context, path, flags, sharedBy);
}

/** Says what is among the person's files now; `sharedBy`: the address of who shared it, if that is known. */
export async function tellKept(
  context: CommandContext,
  path: string,
  flags: ParsedOptions["flags"],
  sharedBy: string | null = null,
): Promise<number> {
  const source = await context.environment.files.open(path);
  const start = source.ok ? await source.value.read(0, tellingBytes) : source;
  if (!source.ok || !start.ok) return context.refuse(source.ok ? (start as Rejected) : source);
  const { sizeBytes } = source.value;
  if (flags.has("json")) context.json({ path, sizeBytes, ...(sharedBy === null ? {} : { sharedBy }) });
  else {
    context.print(`${sanitise(path)}, ${inBytes(sizeBytes)}, is among your files now.`, "good");
    context.print(whatNext(sanitise(quoted(path)), start.value), "dim");
  }
  return 0;
}
