/**
 * What the vault remembers of files among peers, as commands need it.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { type HeldFile, heldKinds } from "#protocol/files/held-file.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import {
  cidOf,
  type FileLink,
  fileParameter,
  looksLikeFileLink,
  readFileLink,
  writeFileLink,
} from "#protocol/files/link.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { parseSpan } from "../size.ts";
import { sanitise } from "../terminal/sanitise.ts";

/** What a file that is remembered is to its owner. */
export type HeldKind = (typeof heldKinds)[number];

/** Says which kind one is of. */
export const isOfKind =
  (kind: HeldKind) =>
  (one: Pick<HeldFile, "kind">): boolean =>
    heldKinds[one.kind] === kind;

/** One that was left just now. */
export function newlyHeld(
  { environment }: Pick<CommandContext, "environment">,
  kind: HeldKind,
  facts: Omit<HeldFile, "kind" | "of" | "readers" | "madeAtMs" | "pinnedUntilMs"> &
    Partial<Pick<HeldFile, "of" | "readers">>,
): HeldFile {
  const madeAtMs = environment.nowMs();
  return { of: new Uint8Array(), readers: null, ...facts, kind: heldKinds.indexOf(kind), madeAtMs, pinnedUntilMs: 0 };
}

/** All that is remembered, with the vault opened in place; null if it is not to be, which was said. */
export async function allHeld(context: CommandContext, makes = false): Promise<readonly HeldFile[] | null> {
  if ((await unlocked(context, { makes })) === null) return null;
  const held = await context.client.heldFiles();
  if (held.ok) return held.value;
  context.refuse(held);
  return null;
}

/** The kept file of a name. */
export function keptNamed(held: readonly HeldFile[], name: string): Result<HeldFile> {
  const found = held.find((one) => isOfKind("kept")(one) && one.name === name.normalize("NFC"));
  const words = `You keep no file ${sanitise(name)} among peers; \`ls --kept\` lists those that you do.`;
  return found === undefined ? rejected("not-found", words) : accepted(found);
}

/** Links to a kept file. */
export function linksTo(held: readonly HeldFile[], { digest }: HeldFile): readonly HeldFile[] {
  return held.filter(({ of }) => equalBytes(of, digest));
}

/** A link that somebody typed, or the one to a kept file that has that name; null if the vault was not to be opened. */
export async function linkNamed(
  context: CommandContext,
  typed: string,
): Promise<Result<FileLink & { readonly name?: string }> | null> {
  const link = readFileLink(typed);
  if (link.ok || looksLikeFileLink(typed)) return link;
  const status = await context.client.vaultStatus();
  // Who has no keys keeps nothing: it is the link that is wrong.
  if (!status.ok || !status.value.exists) return link;
  const held = await allHeld(context);
  return held === null ? null : keptNamed(held, typed);
}

/** Whether what was published is one block: no folder, and no longer than that. */
export function isOneBlock({ name, sizeBytes }: Pick<HeldFile, "name" | "sizeBytes">): boolean {
  return !name.endsWith("/") && sizeBytes <= fileLimits.publicBlockBytes;
}

/** The CID of what is remembered. */
export function cidOfHeld(held: HeldFile): string {
  return cidOf(held.digest, isOfKind("published")(held) && !isOneBlock(held));
}

/** The path under which everybody can read what was published; a file by itself has its name in it. */
function publicPathOf(held: HeldFile): string {
  const path = `/ipfs/${cidOfHeld(held)}`;
  return held.name.endsWith("/") ? `${path}/` : `${path}?filename=${encodeURIComponent(held.name)}`;
}

/** The address that opens what is remembered. */
export function addressOfHeld(context: Pick<CommandContext, "environment">, held: HeldFile): string {
  return isOfKind("published")(held) ? context.environment.addressOf(publicPathOf(held)) : addressOfLink(context, held);
}

/** The address that opens a file. */
export function addressOfLink({ environment }: Pick<CommandContext, "environment">, link: FileLink): string {
  return environment.addressOf(`/#${fileParameter}=${writeFileLink(link)}`);
}

/** For how long keepers are asked to keep what is shared; as long as they do if nothing was said. */
export function spanOf(typed: string | undefined): Result<number> {
  const span = typed === undefined ? accepted<number>(fileLimits.lifeMs) : parseSpan(typed);
  return span.ok && span.value > fileLimits.lifeMs
    ? rejected("out-of-range", "Keepers keep what is shared for 30 days at most. Nothing was shared.")
    : span;
}

/** "30 days", "12 hours", "90 minutes". */
export function spanWords(ms: number): string {
  const [minutes, hours, days] = [60_000, 3_600_000, 86_400_000].map((unit) => Math.round(ms / unit)) as [
    number,
    number,
    number,
  ];
  const words = (count: number, unit: string): string => `${count} ${unit}${count === 1 ? "" : "s"}`;
  if (minutes < 120) return words(minutes, "minute");
  return hours < 48 ? words(hours, "hour") : words(days, "day");
}
