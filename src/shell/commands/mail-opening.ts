/**
 * Sealed messages of the node, opened by the vault in small batches, so that the page answers in between.
 * @module
 */
import { publicKeyOfDid } from "#identity/did.ts";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { decodeEnvelope } from "#protocol/mail/envelope.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type MailText, type MailView, mostOpenedAtOnce } from "#sdk/mail.ts";

/** A message with what is in it, or why it does not open. */
export interface OpenedMail {
  readonly view: MailView;
  readonly letter: Result<MailText>;
  /** Whether the key it is signed with was replaced by now: somebody else may have it. Null if the node does not say. */
  readonly isFromReplaced: boolean | null;
}

/** The messages of this device that are for the chosen space; another's are shown there. */
export async function messagesHere(
  client: Pick<Client, "mail" | "succession" | "vaultStatus">,
): Promise<Result<readonly MailView[]>> {
  const status = await client.vaultStatus();
  if (!status.ok) return status;
  const views = await client.mail();
  if (!views.ok) return views;
  const { keyHash } = status.value;
  if (keyHash === null) return accepted([]);
  const standing = await client.succession(keyHash);
  if (!standing.ok) return standing;
  // What was written to keys that were replaced since is for their successor.
  const own = [keyHash, ...standing.value.earlier.map(keyHashOf)];
  return accepted(
    views.value.filter(({ envelope }) => {
      const read = decodeEnvelope(envelope);
      return read.ok && own.some((hash) => equalBytes(hash, read.value.to));
    }),
  );
}

/** Says of addresses whether their key was replaced, asking once for each. */
function replacedSenders(client: Pick<Client, "succession">): (letter: Result<MailText>) => Promise<boolean | null> {
  const known = new Map<string, boolean | null>();
  return async (letter) => {
    if (!letter.ok) return false;
    const { from } = letter.value;
    const before = known.get(from);
    if (before !== undefined) return before;
    const key = publicKeyOfDid(from);
    const standing = key.ok ? await client.succession(keyHashOf(key.value)) : key;
    const isReplaced = standing.ok ? standing.value.successor !== null : null;
    known.set(from, isReplaced);
    return isReplaced;
  };
}

/** Letters by the hexadecimal ids of their messages. */
export type OpenedLetters = Map<string, Result<MailText>>;

/** Opens messages; refused as a whole if the vault is locked. What stands in `known` is not opened again, and what opens is put there. */
export async function openAll(
  client: Pick<Client, "openMail" | "succession">,
  views: readonly MailView[],
  known: OpenedLetters = new Map(),
): Promise<Result<readonly OpenedMail[]>> {
  const closed = views.filter(({ id }) => !known.has(toHex(id)));
  for (let at = 0; at < closed.length; at += mostOpenedAtOnce) {
    const some = closed.slice(at, at + mostOpenedAtOnce);
    const letters = await client.openMail(some.map(({ envelope }) => envelope));
    if (!letters.ok) return letters;
    for (const [place, { id }] of some.entries()) {
      const letter = letters.value[place];
      if (letter !== undefined) known.set(toHex(id), letter);
    }
  }
  const opened: OpenedMail[] = [];
  const isReplaced = replacedSenders(client);
  for (const view of views) {
    const letter = known.get(toHex(view.id));
    if (letter !== undefined) opened.push({ view, letter, isFromReplaced: await isReplaced(letter) });
  }
  return accepted(opened);
}
