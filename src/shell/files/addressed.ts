/**
 * Opening what was shared with certain people: the vault unwraps the file's key, and says who shared it.
 * @module
 */
import type { AddressedManifest } from "#protocol/files/addressed.ts";
import type { FileManifest } from "#protocol/files/manifest.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher } from "#sdk/files.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { standingAddresses } from "../commands/mail-opening.ts";
import { senderDoubt } from "../commands/mail-words.ts";
import { contactsOf, namesByAddress } from "../contacts.ts";
import { timeWords } from "../format.ts";

/** Who shared a file, as their signature proves. */
export interface Sharer {
  readonly did: string;
  /** Whether it is one of this person's own spaces. */
  readonly isOwn: boolean;
  /** Name and address. */
  readonly words: string;
  /** What is to be thought of their key; empty: nothing. */
  readonly doubt: string;
  readonly madeAtMs: number;
}

/** A manifest, and who shared it if it was shared with certain people. */
export interface OpenedManifest {
  readonly manifest: FileManifest;
  readonly sharer: Sharer | null;
}

const stayedLocked = rejected(
  "vault-locked",
  "This file was shared with certain people: it opens with their keys alone. Nothing was fetched.",
);

async function sharerOf({ client }: CommandContext, did: string, madeAtMs: number): Promise<Sharer> {
  const now = await standingAddresses(client)(did);
  const name = namesByAddress(await contactsOf(client))(did);
  const spaces = await client.spaces();
  const isOwn = spaces.ok && spaces.value.some((space) => space.did === did);
  const doubt = senderDoubt({ isFromReplaced: now === null ? null : now !== did });
  return { did, isOwn, madeAtMs, words: name === null ? did : `${name}, ${did}`, doubt };
}

/** Opens a manifest with the key that is wrapped for this person, with the vault opened in place. */
export async function openAddressed(
  context: CommandContext,
  cipher: FileCipher,
  addressed: AddressedManifest,
): Promise<Result<OpenedManifest>> {
  context.status(null);
  if ((await unlocked(context, { makes: false })) === null) return stayedLocked;
  const unwrapped = await context.client.unwrapFileKey(addressed);
  if (!unwrapped.ok) return unwrapped;
  const { key, from } = unwrapped.value;
  const manifest = await cipher.openManifest(addressed.manifest, key);
  if (!manifest.ok) return manifest;
  return accepted({ manifest: manifest.value, sharer: await sharerOf(context, from, addressed.madeAtMs) });
}

/** Says who shared it. */
export function tellSharer({ notice }: CommandContext, { isOwn, words, doubt, madeAtMs }: Sharer): void {
  const who = isOwn ? "You shared this yourself" : `Shared with you by ${words}`;
  notice(`${who}${doubt}, ${timeWords(madeAtMs)}.`, doubt === "" ? "plain" : "warning");
}
