/**
 * What `publish` does: cuts files as IPFS does, leaves their blocks, which are not sealed, with keepers, and writes the
 * address under which everybody can read them.
 * @module
 */
import type { CID } from "multiformats/cid";
import { codecs } from "#interchange/content-id.ts";
import { folderOf, outlinedTree, type TreeNode } from "#interchange/unixfs-writer.ts";
import { equalBytes, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { copiesFor } from "#protocol/files/sealing.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { type ByteSource, homeLimits } from "#sdk/home-files.ts";
import { hashBytes } from "../archives/hash-bytes.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { addressOfHeld, cidOfHeld, isOfKind, newlyHeld, spanOf, spanWords } from "./held.ts";
import { changeHeld } from "./remember.ts";
import { type FileStanding, leavingWords, noPieces, withPiece } from "./standing.ts";
import { percentWords, Stopping } from "./transfers.ts";

/** A file of this browser with the tree that it makes. */
interface OutlinedFile {
  readonly path: string;
  readonly source: ByteSource;
  readonly tree: TreeNode;
}

/** All that is to be published. */
interface Outline {
  /** The file's, or with a slash at its end the folder's. */
  readonly name: string;
  readonly root: TreeNode;
  readonly files: readonly OutlinedFile[];
  readonly sizeBytes: number;
}

/** A block that is to be left, and how to get its bytes. */
interface PlainBlock {
  readonly cid: CID;
  readonly sizeBytes: number;
  read(): Promise<Result<Uint8Array>>;
}

const stopped = rejected("cancelled", "Stopped. Keepers were told to let go of what was left with them.");

const changedMeanwhile = rejected("invalid-argument", "A file was changed while it was read. Publish it again.");

/** The folders that all paths begin with. */
function commonFolder(paths: readonly string[]): string {
  const [first = ""] = paths;
  let end = first.lastIndexOf("/");
  while (end > 0 && !paths.every((path) => path.startsWith(first.slice(0, end + 1))))
    end = first.lastIndexOf("/", end - 1);
  return end > 0 ? first.slice(0, end + 1) : "";
}

async function outlineFile(context: CommandContext, path: string): Promise<Result<OutlinedFile>> {
  const opened = await context.environment.files.open(path);
  if (!opened.ok) return opened;
  const source = opened.value;
  const stopping = new Stopping(context);
  const read = async (from: number, length: number): Promise<Result<Uint8Array>> => {
    context.status(`reading ${sanitise(path)} … ${percentWords(from, source.sizeBytes)}`);
    return stopping.isAsked ? rejected("cancelled", "Stopped; nothing was published.") : source.read(from, length);
  };
  const tree = await outlinedTree(source.sizeBytes, read, hashBytes);
  return tree.ok ? accepted({ path, source, tree: tree.value }) : tree;
}

/** What files make together: one by itself, several in a folder, from what all their paths begin with. */
async function outline(context: CommandContext, typed: readonly string[]): Promise<Result<Outline>> {
  const paths = [...new Set(typed)];
  const files: OutlinedFile[] = [];
  for (const path of paths) {
    const file = await outlineFile(context, path);
    if (!file.ok) return file;
    files.push(file.value);
  }
  const sizeBytes = files.reduce((sum, { source }) => sum + source.sizeBytes, 0);
  if (sizeBytes > homeLimits.fileBytes)
    return rejected("too-large", `At most ${inBytes(homeLimits.fileBytes)} are published at once.`);
  const [only] = files;
  if (files.length === 1 && only !== undefined)
    return accepted({ name: only.path.split("/").at(-1) ?? only.path, root: only.tree, files, sizeBytes });
  const folder = commonFolder(paths);
  const root = await folderOf(
    files.map(({ path, tree }) => ({ path: path.slice(folder.length), tree })),
    hashBytes,
  );
  const name = folder === "" ? "files/" : `${folder.split("/").at(-2)}/`;
  return root.ok ? accepted({ name, root: root.value, files, sizeBytes }) : root;
}

/** Every block once; of those that hold nothing everybody knows what is in them. */
function blocksToLeave({ root, files }: Outline): readonly PlainBlock[] {
  const blocks = new Map<string, PlainBlock>();
  const add = (cid: CID, sizeBytes: number, read: PlainBlock["read"]): void => {
    const key = toHex(cid.multihash.digest);
    if (sizeBytes > 0 && !blocks.has(key)) blocks.set(key, { cid, sizeBytes, read });
  };
  for (const { source, tree } of files) {
    let at = 0;
    const visit = ({ block: { cid }, sizeBytes, children }: TreeNode): void => {
      for (const child of children) visit(child);
      if (cid.code !== codecs.raw) return;
      const from = at;
      add(cid, sizeBytes, () => source.read(from, sizeBytes));
      at += sizeBytes;
    };
    visit(tree);
  }
  const visitNodes = ({ block: { cid, bytes }, children }: TreeNode): void => {
    for (const child of children) visitNodes(child);
    if (cid.code !== codecs.raw) add(cid, bytes.length, () => Promise.resolve(accepted(bytes)));
  };
  visitNodes(root);
  return [...blocks.values()];
}

/** Leaves blocks with keepers, several copies of each. */
class Publishing {
  standing: FileStanding = noPieces;
  readonly stripes: Stripe[] = [];
  private readonly context: CommandContext;
  private readonly terms: { readonly secret: Uint8Array; readonly forMs: number };

  constructor(context: CommandContext, terms: { readonly secret: Uint8Array; readonly forMs: number }) {
    this.context = context;
    this.terms = terms;
  }

  async leave(blocks: readonly PlainBlock[]): Promise<Result<null>> {
    const { client } = this.context;
    const stopping = new Stopping(this.context);
    this.context.status("asking who keeps files …");
    const known = await client.fileKeepers();
    if (!known.ok) return known;
    const { keepers, freeBytes } = known.value;
    const copies = copiesFor(keepers).parity + 1;
    const neededBytes =
      blocks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) * Math.min(copies, Math.max(1, keepers));
    if (keepers > 0 && neededBytes > freeBytes)
      return rejected(
        "storage-full",
        `It takes ${inBytes(neededBytes)} of those who keep files; they have ${inBytes(freeBytes)} free, as they say. Nothing was published.`,
      );
    // One after the other: copies of a block are on the wire together, and a keeper waits ten seconds for a mebibyte.
    for (const [place, block] of blocks.entries()) {
      this.context.status(`leaving with keepers … ${percentWords(place, blocks.length)}`);
      const left = await this.leaveBlock(block, copies);
      if (!left.ok) return left;
      if (stopping.isAsked) return stopped;
    }
    return accepted(null);
  }

  private async leaveBlock({ cid, read }: PlainBlock, copies: number): Promise<Result<null>> {
    const bytes = await read();
    if (!bytes.ok) return bytes;
    const { digest } = cid.multihash;
    if (!equalBytes(await hashBytes(bytes.value), digest)) return changedMeanwhile;
    this.stripes.push({ data: 1, shards: Array.from({ length: copies }, () => digest) });
    const wholes = Array.from({ length: copies }, () => bytes.value);
    const placed = await this.context.client.placeStripe(1, wholes, { ...this.terms, isPublic: true });
    if (!placed.ok) return placed;
    this.standing = withPiece(this.standing, placed.value);
    return accepted(null);
  }
}

function effectWords({ name, sizeBytes, files }: Outline, span: string, isRemembered: boolean): string {
  const what = files.length === 1 ? sanitise(name) : `${files.length} files`;
  const end = isRemembered
    ? "`unshare` asks keepers to let it go before."
    : "Nothing is remembered of it while your keys are locked, or if you have none, so it cannot be ended before.";
  return `Publishes ${what}, ${inBytes(sizeBytes)}, for ${span}. EVERYBODY can read it: it is not sealed, and needs no key. ${end} It cannot be called back for sure: whoever has fetched it may keep it and hand it on.`;
}

function tellWhere(context: CommandContext, standing: FileStanding, untilMs: number): void {
  if (standing.mayLeave < 0) {
    const why = standing.trouble === "" ? "" : `: ${sanitise(standing.trouble)}`;
    context.notice(`Nobody else keeps it, so it can be read only while this tab is open${why}.`, "warning");
    return;
  }
  const count = standing.keepers.size;
  const who = count === 1 ? "A node keeps it" : `${count} nodes keep it`;
  const span = spanWords(untilMs - context.environment.nowMs());
  context.notice(`${who} for ${span}; ${leavingWords(standing)}`, standing.mayLeave > 0 ? "good" : "plain");
}

/** What is remembered of the same, if it was published before. */
async function publishedBefore({ client }: CommandContext, digest: Uint8Array): Promise<HeldFile | null> {
  const held = await client.heldFiles();
  if (!held.ok) return null;
  return held.value.find((one) => isOfKind("published")(one) && equalBytes(one.digest, digest)) ?? null;
}

/** Leaves it, remembers it if keys are there, and says the address. */
async function leaveAll(
  context: CommandContext,
  made: Outline,
  forMs: number,
  { isRemembered, asJson }: { readonly isRemembered: boolean; readonly asJson: boolean },
): Promise<number> {
  const { environment, client } = context;
  const { digest } = made.root.block.cid.multihash;
  const before = await publishedBefore(context, digest);
  // The same again is let go of by the same secret: the other one would be forgotten.
  const secret = before?.secret ?? environment.randomBytes(32);
  const publishing = new Publishing(context, { secret, forMs });
  const left = await publishing.leave(blocksToLeave(made)).finally(() => context.status(null));
  if (!left.ok) {
    if (before === null && publishing.stripes.length > 0) await client.releaseStripes(publishing.stripes, secret);
    return context.refuse(left);
  }
  const { standing, stripes } = publishing;
  const untilMs = Math.max(environment.nowMs() + forMs, before?.untilMs ?? 0);
  const parity = Math.max(0, (stripes[0]?.shards.length ?? 1) - 1);
  const { name, sizeBytes } = made;
  const facts = { name, digest, key: new Uint8Array(32), sizeBytes, data: 1, parity, secret, untilMs };
  const held = { ...newlyHeld(context, "published", facts), pinnedUntilMs: before?.pinnedUntilMs ?? 0 };
  const trouble = isRemembered ? await changeHeld(context, { remove: [], add: [held] }) : null;
  if (trouble !== null)
    context.notice(`It is not remembered, so it cannot be ended before: ${trouble.refused.message}`, "warning");
  const link = addressOfHeld(context, held);
  if (asJson) {
    const { keepers, mayLeave } = standing;
    const nobody = !Number.isFinite(mayLeave);
    context.json({
      link,
      cid: cidOfHeld(held),
      sizeBytes,
      keepers: keepers.size,
      mayLeave: nobody ? 0 : mayLeave,
      untilMs,
    });
    return 0;
  }
  // What is empty needs nobody.
  if (stripes.length > 0) tellWhere(context, standing, untilMs);
  context.print(link, "strong");
  return 0;
}

/** Runs `publish`. */
export async function publishFiles(
  context: CommandContext,
  { positionals, flags, values }: ParsedOptions,
): Promise<number> {
  const span = spanOf(values.get("for"));
  if (!span.ok) return context.refuse({ ...span, message: span.message.replaceAll("shared", "published") });
  const made = await outline(context, positionals).finally(() => context.status(null));
  if (!made.ok) return context.refuse(made);
  const { name, root, sizeBytes } = made.value;
  if (utf8ToBytes(name).length > fileLimits.nameBytes)
    return context.refuse(rejected("invalid-argument", `A name has at most ${fileLimits.nameBytes} bytes.`));
  const vault = await context.client.vaultStatus();
  const isRemembered = vault.ok && vault.value.unlocked;
  const asJson = flags.has("json");
  context.notice(effectWords(made.value, spanWords(span.value), isRemembered), "warning");
  if (flags.has("dry-run")) {
    if (asJson) context.json({ cid: root.block.cid.toString(), sizeBytes });
    else context.print(root.block.cid.toString(), "strong");
    return 0;
  }
  if (!flags.has("yes") && !(await context.confirm("Let everybody read it?"))) {
    context.notice("Nothing was published.", "dim");
    return 130;
  }
  return leaveAll(context, made.value, span.value, { isRemembered, asJson });
}
