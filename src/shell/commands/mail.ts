/**
 * `send-msg` and `inbox`: messages that nobody reads but whom they are for.
 * @module
 */
import { equalBytes, toHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { MailView, SentMailView } from "#sdk/mail.ts";
import { contactsOf, findPerson, knownPeople, namesByAddress, reached, slipIn } from "../contacts.ts";
import { duration, table, timeWords } from "../format.ts";
import { sendWords } from "../mail-sending.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";
import { messagesHere, openAll, ownWords, sentHere } from "./mail-opening.ts";
import { inboxRow, mailFacts, senderDoubt, shortDid, standingWords } from "./mail-words.ts";

/** Words of one message on a line. */
const mostWords = 4_096;

/** Messages that are opened and listed: the newest. */
const mostListed = 50;

function textOf({ input }: CommandContext, words: readonly string[]): Result<string> {
  const piped = input === null ? "" : new TextDecoder().decode(input).replace(/\r?\n$/, "");
  if (words.length > 0 && input !== null) {
    return rejected("invalid-argument", "The message is either typed or piped in, not both. Nothing was sent.");
  }
  const text = input === null ? words.join(" ") : piped;
  return text.trim() === ""
    ? rejected("invalid-argument", "What shall it say? Write it behind the address, or pipe it in. Nothing was sent.")
    : accepted(text);
}

const sendMessage: Command = {
  name: "send-msg",
  group: "messages",
  summary: "sends a sealed message to an address",
  usage: "send-msg [--json] DID|@NAME [WORDS…]",
  options: { "--json": "before the address: print one line of JSON" },
  examples: ["send-msg did:key:zQ3sh… see you at noon", "send-msg @alice thanks", "cat notes.txt | send-msg @alice"],
  readsInput: true,
  spec: { flags: ["json"], positionals: { least: 1, most: mostWords }, passesOn: "after-first" },
  complete: ({ client, longWords }) => knownPeople(client, longWords),
  run: async (context, { positionals: [to = "", ...words], flags }) => {
    const { client } = context;
    const slip = slipIn(to);
    if (slip !== null) return context.refuse(slip);
    const text = textOf(context, words);
    if (!text.ok) return context.refuse(text);
    const keys = await unlocked(context);
    if (keys === null) return 1;
    const person = await findPerson(client, to);
    const receiver = person.ok ? await reached(client, person.value) : person;
    if (!receiver.ok) return context.refuse(receiver);
    const sent = await sendWords(client, receiver.value, text.value, keys.publicKey);
    if (!sent.ok) return context.refuse(sent);
    if (flags.has("json")) {
      context.json(sentFacts(sent.value));
      return 0;
    }
    const isOwn = equalBytes(keys.publicKey, receiver.value.publicKey);
    const { words: told, tone } = standingWords(sent.value);
    context.print(isOwn ? "To yourself: it is in your `inbox`." : told, tone);
    return 0;
  },
};

/** The messages of this device, with what keepers had for it. */
async function arrived(context: CommandContext): Promise<readonly MailView[] | null> {
  if ((await unlocked(context)) === null) return null;
  context.status("asking for messages …");
  const collected = await context.client.collectMail();
  context.status(null);
  if (collected.ok && collected.value.keepers === 0) {
    context.notice("No node that keeps messages is connected: what waits there comes later.", "dim");
  } else if (!collected.ok) context.refuse(collected);
  const views = await messagesHere(context.client);
  if (views.ok) return views.value;
  context.refuse(views);
  return null;
}

/** The message of an id's first digits, which another tab's deleting does not move. */
function identified<T extends { readonly id: Uint8Array }>(views: readonly T[], word: string): T | undefined {
  const [found, ...more] = /^[0-9a-f]{12,64}$/.test(word) ? views.filter(({ id }) => toHex(id).startsWith(word)) : [];
  return more.length === 0 ? found : undefined;
}

/** Messages by their numbers in the list, or the ids of these or of `ours`; refused if there is none of a number. */
function chosen<T extends { readonly id: Uint8Array }>(
  views: readonly T[],
  numbers: readonly string[],
  ours: readonly T[] = [],
): Result<readonly T[]> {
  const found: T[] = [];
  for (const number of numbers) {
    const isPlace = /^[1-9][0-9]{0,8}$/.test(number);
    const view = isPlace ? views[Number(number) - 1] : (identified(views, number) ?? identified(ours, number));
    if (view === undefined) {
      const there = views.length === 0 ? "There are none." : `There are ${views.length}.`;
      return rejected("not-found", `There is no message ${sanitise(number)}. ${there} \`inbox\` lists them by number.`);
    }
    found.push(view);
  }
  return accepted(found);
}

async function list(context: CommandContext, json: boolean): Promise<number> {
  const views = await arrived(context);
  if (views === null) return 1;
  const first = Math.max(0, views.length - mostListed);
  const opened = await openAll(context.client, views.slice(first));
  if (!opened.ok) return context.refuse(opened);
  if (json) {
    context.json(opened.value.map((message, at) => mailFacts(first + at + 1, message)));
    return 0;
  }
  if (views.length === 0) {
    context.print("No messages. `send-msg DID WORDS` writes one.", "dim");
    return 0;
  }
  const status = await context.client.vaultStatus();
  const own = status.ok ? status.value.did : null;
  const nowMs = context.environment.nowMs();
  if (first > 0) context.print(`${first} older ones are not listed; \`inbox read N\` shows any.`, "dim");
  const nameOf = await namesFor(context);
  const who = (did: string): string => (did === own ? "you" : (nameOf(did) ?? shortDid(did)));
  const rows = opened.value.map((message, at) => inboxRow(first + at + 1, message, nowMs, who));
  for (const line of table(rows)) context.print(line);
  return 0;
}

/** The names, with their mark, that addresses have here. */
async function namesFor({ client }: CommandContext): Promise<(did: string) => string | null> {
  return namesByAddress(await contactsOf(client));
}

async function read(context: CommandContext, numbers: readonly string[], json: boolean): Promise<number> {
  const views = await arrived(context);
  if (views === null) return 1;
  const meant = chosen(views, numbers);
  const opened = meant.ok ? await openAll(context.client, meant.value) : meant;
  if (!opened.ok) return context.refuse(opened);
  const nameOf = await namesFor(context);
  let code = 0;
  for (const message of opened.value) {
    const { letter, view } = message;
    if (json) context.json(mailFacts(views.indexOf(view) + 1, message));
    else if (letter.ok) {
      const { from } = letter.value;
      const name = nameOf(from);
      const doubt = senderDoubt(message);
      context.print(`From ${name === null ? from : `${name}, ${from}`}${doubt}`, doubt === "" ? "strong" : "warning");
      context.print(`Written ${timeWords(letter.value.madeAtMs)}`, "dim");
      // Indented: nobody's words stand where the shell's own do.
      for (const line of letter.value.text.split("\n")) context.print(`  ${sanitise(line)}`);
    } else code = context.refuse(letter);
    await context.client.markMailRead(view.id);
  }
  return code;
}

async function remove(context: CommandContext, numbers: readonly string[]): Promise<number> {
  const [views, ours] = await Promise.all([messagesHere(context.client), sentHere(context.client)]);
  if (!views.ok) return context.refuse(views);
  if (!ours.ok) return context.refuse(ours);
  const meant = chosen<Pick<MailView, "id">>(views.value, numbers, ours.value);
  if (!meant.ok) return context.refuse(meant);
  for (const { id } of meant.value) {
    const deleted = await context.client.deleteMail(id);
    if (!deleted.ok) return context.refuse(deleted);
  }
  const count = meant.value.length;
  const unsent = ours.value.filter((view) => view.standing === "waiting" && meant.value.includes(view)).length;
  const more = unsent === 0 ? "" : ` ${unsent} waited and ${unsent === 1 ? "was" : "were"} not sent.`;
  context.print(`Deleted ${count === 1 ? "a message" : `${count} messages`} for good.${more}`, "good");
  return 0;
}

/** What a message of ours is, for scripts. */
function sentFacts({ copy: _, ...facts }: SentMailView): Omit<SentMailView, "copy"> {
  return facts;
}

async function sent(context: CommandContext, json: boolean): Promise<number> {
  const { client } = context;
  const all = await sentHere(client);
  if (!all.ok) return context.refuse(all);
  const views = all.value.slice(-mostListed);
  const vault = await client.vaultStatus();
  const opened = vault.ok && vault.value.unlocked ? await ownWords(client, views) : accepted(new Map<string, string>());
  if (!opened.ok) return context.refuse(opened);
  const said = ({ id }: SentMailView): string | null => opened.value.get(toHex(id)) ?? null;
  if (json) {
    context.json(views.map((view) => ({ ...sentFacts(view), text: said(view) })));
    return 0;
  }
  const older = all.value.length - views.length;
  if (views.length === 0) context.print("You have sent none from this browser.", "dim");
  if (older > 0) context.print(`${older} older ones are not listed.`, "dim");
  const nowMs = context.environment.nowMs();
  const nameOf = await namesFor(context);
  for (const view of views) {
    const { words, tone } = standingWords(view);
    const age = duration(Math.max(0, nowMs - view.madeAtMs));
    context.print(
      `To ${nameOf(view.to) ?? sanitise(shortDid(view.to))}, ${age} ago. ${words}`,
      tone === "good" ? "plain" : tone,
    );
    for (const line of said(view)?.split("\n") ?? []) context.print(`  ${sanitise(line)}`, "dim");
  }
  return 0;
}

const inbox: Command = {
  name: "inbox",
  group: "messages",
  summary: "messages to you",
  usage: "inbox [read N… | delete N…] [--sent] [--json]",
  options: {
    "--sent": "your own messages and how far they are",
    "--json": "print one line of JSON",
  },
  examples: ["inbox", "inbox read 1", "inbox delete 1 2", "inbox --sent"],
  spec: { flags: ["json", "sent"], positionals: { least: 0, most: mostListed } },
  run: (context, { positionals: [action, ...numbers], flags }) => {
    const json = flags.has("json");
    if (flags.has("sent") && action === undefined) return sent(context, json);
    if (action === undefined) return list(context, json);
    if (action === "read" && numbers.length > 0) return read(context, numbers, json);
    if (action === "delete" && numbers.length > 0) return remove(context, numbers);
    return Promise.resolve(context.refuse(rejected("invalid-argument", `Usage: ${inbox.usage}`)));
  },
};

/** Commands about messages. */
export const mailCommands: readonly Command[] = [sendMessage, inbox];
