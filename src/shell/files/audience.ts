/**
 * Sharing with certain people: who they are, and sealing a manifest so that they alone open it.
 * @module
 */
import { equalBytes } from "#protocol/codec/bytes.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import type { FileAddress } from "#protocol/files/addressed.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { cidOf, type FileLink } from "#protocol/files/link.ts";
import type { FileManifest } from "#protocol/files/manifest.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { FileCipher, FileReceiver, Sealed, SealedBlock } from "#sdk/files.ts";
import type { CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { standingWords } from "../commands/mail-words.ts";
import { findPerson, personWords, type Reached, reached, slipIn } from "../contacts.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sendWords } from "../mail-sending.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { addressOfLink } from "./held.ts";
import { mostUnlocks } from "./remember.ts";
import type { FileStanding } from "./standing.ts";

/** Whom a link is for, beside who makes it. */
export interface Audience {
  /** Key of the space that shares. */
  readonly from: Uint8Array;
  /** Nobody: it is for who makes it alone. */
  readonly people: readonly (Reached & FileReceiver)[];
}

/** What became of the message that brings somebody a link. */
interface SentLink {
  readonly to: string;
  /** As of a message; null if it could not be sent. */
  readonly standing: string | null;
}

function tooMany(): Rejected {
  return rejected("too-many", `A link is for ${fileLimits.receivers} people at most. Nothing was shared.`);
}

function unknownKey(person: Reached, refused: Rejected): Rejected {
  if (refused.code !== "no-encryption-key") return refused;
  const words = `Nobody here knows the encryption key of ${personWords(person)}. They must have opened their keys in this network once in the last 90 days; ask them to, and try again. Nothing was shared.`;
  return rejected(refused.code, words);
}

/** Whom some words name, each once, and the keys to wrap for. */
async function findAll(context: CommandContext, words: readonly string[], from: Uint8Array): Promise<Result<Audience>> {
  const { client } = context;
  const people: (Reached & FileReceiver)[] = [];
  for (const word of words) {
    const named = await findPerson(client, word);
    const person = named.ok ? await reached(client, named.value) : named;
    if (!person.ok) return person;
    const { publicKey } = person.value;
    const isKnown = equalBytes(publicKey, from) || people.some((one) => equalBytes(one.publicKey, publicKey));
    if (isKnown) continue;
    const record = await client.mailKey(keyHashOf(publicKey));
    if (!record.ok) return unknownKey(person.value, record);
    people.push({ ...person.value, record: record.value });
  }
  return accepted({ from, people });
}

/** Whom a link is to be for, with the vault opened in place; null: for whoever has it. The exit code if that was refused. */
export async function audienceOf(
  context: CommandContext,
  { lists, flags }: ParsedOptions,
): Promise<Audience | null | number> {
  const words = lists.get("with") ?? [];
  if (words.length === 0)
    return flags.has("send")
      ? context.refuse(rejected("invalid-argument", "Send it to whom? `--with WHO --send`. Nothing was shared."))
      : null;
  const slip = words.map(slipIn).find((one) => one !== null);
  if (slip !== undefined && slip !== null) return context.refuse(slip);
  if (words.length > fileLimits.receivers) return context.refuse(tooMany());
  const keys = await unlocked(context);
  if (keys === null) return 1;
  const found = await findAll(context, words, keys.publicKey);
  return found.ok ? found.value : context.refuse(found);
}

/** For whom it is, in words. */
export function audienceWords({ people }: Audience): string {
  return people.length === 0 ? "yourself alone" : people.map(personWords).join("; ");
}

/** What is remembered of it: their keys; null: whoever has the link. */
export function readersOf(audience: Audience | null): readonly Uint8Array[] | null {
  return audience?.people.map(({ publicKey }) => publicKey) ?? null;
}

/** What only these people can do, and they can. */
export function opensForWords({ people }: Audience, span: string): string {
  return people.length === 0
    ? `The link opens it with your keys alone, for ${span}.`
    : `The link opens it with their keys and with yours, and for nobody else, for ${span}; who has opened it can pass on what they got.`;
}

/** Wraps a key in the vault, which may have locked itself while the file was on its way. */
async function wrapped(context: CommandContext, manifest: FileLink, audience: Audience): Promise<Result<FileAddress>> {
  for (let tries = 0; ; tries++) {
    const address = await context.client.wrapFileKey(manifest, audience.people, audience.from);
    if (address.ok || address.code !== "vault-locked" || tries === mostUnlocks) return address;
    context.notice("Your keys were locked meanwhile; they are needed to share this.", "warning");
    if ((await unlocked(context, { makes: false })) === null) return address;
  }
}

/** Seals a manifest: for whoever has the link, or for some people. */
export async function sealFor(
  context: CommandContext,
  cipher: FileCipher,
  manifest: FileManifest,
  audience: Audience | null,
): Promise<Result<Sealed>> {
  const sealed = await cipher.sealManifest(manifest);
  if (!sealed.ok || audience === null) return sealed;
  const [block] = sealed.value.blocks as [SealedBlock];
  const address = await wrapped(context, { digest: block.digest, key: sealed.value.key }, audience);
  if (!address.ok) return address;
  return cipher.sealAddressed({ type: "addressed", ...address.value, manifest: block.bytes });
}

/** Sends the link to each of them, and says what became of that. */
async function sendLink(
  context: CommandContext,
  { people, from }: Audience,
  name: string,
  link: string,
): Promise<readonly SentLink[]> {
  const all: SentLink[] = [];
  for (const person of people) {
    const sent = await sendWords(context.client, person, `${name}: ${link}`, from);
    const who = personWords(person);
    if (sent.ok) {
      const { words, tone } = standingWords(sent.value);
      context.notice(`The link for ${who}: ${words}`, tone === "good" ? "plain" : tone);
    } else
      context.notice(
        `The link was not sent to ${who}: ${sanitise(sent.message)} Give it to them by another way.`,
        "warning",
      );
    all.push({ to: person.did, standing: sent.ok ? sent.value.standing : null });
  }
  return all;
}

/** What a link opens. */
interface LeftFile extends FileLink {
  readonly name: string;
  readonly sizeBytes: number;
  readonly untilMs: number;
  readonly standing: FileStanding;
}

/** Gives out a link that was made, and sends it if that is wanted; `tell` says where it is kept. The exit code. */
export async function giveLink(
  context: CommandContext,
  { flags }: Pick<ParsedOptions, "flags">,
  audience: Audience | null,
  left: LeftFile,
  tell: () => void,
): Promise<number> {
  const link = addressOfLink(context, left);
  const { name, digest, sizeBytes, untilMs, standing } = left;
  if (!flags.has("json")) {
    tell();
    context.print(link, "strong");
  }
  const sent = audience !== null && flags.has("send") ? await sendLink(context, audience, name, link) : [];
  if (flags.has("json")) {
    const { keepers, mayLeave } = standing;
    const facts = { link, cid: cidOf(digest), sizeBytes, keepers: keepers.size, mayLeave, untilMs };
    context.json(audience === null ? facts : { ...facts, with: audience.people.map(({ did }) => did), sent });
  }
  return sent.every(({ standing: became }) => became !== null) ? 0 : 1;
}
