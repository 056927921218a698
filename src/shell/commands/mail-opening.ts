/**
 * Sealed messages of the node, opened by the vault in small batches, so that the page answers in between.
 * @module
 */
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { decodeEnvelope } from "#protocol/mail/envelope.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type MailText, type MailView, mostOpenedAtOnce, type SentMailView } from "#sdk/mail.ts";

/** A message with what is in it, or why it does not open. */
export interface OpenedMail {
  readonly view: MailView;
  readonly letter: Result<MailText>;
  /** Whether the key it is signed with was replaced by now: somebody else may have it. Null if the node does not say. */
  readonly isFromReplaced: boolean | null;
}

/** Says of envelopes whether they are for the chosen space. */
async function forChosenSpace(
  client: Pick<Client, "succession" | "vaultStatus">,
): Promise<Result<(envelope: Uint8Array) => boolean>> {
  const status = await client.vaultStatus();
  if (!status.ok) return status;
  const { keyHash } = status.value;
  if (keyHash === null) return accepted(() => false);
  const standing = await client.succession(keyHash);
  if (!standing.ok) return standing;
  // What was written to keys that were replaced since is for their successor.
  const own = [keyHash, ...standing.value.earlier.map(keyHashOf)];
  return accepted((envelope) => {
    const read = decodeEnvelope(envelope);
    return read.ok && own.some((hash) => equalBytes(hash, read.value.to));
  });
}

/** The messages of this device that are for the chosen space; another's are shown there. */
export async function messagesHere(
  client: Pick<Client, "mail" | "succession" | "vaultStatus">,
): Promise<Result<readonly MailView[]>> {
  const [views, isForUs] = await Promise.all([client.mail(), forChosenSpace(client)]);
  if (!views.ok) return views;
  return isForUs.ok ? accepted(views.value.filter(({ envelope }) => isForUs.value(envelope))) : isForUs;
}

/** Messages that the chosen space has sent from here, and those of which nothing says which space has. */
export async function sentHere(
  client: Pick<Client, "sentMail" | "succession" | "vaultStatus">,
): Promise<Result<readonly SentMailView[]>> {
  const [views, isOurs] = await Promise.all([client.sentMail(), forChosenSpace(client)]);
  if (!views.ok) return views;
  return isOurs.ok ? accepted(views.value.filter(({ copy }) => copy === null || isOurs.value(copy))) : isOurs;
}

/** Says of an address which one stands for it now: itself, if its key was never replaced. Null if the node does not say. */
export type StandingAddress = (did: string) => Promise<string | null>;

/** Asks the node once for each address. */
export function standingAddresses(client: Pick<Client, "succession">): StandingAddress {
  const known = new Map<string, Promise<string | null>>();
  const ask = async (did: string): Promise<string | null> => {
    const key = publicKeyOfDid(did);
    const standing = key.ok ? await client.succession(keyHashOf(key.value)) : key;
    if (!standing.ok) return null;
    const { successor } = standing.value;
    return successor === null ? did : didOf(successor);
  };
  return (did) => {
    const asked = known.get(did) ?? ask(did);
    known.set(did, asked);
    return asked;
  };
}

async function isReplaced(letter: Result<MailText>, standing: StandingAddress): Promise<boolean | null> {
  if (!letter.ok) return false;
  const { from } = letter.value;
  const now = await standing(from);
  return now === null ? null : now !== from;
}

/** Letters by the hexadecimal ids of their messages. */
export type OpenedLetters = Map<string, Result<MailText>>;

/** What was written in messages of ours, by their ids, as far as copies are kept and open; refused if the vault is locked. */
export async function ownWords(
  client: Pick<Client, "openMail" | "succession">,
  views: readonly SentMailView[],
  known: OpenedLetters = new Map(),
): Promise<Result<ReadonlyMap<string, string>>> {
  const copies = views.flatMap(({ id, madeAtMs, copy }): readonly MailView[] =>
    copy === null ? [] : [{ id, madeAtMs, arrivedAtMs: madeAtMs, read: true, envelope: copy }],
  );
  const opened = await openAll(client, copies, known);
  if (!opened.ok) return opened;
  return accepted(
    new Map(opened.value.flatMap(({ view, letter }) => (letter.ok ? [[toHex(view.id), letter.value.text]] : []))),
  );
}

/** Opens messages; refused as a whole if the vault is locked. What stands in `known` is not opened again, and what opens is put there. */
export async function openAll(
  client: Pick<Client, "openMail" | "succession">,
  views: readonly MailView[],
  known: OpenedLetters = new Map(),
  standing: StandingAddress = standingAddresses(client),
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
  for (const view of views) {
    const letter = known.get(toHex(view.id));
    if (letter !== undefined) opened.push({ view, letter, isFromReplaced: await isReplaced(letter, standing) });
  }
  return accepted(opened);
}
