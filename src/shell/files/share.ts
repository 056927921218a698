/**
 * What `share` does: seals a file piece by piece, keeps the pieces here, leaves them with others, and writes the link.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { ErasureCode } from "#protocol/files/erasure-code.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import {
  type Chunk,
  chunkCount,
  chunkLength,
  type FileManifest,
  mostFileBytes,
  type TableLink,
  tableCount,
} from "#protocol/files/manifest.ts";
import { codeFor, copiesFor } from "#protocol/files/sealing.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { RunningCipher, Sealed, SealedBlock } from "#sdk/files.ts";
import type { ByteSource } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { sourceOf } from "../commands/files.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type Audience, audienceOf, audienceWords, giveLink, opensForWords, readersOf, sealFor } from "./audience.ts";
import { newlyHeld, spanOf, spanWords } from "./held.ts";
import { changeHeld } from "./remember.ts";
import { type FileStanding, leavingWords, noPieces, withPiece } from "./standing.ts";
import { inOrder, percentWords, Stopping } from "./transfers.ts";

/** Where the pieces of a file are. */
export interface Shared extends ErasureCode {
  readonly digest: Uint8Array;
  readonly key: Uint8Array;
  readonly standing: FileStanding;
  /** All that was left. */
  readonly stripes: readonly Stripe[];
}

/** A file that is to be left among peers. */
export interface Leaving {
  readonly name: string;
  readonly source: ByteSource;
  /** By it keepers are told to let go. */
  readonly secret: Uint8Array;
  readonly forMs: number;
  /** Null: for whoever has what opens it. */
  readonly audience: Audience | null;
}

const stopped = rejected(
  "cancelled",
  "Stopped. Nobody can open what was left with others, and they were told to let it go.",
);

function noRoom(neededBytes: number, freeBytes: number): Rejected {
  const words = `The file takes ${inBytes(neededBytes)} of those who keep files; they have ${inBytes(freeBytes)} free, as they say. Nothing was left with them.`;
  return rejected("storage-full", words);
}

/** Leaves the pieces of one file with others, and what names them. */
class Putting {
  standing = noPieces;
  /** All that was left, or begun to be. */
  readonly stripes: Stripe[] = [];
  private readonly context: CommandContext;
  private readonly cipher: RunningCipher;
  private readonly stopping: Stopping;
  private readonly leaving: Leaving;
  private copies: ErasureCode = copiesFor(0);

  constructor(context: CommandContext, cipher: RunningCipher, leaving: Leaving) {
    this.context = context;
    this.cipher = cipher;
    this.leaving = leaving;
    this.stopping = new Stopping(context);
  }

  /** Seals and leaves all of it piece by piece; a few of them are in memory at a time. */
  async put(): Promise<Result<Shared>> {
    const { name, source } = this.leaving;
    const { sizeBytes } = source;
    this.context.status("asking who keeps files …");
    const known = await this.context.client.fileKeepers();
    if (!known.ok) return known;
    const { keepers, freeBytes } = known.value;
    this.copies = copiesFor(keepers);
    const code = codeFor(sizeBytes, keepers);
    const isLarge = tableCount({ sizeBytes }) > 0;
    const neededBytes = Math.ceil((sizeBytes * (code.data + code.parity)) / code.data);
    // What is small waits in this browser where keepers have no room; so much would be found out after gigabytes only.
    if (isLarge && neededBytes > freeBytes) return noRoom(neededBytes, freeBytes);
    const tables: TableLink[] = [];
    const chunks = await this.putChunks(code, isLarge ? tables : null);
    if (!chunks.ok) return chunks;
    const facts = { name, sizeBytes, ...code };
    const manifest: FileManifest = isLarge
      ? { type: "large", ...facts, tables }
      : { type: "file", ...facts, chunks: chunks.value };
    const placed = await this.putWhole(sealFor(this.context, this.cipher, manifest, this.leaving.audience));
    return placed.ok ? accepted({ ...placed.value, ...code, standing: this.standing, stripes: this.stripes }) : placed;
  }

  /** Leaves all pieces; with `tables` what names them is left in tables as it comes, and only what is left over returned. */
  private async putChunks(code: ErasureCode, tables: TableLink[] | null): Promise<Result<readonly Chunk[]>> {
    const { source } = this.leaving;
    const { sizeBytes } = source;
    const count = chunkCount({ sizeBytes });
    let chunks: Chunk[] = [];
    const all = await inOrder(
      count,
      async (place) => {
        const clear = await source.read(place * fileLimits.chunkBytes, chunkLength({ sizeBytes }, place));
        return clear.ok ? this.putChunk(clear.value, code) : clear;
      },
      async (chunk, place) => {
        chunks.push(chunk);
        this.context.status(`sealing and leaving … ${percentWords((place + 1) * fileLimits.chunkBytes, sizeBytes)}`);
        if (tables === null || (chunks.length < fileLimits.chunks && place < count - 1)) return accepted(null);
        const table = await this.putWhole(this.cipher.sealTable(chunks));
        if (!table.ok) return table;
        tables.push(table.value);
        chunks = [];
        return accepted(null);
      },
    );
    return all.ok ? accepted(chunks) : all;
  }

  /** Leaves the shards of one piece; of the piece there is nothing in memory afterwards. */
  private async putChunk(clear: Uint8Array, code: ErasureCode): Promise<Result<Chunk>> {
    const sealed = await this.cipher.sealChunk(clear, code);
    if (!sealed.ok) return sealed;
    const { key, blocks } = sealed.value;
    const placed = await this.place(code.data, blocks);
    return placed.ok ? accepted({ key, shards: blocks.map(({ digest }) => digest) }) : placed;
  }

  /** Leaves copies of what is sealed in one block. */
  private async putWhole(sealing: Promise<Result<Sealed>>): Promise<Result<TableLink>> {
    const sealed = await sealing;
    if (!sealed.ok) return sealed;
    const { key, blocks } = sealed.value;
    const [block] = blocks as [SealedBlock];
    const { data, parity } = this.copies;
    const wholes = Array.from({ length: data + parity }, () => block);
    const placed = await this.place(data, wholes);
    return placed.ok ? accepted({ digest: block.digest, key }) : placed;
  }

  private async place(data: number, blocks: readonly SealedBlock[]): Promise<Result<null>> {
    const { secret, forMs } = this.leaving;
    this.stripes.push({ data, shards: blocks.map(({ digest }) => digest) });
    const shards = blocks.map(({ bytes }) => bytes);
    const placed = await this.context.client.placeStripe(data, shards, { secret, forMs });
    if (!placed.ok) return placed;
    this.standing = withPiece(this.standing, placed.value);
    return this.stopping.isAsked ? stopped : accepted(null);
  }
}

/** Seals and leaves a whole file; if that does not come to its end, what was left is let go. */
export async function putFile(context: CommandContext, leaving: Leaving): Promise<Result<Shared>> {
  const cipher = context.environment.startFileCipher();
  const putting = new Putting(context, cipher, leaving);
  const put = await putting.put().finally(() => {
    cipher.end();
    context.status(null);
  });
  if (!put.ok && putting.stripes.length > 0) await context.client.releaseStripes(putting.stripes, leaving.secret);
  return put;
}

/** What is to be left among peers: a file of this browser, or what a pipe brings. */
export async function sourceToLeave(context: CommandContext, path: string): Promise<Result<ByteSource>> {
  const source = await sourceOf(context, path);
  return source.ok && source.value.sizeBytes > mostFileBytes
    ? rejected("too-large", `A file among peers has at most ${inBytes(mostFileBytes)}.`)
    : source;
}

function tellPlacement(context: CommandContext, standing: FileStanding, untilMs: number): void {
  const { keepers, mayLeave, trouble } = standing;
  if (mayLeave < 0) {
    context.notice(
      `The link works only while this tab is open: ${sanitise(trouble)}. Share it again once \`peers\` shows a seed.`,
      "warning",
    );
    return;
  }
  const who = keepers.size === 1 ? "A node keeps it" : `${keepers.size} nodes keep it`;
  const forHow = spanWords(untilMs - context.environment.nowMs());
  context.notice(
    `${who} for ${forHow}: the link works while this tab is closed, too; ${leavingWords(standing)}`,
    mayLeave > 0 ? "good" : "plain",
  );
}

/** The name that goes with the file: the last part of its path. */
const nameOf = (path: string): string => (path === "-" ? "shared" : (path.split("/").at(-1) ?? path));

/** What is said before a file of this browser is shared. */
function effectWords(
  name: string,
  sizeBytes: number,
  { span, isRemembered, audience }: { span: string; isRemembered: boolean; audience: Audience | null },
): string {
  const end = isRemembered
    ? "`unshare` ends the link before, for who has not opened it by then."
    : "It cannot be taken back: nothing is remembered of it while your keys are locked, or if you have none.";
  const what = `Shares ${sanitise(name)}, ${inBytes(sizeBytes)}`;
  return audience === null
    ? `${what}: a sealed copy, which whoever has the link can read for ${span}. ${end} Those who keep it see its size, not its name nor what is in it.`
    : `${what}: a sealed copy for ${audienceWords(audience)}. ${opensForWords(audience, span)} ${end} Those who keep it see its size, not its name nor what is in it; nothing in it says whom it is for.`;
}

/** The name that a shared file has for others; refused if it is too long. */
function sharedName(path: string): Result<string> {
  const name = nameOf(path);
  return utf8ToBytes(name).length <= fileLimits.nameBytes
    ? accepted(name)
    : rejected(
        "invalid-argument",
        `A shared file's name has at most ${fileLimits.nameBytes} bytes; \`cat\` it into one with a shorter name.`,
      );
}

/** Runs `share` for a file of this browser. */
export async function shareFile(context: CommandContext, options: ParsedOptions): Promise<number> {
  const { positionals, flags, values } = options;
  const [path = ""] = positionals;
  const { environment, client } = context;
  const span = spanOf(values.get("for"));
  if (!span.ok) return context.refuse(span);
  const read = await sourceToLeave(context, path);
  if (!read.ok) return context.refuse(read);
  const name = sharedName(path);
  if (!name.ok) return context.refuse(name);
  const audience = await audienceOf(context, options);
  if (typeof audience === "number") return audience;
  const vault = await client.vaultStatus();
  const isRemembered = audience !== null || (vault.ok && vault.value.unlocked);
  const { sizeBytes } = read.value;
  const terms = { span: spanWords(span.value), isRemembered, audience };
  context.notice(effectWords(name.value, sizeBytes, terms), "plain");
  if (flags.has("dry-run")) return 0;
  if (!flags.has("yes") && !(await context.confirm("Share it?"))) {
    context.notice("Nothing was shared.", "dim");
    return 130;
  }
  const secret = environment.randomBytes(32);
  const untilMs = environment.nowMs() + span.value;
  const shared = await putFile(context, {
    name: name.value,
    source: read.value,
    secret,
    forMs: span.value,
    audience,
  });
  if (!shared.ok) return context.refuse(shared);
  const { digest, key, standing, data, parity } = shared.value;
  const facts = { name: name.value, digest, key, sizeBytes, untilMs };
  if (isRemembered) {
    const held = newlyHeld(context, "shared", { ...facts, data, parity, secret, readers: readersOf(audience) });
    const trouble = await changeHeld(context, { remove: [], add: [held] });
    if (trouble !== null)
      context.notice(`The link is not remembered, so it cannot be ended before: ${trouble.refused.message}`, "warning");
  }
  return giveLink(context, options, audience, { ...facts, standing }, () => tellPlacement(context, standing, untilMs));
}
