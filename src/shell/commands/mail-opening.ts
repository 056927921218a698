/**
 * Sealed messages of the node, opened by the vault in small batches, so that the page answers in between.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type MailText, type MailView, mostOpenedAtOnce } from "#sdk/mail.ts";

/** A message with what is in it, or why it does not open. */
export interface OpenedMail {
  readonly view: MailView;
  readonly letter: Result<MailText>;
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
