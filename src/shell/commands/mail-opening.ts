/**
 * Sealed messages of the node, opened by the vault in small batches, so that the page answers in between.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { decodeEnvelope } from "#protocol/mail/envelope.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type MailText, type MailView, mostOpenedAtOnce } from "#sdk/mail.ts";

/** A message with what is in it, or why it does not open. */
export interface OpenedMail {
  readonly view: MailView;
  readonly letter: Result<MailText>;
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

/** Opens messages; refused as a whole if the vault is locked. */
export async function openAll(
  client: Pick<Client, "openMail">,
  views: readonly MailView[],
): Promise<Result<readonly OpenedMail[]>> {
  const opened: OpenedMail[] = [];
  for (let at = 0; at < views.length; at += mostOpenedAtOnce) {
    const some = views.slice(at, at + mostOpenedAtOnce);
    const letters = await client.openMail(some.map(({ envelope }) => envelope));
    if (!letters.ok) return letters;
    for (const [place, view] of some.entries()) {
      const letter = letters.value[place];
      if (letter !== undefined) opened.push({ view, letter });
    }
  }
  return accepted(opened);
}
