/**
 * `recovery give`: the holder's part. It waits as the share says, tells the owner, asks for the words that the owner reads
 * out; only then the vault seals the share for the device that asked.
 * @module
 */
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { wordsOf, writeRecoveryFile } from "#identity/recovery/files.ts";
import { wordsAsTyped } from "#identity/six-words.ts";
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ShareFacts } from "#sdk/recovery.ts";
import { cancelled } from "../commands/backup.ts";
import { aside, type CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { openAll } from "../commands/mail-opening.ts";
import { reached } from "../contacts.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sendWords } from "../mail-sending.ts";
import { printShare, stopWords } from "./owner.ts";
import { recoveryBytes, recoveryFolder, waitWords } from "./recovery-file.ts";

/** When this holder was first asked by a request; now, and noted, if it is new. */
async function askedAt(
  context: CommandContext,
  request: Uint8Array,
  owner: string,
): Promise<Result<{ ms: number; isNew: boolean }>> {
  const { files, nowMs } = context.environment;
  const path = `${recoveryFolder}asked-${toHex(sha256(request)).slice(0, 12)}-for-${owner.slice(-8)}.txt`;
  const note = await files.read(path);
  if (note.ok) {
    const ms = Number(decodeUtf8(note.value, 0, note.value.length) ?? "");
    if (Number.isSafeInteger(ms) && ms > 0) return accepted({ ms, isNew: false });
  } else if (note.code !== "not-found") return note;
  const ms = nowMs();
  const written = await files.write(path, utf8ToBytes(`${ms}`));
  return written.ok ? accepted({ ms, isNew: true }) : written;
}

/** Whether an address is the owner's, or of keys that took over from theirs. */
async function isOwners({ client }: CommandContext, owner: string, did: string): Promise<Result<boolean>> {
  if (did === owner) return accepted(true);
  const key = publicKeyOfDid(did);
  const standing = key.ok ? await client.succession(keyHashOf(key.value)) : key;
  return standing.ok ? accepted(standing.value.earlier.some((one) => didOf(one) === owner)) : standing;
}

/** Whether the owner has said, since then, that the request is not theirs. What is for another space does not open here. */
async function isStopped(context: CommandContext, owner: string, sinceMs: number): Promise<Result<boolean>> {
  await context.client.collectMail();
  const views = await context.client.mail();
  const opened = views.ok ? await openAll(context.client, views.value) : views;
  if (!opened.ok) return opened;
  for (const { letter, view } of opened.value) {
    if (!letter.ok || view.arrivedAtMs < sinceMs || !letter.value.text.startsWith(stopWords)) continue;
    const theirs = await isOwners(context, owner, letter.value.from);
    if (!theirs.ok || theirs.value) return theirs;
  }
  return accepted(false);
}

/** Waits as the share says; null if it may be given, or the exit code. */
async function waited(context: CommandContext, facts: ShareFacts, request: Uint8Array): Promise<number | null> {
  const asked = await askedAt(context, request, facts.owner);
  if (!asked.ok) return context.refuse(asked);
  const stopped = await isStopped(context, facts.owner, asked.value.ms);
  // Whoever cannot read what the owner has said must not give.
  if (!stopped.ok) return context.refuse(stopped);
  if (stopped.value) {
    const message = "The owner has told you not to give it: this request is not theirs. Nothing was given.";
    return context.refuse(rejected("cancelled", message));
  }
  const leftMs = asked.value.ms + facts.waitMs - context.environment.nowMs();
  if (asked.value.isNew) {
    const owner = publicKeyOfDid(facts.owner);
    const words = `Somebody asks me for my share of your keys. Their six words are: ${wordsOf(request)}. If that is not you, type: recovery stop and my address.`;
    const person = owner.ok
      ? await reached(context.client, { did: facts.owner, name: null, publicKey: owner.value })
      : owner;
    const told = person.ok ? await sendWords(context.client, person.value, words) : person;
    if (told.ok) context.print("The owner is being told by a message.", "dim");
    else
      context.print(
        "The owner could not be told by a message from here: their node has not been seen. Call them.",
        "warning",
      );
  }
  if (leftMs <= 0) return null;
  context.print(
    `Nothing was given yet: the owner wants ${waitWords(facts.waitMs)} between asking and giving, so that they can stop it. Type this again in ${waitWords(leftMs)}.`,
    "warning",
  );
  return 1;
}

/** `recovery give`. */
export async function give(context: CommandContext, { positionals: [path, from] }: ParsedOptions): Promise<number> {
  const sealed = await recoveryBytes(context, "share", path);
  if (!sealed.ok) return context.refuse(sealed);
  const request = await recoveryBytes(context, "request", from);
  if (!request.ok) return context.refuse(request);
  const words = aside(context);
  if ((await unlocked(words, { makes: false })) === null) return 1;
  const facts = await context.client.readShare(sealed.value);
  if (!facts.ok) return context.refuse(facts);
  printShare(words, facts.value);
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  const { space } = facts.value;
  if (status.value.space !== space) {
    const message = `Your space ${space} holds this share, and what its owner says about it comes there. Type \`space ${space}\`, then this again. Nothing was given.`;
    return context.refuse(rejected("space-changed", message));
  }
  const code = await waited(words, facts.value, request.value);
  if (code !== null) return code;
  words.print(
    "The device that asks shows six words. Let the owner read them to you in person or on the telephone, so that you know who asks.",
    "strong",
  );
  const read = await context.ask("The six words: ");
  if (read === null) return cancelled(words);
  if (wordsAsTyped(read) !== wordsOf(request.value)) {
    const message = "These are not the words of this request: it is another device that asks. Nothing was given.";
    return context.refuse(rejected("wrong-holder", message));
  }
  const given = await context.client.passShare(sealed.value, request.value);
  if (!given.ok) return context.refuse(given);
  context.write(utf8ToBytes(writeRecoveryFile("share", given.value)));
  words.print("Given: only the device that asked can open it. You still hold your share.", "good");
  return 0;
}
