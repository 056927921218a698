/**
 * Messages as conversations: by whom they are with, each in the order in which it happened here.
 * @module
 */
import { toHex } from "#protocol/codec/bytes.ts";
import type { SentMailView } from "#sdk/mail.ts";
import type { OpenedMail } from "../../commands/mail-opening.ts";
import { quoted } from "../../language/tokens.ts";

/** Whom an address is shown as: by the name it has here. */
export type NameOf = (did: string) => string | null;

/** One message of a conversation. */
export type Entry = {
  readonly id: string;
  readonly atMs: number;
  /** The other's address at that time; null: it does not open. */
  readonly did: string | null;
} & (
  | { readonly side: "theirs"; readonly message: OpenedMail }
  /** `words` is null where they are not known any more. */
  | { readonly side: "ours"; readonly sent: SentMailView; readonly words: string | null }
);

/** All messages with one person, oldest first: with an address, and with those whose keys it has replaced. */
export interface Conversation {
  /** The address that stands for the person now; null: messages that do not open. */
  readonly did: string | null;
  readonly entries: readonly Entry[];
  readonly unread: number;
}

/** What conversations are made of. */
export interface Messages {
  readonly own: string | null;
  readonly opened: readonly OpenedMail[];
  readonly sent: readonly SentMailView[];
  /** What we wrote, by the ids of the messages, as far as it is known. */
  readonly ownWords: ReadonlyMap<string, string>;
  /** Which addresses stand now for others, as the chain says. */
  readonly newest: ReadonlyMap<string, string>;
}

/** When something happened here: a sender may name any time. */
const newestMs = ({ entries }: Conversation): number => entries.at(-1)?.atMs ?? 0;

/** The conversations, newest first. What one wrote to oneself came in as well, and is shown once. */
export function conversationsOf({ own, opened, sent, ownWords, newest }: Messages): readonly Conversation[] {
  const found = new Map<string | null, Entry[]>();
  const standing = (did: string): string => newest.get(did) ?? did;
  const add = (entry: Entry): void => {
    const did = entry.did === null ? null : standing(entry.did);
    const entries = found.get(did);
    if (entries === undefined) found.set(did, [entry]);
    else entries.push(entry);
  };
  for (const message of opened) {
    const { view, letter } = message;
    const did = letter.ok ? letter.value.from : null;
    add({ side: "theirs", id: toHex(view.id), atMs: view.arrivedAtMs, did, message });
  }
  for (const view of sent) {
    if (standing(view.to) === own) continue;
    const id = toHex(view.id);
    add({ side: "ours", id, atMs: view.madeAtMs, did: view.to, sent: view, words: ownWords.get(id) ?? null });
  }
  return [...found]
    .map(([did, entries]) => ({
      did,
      entries: entries.sort((a, b) => a.atMs - b.atMs),
      unread: entries.filter((entry) => entry.side === "theirs" && !entry.message.view.read).length,
    }))
    .sort((a, b) => newestMs(b) - newestMs(a));
}

/** The name of whom a conversation is with; one given to an earlier address counts until the newest has its own. */
export function nameIn({ did, entries }: Conversation, nameOf: NameOf): string | null {
  for (const one of [did, ...entries.map((entry) => entry.did).reverse()]) {
    const name = one === null ? null : nameOf(one);
    if (name !== null) return name;
  }
  return null;
}

/** The line that sends words to an address, however many rows they have. */
export function messageCommand(did: string, words: string): string {
  return `send-msg ${quoted(did)} ${quoted(words.trimEnd())}`;
}

/** The message that a command has sent: the one that was not there before; null if that does not tell which it was. */
export function sentSince(before: readonly SentMailView[], after: readonly SentMailView[]): SentMailView | null {
  const known = new Set(before.map(({ id }) => toHex(id)));
  const [fresh, ...more] = after.filter(({ id }) => !known.has(toHex(id)));
  return more.length === 0 ? (fresh ?? null) : null;
}
