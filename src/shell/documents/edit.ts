/**
 * What `edit` does.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { toHex } from "#protocol/codec/bytes.ts";
import { documentParameter, looksLikeDocumentLink, readDocumentLink } from "#protocol/documents/link.ts";
import { rejected } from "#protocol/result.ts";
import type { DocumentView } from "#sdk/documents.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { contactsOf, findPerson, namesByAddress } from "../contacts.ts";
import { timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import type { DocumentSession } from "./document-session.ts";

function list(context: CommandContext, documents: readonly DocumentView[], json: boolean): number {
  if (json) context.json(documents.map(({ id, name }) => ({ id: toHex(id), name })));
  else if (documents.length === 0) context.print("You have no documents yet; `edit NAME` begins one.");
  else for (const { name } of documents) context.print(name);
  return 0;
}

/** Asks, unless that was answered before; false if it is not to be. */
async function mayGoOn(context: CommandContext, question: string, flags: ParsedOptions["flags"]): Promise<boolean> {
  if (flags.has("yes") || (await context.confirm(question))) return true;
  context.notice("Nothing was changed.", "dim");
  return false;
}

async function invite(context: CommandContext, { name }: DocumentView, flags: ParsedOptions["flags"]): Promise<number> {
  context.notice(
    `A link that lets whoever has it read all of ${name} and write it, from now on, and they can pass it on. It cannot be taken back by itself; once somebody was removed (\`edit ${name} --remove WHO\`) it lets nobody in any more.`,
    "warning",
  );
  if (flags.has("dry-run")) return 0;
  if (!(await mayGoOn(context, "Make it?", flags))) return 130;
  const made = await context.client.documentLink(name);
  if (!made.ok) return context.refuse(made);
  const link = context.environment.addressOf(`/#${documentParameter}=${made.value}`);
  if (flags.has("json")) context.json({ name, link });
  else context.print(link, "strong");
  return 0;
}

async function forget(context: CommandContext, found: DocumentView, flags: ParsedOptions["flags"]): Promise<number> {
  const { client } = context;
  context.notice(
    `Deletes ${found.name} and its keys from this device. Whoever else has it keeps theirs; if nobody has, it is gone for good.`,
    "warning",
  );
  if (flags.has("dry-run")) return 0;
  if (!(await mayGoOn(context, "Delete it?", flags))) return 130;
  // First what can be read, then what reads it: a crash between the two leaves a document that is empty, not one that stays unseen.
  const dropped = await client.dropDocument(found.id);
  if (!dropped.ok && dropped.code !== "not-found") return context.refuse(dropped);
  const forgotten = await client.forgetDocument(found.name);
  if (!forgotten.ok) return context.refuse(forgotten);
  if (flags.has("json")) context.json({ forgotten: found.name });
  else context.print(`${found.name} is not on this device any more.`, "good");
  return 0;
}

/** Opens a document for as long as something is read of it. */
async function reading(
  context: CommandContext,
  document: DocumentView,
  read: (session: DocumentSession) => Promise<number>,
): Promise<number> {
  const { DocumentSession } = await import("./document-session.ts");
  // It writes nothing by itself, so nothing waits to be kept.
  const schedule = () => () => undefined;
  const opened = await DocumentSession.open({ client: context.client, document, schedule });
  if (!opened.ok) return context.refuse(opened);
  try {
    return await read(opened.value);
  } finally {
    await opened.value.close();
  }
}

function giveOut(context: CommandContext, name: string, text: string, json: boolean): number {
  if (json) context.json({ name, text });
  else context.write(new TextEncoder().encode(text === "" || text.endsWith("\n") ? text : `${text}\n`));
  return 0;
}

function print(context: CommandContext, document: DocumentView, { flags, values }: ParsedOptions): Promise<number> {
  const { name } = document;
  const wanted = values.get("version");
  return reading(context, document, async (session) => {
    if (wanted === undefined) return giveOut(context, name, session.shared.toString(), flags.has("json"));
    const { versionsOf } = await import("./history.ts");
    const version = /^\d{1,6}$/.test(wanted) ? versionsOf(session.written)[Number(wanted) - 1] : undefined;
    if (version === undefined)
      return context.refuse(rejected("not-found", `There is no such version; \`edit ${name} --history\` lists them.`));
    return giveOut(context, name, version.text, flags.has("json"));
  });
}

function history(context: CommandContext, document: DocumentView, json: boolean): Promise<number> {
  return reading(context, document, async (session) => {
    const { versionsOf } = await import("./history.ts");
    const nameOf = namesByAddress(await contactsOf(context.client));
    const vault = await context.client.vaultStatus();
    const own = vault.ok ? vault.value.did : null;
    const versions = versionsOf(session.written);
    if (json) {
      context.json(
        versions.map(({ text, ...version }, at) => ({ version: at + 1, ...version, characters: text.length })),
      );
      return 0;
    }
    if (versions.length === 0) context.print("Nothing has been written in it yet.");
    for (const [at, { from, madeAtMs, changes, text }] of versions.entries()) {
      const who = from === own ? "you" : (nameOf(from) ?? from);
      const count = `${changes} change${changes === 1 ? "" : "s"}`;
      context.print(`${at + 1}  ${timeWords(madeAtMs)}  ${who}, ${count}, ${text.length} characters`);
    }
    return 0;
  });
}

function anchors(context: CommandContext, document: DocumentView, flags: ParsedOptions["flags"]): Promise<number> {
  return reading(context, document, async (session) => {
    const { anchor, listAnchors } = await import("./anchors.ts");
    return (flags.has("anchor") ? anchor : listAnchors)(context, document, session, flags);
  });
}

/** Opens a document to say who is in it, and to change that. */
function withMembers(
  context: CommandContext,
  document: DocumentView,
  act: (session: DocumentSession, nameOf: (did: string) => string) => Promise<number>,
): Promise<number> {
  return reading(context, document, async (session) => {
    const said = await session.begin();
    const saved = said.ok ? await session.save() : said;
    // Who was removed themselves still sees who is in it, as far as they know.
    if (!saved.ok && saved.code !== "wrong-holder") return context.refuse(saved);
    const nameOf = namesByAddress(await contactsOf(context.client));
    const vault = await context.client.vaultStatus();
    const own = vault.ok ? vault.value.did : null;
    return act(session, (did) => (did === own ? "you" : (nameOf(did) ?? did)));
  });
}

function members(context: CommandContext, document: DocumentView, json: boolean): Promise<number> {
  return withMembers(context, document, async (session, nameOf) => {
    const all = session.members();
    const removed = session.rotations.all.flatMap(({ rotation }) => rotation.removed.map(didOf));
    if (json) context.json({ members: all.map(({ did }) => did), removed });
    else {
      for (const { did } of all) context.print(nameOf(did));
      for (const did of removed) context.print(`${nameOf(did)}, removed`, "dim");
      const { trouble } = session.state();
      if (trouble !== null) context.notice(trouble.message, "warning");
    }
    return 0;
  });
}

/** Names that are said; who has used up all removals may have made up as many. */
const mostFallenNames = 8;

function warnOfFallen(context: CommandContext, fallen: readonly string[]): void {
  if (fallen.length === 0) return;
  const more = fallen.length > mostFallenNames ? ` and ${fallen.length - mostFallenNames} others` : "";
  context.notice(
    `They have used up the removals that this document has room for. So all removals since their first one fall with this one: ${fallen.slice(0, mostFallenNames).join(", ")}${more}. Who of these was in the document is in it again; remove them anew.`,
    "warning",
  );
}

async function removeMember(context: CommandContext, document: DocumentView, { flags, values }: ParsedOptions) {
  const person = await findPerson(context.client, values.get("remove") ?? "");
  if (!person.ok) return context.refuse(person);
  const { publicKey, did } = person.value;
  const { name } = document;
  return withMembers(context, document, async (session, nameOf) => {
    const stay = session.staying(publicKey);
    if (!stay.ok) return context.refuse(stay);
    const without = session.leftOut(publicKey).map(nameOf);
    const others = without.length > 0 ? ` (not among them: ${without.join(", ")})` : "";
    context.notice(
      `${nameOf(did)} keeps what they have of ${name}, and reads and writes nothing that comes after; they cannot come back to it with that address. A new key goes, in this order, in which each can remove those behind them, to: ${stay.value.map((one) => nameOf(one.did)).join(", ")}${others}. Whoever is not among them needs a new invitation, and old ones let nobody in any more. Until somebody who stays has heard of it, what they write can still be read with the old key.`,
      "warning",
    );
    warnOfFallen(context, session.fallenWith(publicKey).map(nameOf));
    if (flags.has("dry-run")) return 0;
    if (!(await mayGoOn(context, "Remove them?", flags))) return 130;
    const removed = await session.remove(publicKey);
    if (!removed.ok) return context.refuse(removed);
    if (flags.has("json"))
      context.json({ removed: did, members: stay.value.map((one) => one.did), without: session.leftOut(publicKey) });
    else context.print(`${nameOf(did)} was removed from ${name}.`, "good");
    return 0;
  });
}

/** A document by an invitation, under the name that is wanted or one that is free. */
async function join(
  context: CommandContext,
  { positionals, flags }: ParsedOptions,
  held: readonly DocumentView[],
): Promise<number> {
  const [link = "", wanted] = positionals;
  const read = readDocumentLink(link);
  if (!read.ok) return context.refuse(read);
  const known = held.find(({ id }) => toHex(id) === toHex(read.value.id));
  if (known !== undefined) {
    context.notice(`You have this document already, as ${known.name}.`, "dim");
    return show(context, known, flags);
  }
  const taken = new Set(held.map(({ name }) => name));
  let name = wanted ?? "invited";
  for (let number = 2; wanted === undefined && taken.has(name); number++) name = `invited-${number}`;
  context.notice(
    `Somebody invites you to write a document with them. It will be called ${name} here and kept on this device. Peers who have it see this tab as a peer, and what you write in it, with your address.`,
    "plain",
  );
  if (flags.has("dry-run")) return 0;
  if (!(await mayGoOn(context, "Join?", flags))) return 130;
  const joined = await context.client.joinDocument(name, link);
  return joined.ok ? show(context, joined.value, flags) : context.refuse(joined);
}

function show(context: CommandContext, { id, name }: DocumentView, flags: ParsedOptions["flags"]): number {
  if (flags.has("json")) context.json({ id: toHex(id), name });
  else context.environment.openWindow({ window: "documents", at: name });
  return 0;
}

/** Runs `edit`. */
export async function edit(context: CommandContext, options: ParsedOptions): Promise<number> {
  const { positionals, flags, values } = options;
  const [word, second] = positionals;
  const deeds = (["invite", "print", "history", "anchor", "anchors", "members", "forget"] as const).filter((flag) =>
    flags.has(flag),
  );
  const count = deeds.length + (values.has("remove") ? 1 : 0);
  const isLink = word !== undefined && looksLikeDocumentLink(word);
  const wrong =
    count > 1 ||
    (count === 1 && (word === undefined || isLink)) ||
    (second !== undefined && !isLink) ||
    (values.has("version") && !flags.has("print"));
  if (wrong) {
    const message =
      "edit takes the name of a document with at most one of --invite, --print (and with it --version), --history, --anchor, --anchors, --members, --remove WHO, --forget; or a link, and a name for it.";
    return context.refuse(rejected("invalid-argument", message));
  }
  if ((await unlocked(context)) === null) return 1;
  const held = await context.client.documents();
  if (!held.ok) return context.refuse(held);
  if (word === undefined) return list(context, held.value, flags.has("json"));
  if (isLink) return join(context, options, held.value);
  const found = held.value.find(({ name }) => name === word.normalize("NFC"));
  if (found !== undefined) {
    if (flags.has("invite")) return invite(context, found, flags);
    if (flags.has("forget")) return forget(context, found, flags);
    if (flags.has("members")) return members(context, found, flags.has("json"));
    if (values.has("remove")) return removeMember(context, found, options);
    if (flags.has("history")) return history(context, found, flags.has("json"));
    if (flags.has("anchor") || flags.has("anchors")) return anchors(context, found, flags);
    return flags.has("print") ? print(context, found, options) : show(context, found, flags);
  }
  if (count > 0) return context.refuse(rejected("not-found", `You have no document ${word}; \`edit\` lists them.`));
  if (flags.has("dry-run")) {
    context.print(`Would begin a document ${word}, kept on this device.`);
    return 0;
  }
  const made = await context.client.makeDocument(word);
  return made.ok ? show(context, made.value, flags) : context.refuse(made);
}
