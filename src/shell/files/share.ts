/**
 * What `share` does: seals a file piece by piece, keeps the pieces here, leaves them with others, and writes the link.
 * @module
 */
import { fileLimits } from "#protocol/files/limits.ts";
import { cidOf, fileParameter, writeFileLink } from "#protocol/files/link.ts";
import { type Chunk, chunkLength } from "#protocol/files/manifest.ts";
import { codeFor } from "#protocol/files/sealing.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Placement, RunningCipher, Sealed, SealedBlock } from "#sdk/files.ts";
import type { CommandContext } from "../commands/command.ts";
import { contents } from "../commands/files.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { groups, percentWords, Stopping } from "./transfers.ts";

interface Shared extends Placement {
  readonly digest: Uint8Array;
  readonly key: Uint8Array;
}

const stopped = rejected(
  "cancelled",
  "Stopped: there is no link, so nobody can open what was left with others; they let it go after 30 days.",
);

/** Keeps blocks here and leaves them with others; says how many have all of them. */
async function put({ client }: CommandContext, blocks: readonly SealedBlock[]): Promise<Result<Placement>> {
  let placement: Placement = { keepers: Number.POSITIVE_INFINITY, trouble: "" };
  for (const some of groups(blocks, fileLimits.blocksAtOnce)) {
    const kept = await client.keepBlocks(some.map(({ bytes }) => bytes));
    if (!kept.ok) return kept;
    const placed = await client.placeBlocks(some.map(({ digest }) => digest));
    if (!placed.ok) return placed;
    placement = fewer(placement, placed.value);
  }
  return accepted(placement);
}

const fewer = (a: Placement, b: Placement): Placement => (b.keepers < a.keepers ? b : a);

/** Seals and puts a whole file. */
async function putFile(
  context: CommandContext,
  cipher: RunningCipher,
  name: string,
  bytes: Uint8Array,
): Promise<Result<Shared>> {
  const sizeBytes = bytes.length;
  const code = codeFor(sizeBytes);
  const stopping = new Stopping(context);
  const chunks: Chunk[] = [];
  let placement: Placement = { keepers: Number.POSITIVE_INFINITY, trouble: "" };
  const seal = async (sealing: Promise<Result<Sealed>>): Promise<Result<Sealed>> => {
    const sealed = await sealing;
    const placed = sealed.ok ? await put(context, sealed.value.blocks) : sealed;
    if (!placed.ok) return placed;
    placement = fewer(placement, placed.value);
    return stopping.isAsked ? stopped : sealed;
  };
  for (let place = 0; place * fileLimits.chunkBytes < sizeBytes; place++) {
    const from = place * fileLimits.chunkBytes;
    const clear = bytes.slice(from, from + chunkLength({ sizeBytes }, place));
    const sealed = await seal(cipher.sealChunk(clear, code));
    if (!sealed.ok) return sealed;
    const { key, blocks } = sealed.value;
    chunks.push({ key, shards: blocks.map(({ digest }) => digest) });
    context.status(`sharing … ${percentWords(from + clear.length, sizeBytes)}`);
  }
  const manifest = await seal(cipher.sealManifest({ type: "file", name, sizeBytes, ...code, chunks }));
  if (!manifest.ok) return manifest;
  const { key, blocks } = manifest.value;
  const [{ digest }] = blocks as [SealedBlock];
  return accepted({ digest, key, ...placement });
}

function tellPlacement(context: CommandContext, { keepers, trouble }: Placement): void {
  if (keepers > 0) {
    const words = keepers === 1 ? "A node keeps it" : `${keepers} nodes keep it`;
    context.notice(`${words} for 30 days: the link works while this tab is closed, too.`, "good");
  } else {
    context.notice(
      `The link works only while this tab is open: ${sanitise(trouble)}. Share it again once \`peers\` shows a seed.`,
      "warning",
    );
  }
}

/** The name that goes with the file: the last part of its path. */
const nameOf = (path: string): string => (path === "-" ? "shared" : (path.split("/").at(-1) ?? path));

/** Runs `share`. */
export async function shareFile(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const [path = ""] = positionals;
  const read = await contents(context, path);
  if (!read.ok) return context.refuse(read);
  const { environment } = context;
  const name = nameOf(path);
  context.notice(
    `Shares ${sanitise(name)}, ${inBytes(read.value.length)}: a sealed copy, which whoever has the link can read for 30 days. It cannot be taken back. Those who keep it see its size, not its name nor what is in it.`,
    "plain",
  );
  if (flags.has("dry-run")) return 0;
  if (!flags.has("yes") && !(await context.confirm("Share it?"))) {
    context.notice("Nothing was shared.", "dim");
    return 130;
  }
  const cipher = environment.startFileCipher();
  const shared = await putFile(context, cipher, name, read.value).finally(() => {
    cipher.end();
    context.status(null);
  });
  if (!shared.ok) return context.refuse(shared);
  const link = environment.addressOf(`/#${fileParameter}=${writeFileLink(shared.value)}`);
  const { digest, keepers } = shared.value;
  if (flags.has("json")) {
    const untilMs = environment.nowMs() + fileLimits.lifeMs;
    context.json({ link, cid: cidOf(digest), sizeBytes: read.value.length, keepers, untilMs });
    return 0;
  }
  tellPlacement(context, shared.value);
  context.print(link, "strong");
  return 0;
}
