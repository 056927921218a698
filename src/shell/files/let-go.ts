/**
 * What `rm` of a kept file and `unshare` do: keys are destroyed first, then keepers are told to let go.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import { looksPublic, readFileLink } from "#protocol/files/link.ts";
import { chunkCount, tableCount } from "#protocol/files/manifest.ts";
import type { Stripe } from "#protocol/files/stripe.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Release } from "#sdk/files.ts";
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { stripesOf, withCipher } from "./fetch.ts";
import { allHeld, cidOfHeld, isOfKind, keptNamed, linksTo } from "./held.ts";
import { changeHeld } from "./remember.ts";

/** What became of it: of which keepers there is something to say, and whether all pieces were known. */
interface LetGo extends Release {
  readonly isWhole: boolean;
}

/** What is first: a manifest, or the root of what was published. As many copies as were left, for so many keepers are asked. */
const copiesOfFirst = ({ parity, digest }: HeldFile): readonly Stripe[] => [
  { data: 1, shards: Array.from({ length: parity + 1 }, () => digest) },
];

async function allOf(context: CommandContext, held: HeldFile): Promise<Result<readonly Stripe[]>> {
  // Of a link to a kept file nothing but its manifest is its own.
  if (isOfKind("granted")(held)) return accepted(copiesOfFirst(held));
  if (isOfKind("published")(held)) return (await import("./published.ts")).stripesOfPublished(context, held);
  return withCipher(context, (cipher) => stripesOf(context, cipher, held));
}

/** Tells keepers to let go of all that a file or link brought there. */
export async function letGo(context: CommandContext, held: HeldFile): Promise<LetGo> {
  const all = await allOf(context, held);
  const released = await context.client.releaseStripes(all.ok ? all.value : copiesOfFirst(held), held.secret);
  const known = released.ok ? released.value : { asked: 0, released: 0, pieces: 0 };
  if (isOfKind("published")(held)) return { ...known, isWhole: all.ok || known.pieces > 1 };
  // The node may know its pieces though the manifest, which names them, is out of reach.
  const pieces = chunkCount(held) + tableCount(held) + 1;
  return { ...known, isWhole: all.ok || known.pieces >= pieces };
}

function tellLetGo(
  { notice }: CommandContext,
  what: string,
  { asked, released, isWhole }: LetGo,
  isOpen = false,
): void {
  const keepers = (count: number): string => `${count} keeper${count === 1 ? "" : "s"}`;
  if (!isWhole && isOpen) {
    notice(
      `${what} Which blocks it had could not be found out, so keepers were told of the first one alone; the others go when their time is over.`,
      "plain",
    );
    return;
  }
  if (!isWhole) {
    notice(
      `${what} Which shards it had could not be found out, so keepers were not told; they hold what nobody can open, until its time is over.`,
      "plain",
    );
    return;
  }
  const who =
    asked === 0
      ? "No keeper is connected: this browser tells them when they come, while a tab of it is open; at the latest they let its shards go when their time is over."
      : `${keepers(released)} of ${asked} had shards and let them go; one that is away hears it from this browser, while a tab of it is open, or from the others.`;
  notice(`${what} ${who}`, "good");
}

/** Asks, unless that was answered; the exit code if it is not to be. */
async function mayNot(
  context: CommandContext,
  flags: ParsedOptions["flags"],
  question: string,
): Promise<number | null> {
  if (flags.has("dry-run")) return 0;
  if (flags.has("yes") || (await context.confirm(question))) return null;
  context.notice("Nothing was changed.", "dim");
  return 130;
}

/** Runs `rm` for kept files, which are all there or none is deleted. */
export async function removeKept(
  context: CommandContext,
  names: readonly string[],
  flags: ParsedOptions["flags"],
): Promise<number> {
  const held = await allHeld(context);
  if (held === null) return 1;
  const meant: HeldFile[] = [];
  for (const name of new Set(names)) {
    const found = keptNamed(held, name);
    if (!found.ok) return context.refuse(rejected(found.code, `${found.message} Nothing was deleted.`));
    meant.push(found.value);
  }
  for (const one of meant) {
    const links = linksTo(held, one).length;
    const ends = links === 0 ? "" : ` ${links} link${links === 1 ? "" : "s"} to it end${links === 1 ? "s" : ""}.`;
    context.notice(
      `Destroys the key of ${sanitise(one.name)}, and tells keepers to let its shards go.${ends} It opens nowhere any more, but for who has fetched it, and for older backup files of yours while keepers hold shards.`,
      "warning",
    );
  }
  const what = meant.length === 1 ? sanitise(meant[0]?.name ?? "") : `${meant.length} kept files`;
  const code = await mayNot(context, flags, `Delete ${what}?`);
  if (code !== null) return code;
  const { client } = context;
  const pinned = meant.filter(({ pinnedUntilMs }) => pinnedUntilMs > 0);
  // Before its key goes: a tab that dies in between leaves nothing that is renewed and that nobody can open.
  for (const { secret } of pinned) await client.pinStripes([], secret, 0);
  const trouble = await changeHeld(context, { remove: meant.map(({ digest }) => digest), add: [] });
  if (trouble !== null) {
    for (const { secret, pinnedUntilMs } of pinned) await client.pinStripes([], secret, pinnedUntilMs);
    return context.refuse(trouble.refused);
  }
  for (const one of meant) {
    for (const link of linksTo(held, one)) await letGo(context, link);
    tellLetGo(context, `The key of ${sanitise(one.name)} is destroyed.`, await letGo(context, one));
  }
  return 0;
}

/** Runs `unshare`. */
export async function unshare(context: CommandContext, { positionals, flags }: ParsedOptions): Promise<number> {
  const [typed = ""] = positionals;
  const held = await allHeld(context);
  if (held === null) return 1;
  const link = readFileLink(typed);
  const links = held.filter((one) => !isOfKind("kept")(one));
  const meant = links.filter((one) => {
    if (looksPublic(typed)) return isOfKind("published")(one) && typed.includes(cidOfHeld(one));
    return link.ok ? equalBytes(one.digest, link.value.digest) : one.name === typed.normalize("NFC");
  });
  if (meant.length === 0) {
    const words = "No link of that name or address is remembered; `ls --shared` lists them. Nothing was changed.";
    return context.refuse(rejected("not-found", words));
  }
  const what = `${meant.length} link${meant.length === 1 ? "" : "s"} to ${sanitise(meant[0]?.name ?? "")}`;
  context.notice(
    `Ends ${what}: keepers are told to let go of what it opens. Who has opened it before may have kept the file, or what opens it.`,
    "warning",
  );
  const code = await mayNot(context, flags, "End it?");
  if (code !== null) return code;
  const trouble = await changeHeld(context, { remove: meant.map(({ digest }) => digest), add: [] });
  if (trouble !== null) return context.refuse(trouble.refused);
  for (const one of meant)
    tellLetGo(
      context,
      `A link to ${sanitise(one.name)} is ended.`,
      await letGo(context, one),
      isOfKind("published")(one),
    );
  return 0;
}
