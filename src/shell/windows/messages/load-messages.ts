/**
 * What the window of messages shows: letters that were opened, while the vault is open and no longer.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { Client, ContactView, VaultStatus } from "#sdk/contract.ts";
import type { SentMailView } from "#sdk/mail.ts";
import { messagesHere, type OpenedLetters, type OpenedMail, openAll } from "../../commands/mail-opening.ts";
import { contactsOf } from "../../contacts.ts";

/** Messages that are opened at most, the newest. */
const mostOpened = 100;

/** Plain words that the window holds; emptied when the vault is locked or another space chosen. */
export interface PlainWords {
  /** Whose they are. */
  owner: string | null;
  readonly letters: OpenedLetters;
  /** What was written in this window, by the message's id. */
  readonly own: Map<string, string>;
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
  readonly contacts: readonly ContactView[];
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
    plain.own.clear();
    plain.owner = owner;
  }
  const unread = status.value.unreadMessages;
  if (owner === null) return accepted({ vault: vault.value, unread, opened: [], older: 0, sent: [], contacts: [] });
  const [views, sent, contacts] = await Promise.all([messagesHere(client), client.sentMail(), contactsOf(client)]);
  if (!views.ok) return views;
  if (!sent.ok) return sent;
  const older = Math.max(0, views.value.length - mostOpened);
  const opened = await openAll(client, views.value.slice(older), plain.letters);
  if (!opened.ok) return opened;
  return accepted({ vault: vault.value, unread, opened: opened.value, older, sent: sent.value, contacts });
}
