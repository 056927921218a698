/**
 * What the window of messages shows: letters that were opened, while the vault is open and no longer.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { Client, ContactView, VaultStatus } from "#sdk/contract.ts";
import type { SentMailView } from "#sdk/mail.ts";
import {
  messagesHere,
  type OpenedLetters,
  type OpenedMail,
  openAll,
  ownWords,
  sentHere,
  standingAddresses,
} from "../../commands/mail-opening.ts";
import { contactsOf } from "../../contacts.ts";

/** Messages that are opened at most, the newest; and as many of ours. */
const mostOpened = 100;

/** Plain words that the window holds; emptied when the vault is locked or another space chosen. */
export interface PlainWords {
  /** Whose they are. */
  owner: string | null;
  readonly letters: OpenedLetters;
  /** Copies of what was written, by the message's id. */
  readonly copies: OpenedLetters;
}

/** All that the window shows. */
export interface MessagesView {
  readonly vault: VaultStatus;
  /** Unread ones of this device, of all spaces. */
  readonly unread: number;
  readonly opened: readonly OpenedMail[];
  /** How many older ones were left closed. */
  readonly older: number;
  readonly sent: readonly SentMailView[];
  /** What we wrote, by the ids of the messages, as far as it is known. */
  readonly ownWords: ReadonlyMap<string, string>;
  readonly contacts: readonly ContactView[];
  /** Which addresses stand now for those that were written to or from, where the chain names others. */
  readonly newest: ReadonlyMap<string, string>;
}

function addressesOf({ opened, sent }: Pick<MessagesView, "opened" | "sent">): ReadonlySet<string> {
  return new Set([
    ...opened.flatMap(({ letter }) => (letter.ok ? [letter.value.from] : [])),
    ...sent.map(({ to }) => to),
  ]);
}

/** Asks the node and opens what is new. */
export async function loadMessages(client: Client, plain: PlainWords): Promise<Result<MessagesView>> {
  const [vault, status] = await Promise.all([client.vaultStatus(), client.status()]);
  if (!vault.ok) return vault;
  if (!status.ok) return status;
  const { unlocked, did } = vault.value;
  const owner = unlocked ? did : null;
  if (owner !== plain.owner) {
    plain.letters.clear();
    plain.copies.clear();
    plain.owner = owner;
  }
  const unread = status.value.unreadMessages;
  const nothing = { opened: [], older: 0, sent: [], ownWords: new Map(), contacts: [], newest: new Map() };
  if (owner === null) return accepted({ vault: vault.value, unread, ...nothing });
  const [views, sent, contacts] = await Promise.all([messagesHere(client), sentHere(client), contactsOf(client)]);
  if (!views.ok) return views;
  if (!sent.ok) return sent;
  const older = Math.max(0, views.value.length - mostOpened);
  const standing = standingAddresses(client);
  const opened = await openAll(client, views.value.slice(older), plain.letters, standing);
  if (!opened.ok) return opened;
  const own = await ownWords(client, sent.value.slice(-mostOpened), plain.copies);
  if (!own.ok) return own;
  const mail = { opened: opened.value, older, sent: sent.value, ownWords: own.value };
  const newest = new Map<string, string>();
  for (const did of addressesOf(mail)) {
    const now = await standing(did);
    if (now !== null && now !== did) newest.set(did, now);
  }
  return accepted({ vault: vault.value, unread, ...mail, contacts, newest });
}
