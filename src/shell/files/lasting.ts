/**
 * What `pin`, `unpin` and `share` of a kept file do: how long it stays, and links to it.
 * @module
 */
import { type HeldFile, pinnedForEver } from "#protocol/files/held-file.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher, SealedBlock } from "#sdk/files.ts";
import type { CommandContext } from "../commands/command.ts";
import { bytes as inBytes, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { parseSpan } from "../size.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { type Audience, audienceOf, audienceWords, giveLink, opensForWords, readersOf, sealFor } from "./audience.ts";
import { fetchManifest, stripesOf, withCipher } from "./fetch.ts";
import { allHeld, isOfKind, keptNamed, newlyHeld, spanOf, spanWords } from "./held.ts";
import { letGo } from "./let-go.ts";
import { changeHeld, withEnds } from "./remember.ts";
import { leavingWords, noPieces, withPiece } from "./standing.ts";

/** The kept file that is meant, with the vault opened in place; the exit code if there is none. */
async function keptFile(context: CommandContext, name: string): Promise<HeldFile | number> {
  const held = await allHeld(context);
  if (held === null) return 1;
  const found = keptNamed(held, name);
  return found.ok ? found.value : context.refuse(found);
}

/** The kept or published file that is meant, in the same way. */
async function lastingFile(context: CommandContext, name: string): Promise<HeldFile | number> {
  const held = await allHeld(context);
  if (held === null) return 1;
  const kept = keptNamed(held, name);
  if (kept.ok) return kept.value;
  const published = held.find((one) => isOfKind("published")(one) && one.name === name.normalize("NFC"));
  return published ?? context.refuse(kept);
}

/** The last day that can be written down. */
const lastMs = 8.64e15;

/** Runs `pin` and `unpin`. */
export async function pinFile(
  context: CommandContext,
  { positionals, flags, values }: ParsedOptions,
  isPinned: boolean,
): Promise<number> {
  const typed = values.get("for");
  const span = typed === undefined ? accepted(null) : parseSpan(typed);
  if (!span.ok) return context.refuse(span);
  const { client } = context;
  const nowMs = context.environment.nowMs();
  const until = span.value === null ? pinnedForEver : Math.min(nowMs + span.value, lastMs);
  const file = await lastingFile(context, positionals[0] ?? "");
  if (typeof file === "number") return file;
  const name = sanitise(file.name);
  context.notice(
    isPinned
      ? `Keeps ${name} among peers ${until === pinnedForEver ? "until you unpin it" : `until ${timeWords(until)}`}: whenever this tab runs it asks keepers to keep it longer, which costs a moment of computing now and then. Away for more than ${spanWords(file.untilMs - nowMs)}, it comes too late.`
      : `${name} is not renewed any more: keepers let it go within 30 days.`,
    "plain",
  );
  if (flags.has("dry-run")) return 0;
  const stripes = isOfKind("published")(file)
    ? await (await import("./published.ts")).stripesOfPublished(context, file)
    : await withCipher(context, (cipher) => stripesOf(context, cipher, file));
  if (!stripes.ok) return context.refuse(stripes);
  const pinnedUntilMs = isPinned ? until : 0;
  const pinned = await client.pinStripes(stripes.value, file.secret, pinnedUntilMs);
  if (!pinned.ok) return context.refuse(pinned);
  const [now = file] = await withEnds(context, [file]);
  // Deleted in another tab meanwhile, it is not remembered again.
  const trouble = await changeHeld(context, { remove: [], add: [{ ...now, pinnedUntilMs }], unchanged: [file] });
  if (trouble !== null) {
    const isGone = trouble.refused.code === "not-found";
    await client.pinStripes([], file.secret, isGone ? 0 : file.pinnedUntilMs);
    return context.refuse(trouble.refused);
  }
  if (flags.has("json")) context.json({ name: file.name, pinnedUntilMs: isPinned ? pinnedUntilMs : null });
  else context.print(isPinned ? `${name} is pinned.` : `${name} is not pinned any more.`, "good");
  return 0;
}

/** Leaves the same manifest once more under a key of its own. */
async function grant(
  context: CommandContext,
  cipher: FileCipher,
  file: HeldFile,
  secret: Uint8Array,
  forMs: number,
  audience: Audience | null,
): Promise<Result<{ readonly held: HeldFile; readonly standing: ReturnType<typeof withPiece> }>> {
  const opened = await fetchManifest(context, cipher, file);
  const sealed = opened.ok ? await sealFor(context, cipher, opened.value.manifest, audience) : opened;
  if (!sealed.ok) return sealed;
  const [block] = sealed.value.blocks as [SealedBlock];
  const copies = Array.from({ length: file.parity + 1 }, () => block.bytes);
  const placed = await context.client.placeStripe(1, copies, { secret, forMs });
  if (!placed.ok) return placed;
  const { name, sizeBytes, data, parity, digest: of } = file;
  const untilMs = context.environment.nowMs() + forMs;
  const facts = {
    name,
    digest: block.digest,
    key: sealed.value.key,
    sizeBytes,
    data,
    parity,
    secret,
    of,
    untilMs,
    readers: readersOf(audience),
  };
  return accepted({ held: newlyHeld(context, "granted", facts), standing: withPiece(noPieces, placed.value) });
}

/** What is said before a link to a kept file is made. */
function grantWords(file: HeldFile, span: string, audience: Audience | null): string {
  const size = inBytes(file.sizeBytes);
  const what = `Makes a link to ${sanitise(file.name)}, ${size}, for`;
  const opens =
    audience === null
      ? `${what} ${span}: whoever has it can read the file.`
      : `${what} ${audienceWords(audience)}. ${opensForWords(audience, span)}`;
  return `${opens} \`unshare\` ends it before, and deleting the kept file does; neither takes back what somebody has fetched, or what opens it.`;
}

/** Runs `share` for a kept file. */
export async function shareKept(context: CommandContext, options: ParsedOptions): Promise<number> {
  const { positionals, flags, values } = options;
  const { environment } = context;
  const span = spanOf(values.get("for"));
  if (!span.ok) return context.refuse(span);
  const file = await keptFile(context, positionals[0] ?? "");
  if (typeof file === "number") return file;
  const nowMs = environment.nowMs();
  // It opens no longer than what it opens is kept.
  const forMs = file.pinnedUntilMs > nowMs ? span.value : Math.min(span.value, file.untilMs - nowMs);
  if (forMs <= 0)
    return context.refuse(rejected("expired", "Keepers may have let it go: its time is over. `put` it again first."));
  const audience = await audienceOf(context, options);
  if (typeof audience === "number") return audience;
  context.notice(grantWords(file, spanWords(forMs), audience), "plain");
  if (flags.has("dry-run")) return 0;
  if (!flags.has("yes") && !(await context.confirm("Share it?"))) {
    context.notice("Nothing was shared.", "dim");
    return 130;
  }
  const secret = environment.randomBytes(32);
  const made = await withCipher(context, (cipher) => grant(context, cipher, file, secret, forMs, audience));
  if (!made.ok) return context.refuse(made);
  const { held, standing } = made.value;
  const trouble = await changeHeld(context, { remove: [], add: [held], unchanged: [file] });
  if (trouble !== null) {
    if (trouble.isCertain) await letGo(context, held);
    return context.refuse(trouble.refused);
  }
  return giveLink(context, options, audience, { ...held, standing }, () => {
    if (standing.mayLeave < 0) context.notice("It works only while this tab is open: nobody else keeps it.", "warning");
    else context.notice(`What it opens is with ${standing.keepers.size} nodes; ${leavingWords(standing)}`, "plain");
  });
}
