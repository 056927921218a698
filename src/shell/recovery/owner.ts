/**
 * `recovery share`, `key`, `show`, `stop`: what the owner of keys does, and who holds a share for them.
 * @module
 */
import { didOf } from "#identity/did.ts";
import { readRecoveryFile, writeRecoveryFile } from "#identity/recovery/files.ts";
import { checkShareOrder } from "#identity/recovery/shares.ts";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { readKeyRecord } from "#protocol/mail/credentials.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { VaultStatus } from "#sdk/contract.ts";
import type { ShareFacts } from "#sdk/recovery.ts";
import { spaceNames } from "#sdk/spaces.ts";
import { tryPassphrase } from "../commands/backup.ts";
import { aside, type CommandContext } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { findPerson, isName, personWords, type Reached, reached } from "../contacts.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sendWords } from "../mail-sending.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { recoveryBytes, recoveryFolder, waitWords } from "./recovery-file.ts";

const hourMs = 3_600_000;

/** How long holders wait unless said. */
const usualHours = 48;

/** What a message that stops holders begins with. */
export const stopWords = "aether-recovery-stop";

interface Holder {
  readonly key: Uint8Array;
  readonly person: Reached;
  readonly record: Uint8Array;
}

/** Refuses outside the first space: holders know the owner of a share by its key. */
async function ownerHere({ client }: CommandContext): Promise<Result<VaultStatus>> {
  const status = await client.vaultStatus();
  if (!status.ok || status.value.space === spaceNames[0]) return status;
  return rejected(
    "space-changed",
    `Shares are of the keys of your space ${spaceNames[0]}, and you are in ${status.value.space}: holders would not know you. Type \`space ${spaceNames[0]}\`, then this again. Nothing was made or sent.`,
  );
}

/** A holder by address or name, asked from peers, or by the file they made. */
async function holderOf(context: CommandContext, named: string): Promise<Result<Holder>> {
  if (named.startsWith("did:") || isName(named)) {
    const found = await findPerson(context.client, named);
    // Keys that were replaced may be in a thief's hands: no share is sealed for them.
    const person = found.ok ? await reached(context.client, found.value) : found;
    if (!person.ok) return person;
    const { publicKey } = person.value;
    const record = await context.client.mailKey(keyHashOf(publicKey));
    if (record.ok) return accepted({ key: publicKey, person: person.value, record: record.value });
    return {
      ...record,
      message: `${record.message} Or let them make a file with \`recovery key\`, and name that file.`,
    };
  }
  const file = await context.environment.files.read(named);
  if (!file.ok) return file;
  const bytes = readRecoveryFile("key", decodeUtf8(file.value, 0, file.value.length) ?? "");
  const record = bytes.ok ? readKeyRecord(bytes.value, context.environment.nowMs()) : bytes;
  if (!record.ok || !bytes.ok) return record as Result<never>;
  const { signingKey: key } = record.value;
  const person = await reached(context.client, { did: didOf(key), name: null, publicKey: key });
  if (!person.ok) return person;
  if (person.value.replaced === null) return accepted({ key, person: person.value, record: bytes.value });
  const message = `${named} is of keys that were replaced: ${personWords(person.value)}. Let them make another file with \`recovery key\`. No share was made.`;
  return rejected("wrong-holder", message);
}

/** `recovery share`. */
export async function share(
  context: CommandContext,
  { positionals: [needed = "", ...named], values, flags }: ParsedOptions,
): Promise<number> {
  const required = Number(needed);
  const waitMs = Number(values.get("wait") ?? usualHours) * hourMs;
  const possible = checkShareOrder({ required, total: named.length, waitMs });
  if (!possible.ok) return context.refuse(possible);
  const here = await ownerHere(context);
  if (!here.ok) return context.refuse(here);
  if (named.some(isName) && (await unlocked(context)) === null) return 1;
  const holders: Holder[] = [];
  for (const name of named) {
    const holder = await holderOf(context, name);
    if (!holder.ok) return context.refuse(holder);
    holders.push(holder.value);
  }
  const dids = holders.map(({ person }) => person.did);
  if (new Set(dids).size !== dids.length) {
    return context.refuse(rejected("invalid-argument", "One person cannot hold two shares: they would count for two."));
  }
  if (!flags.has("json")) {
    context.print(
      `Any ${required} of these ${dids.length} people together can get your keys, and all you have:`,
      "strong",
    );
    for (const { person } of holders) context.print(`  ${personWords(person)}`);
    context.print(
      `Their app waits ${waitWords(waitMs)} once they are asked, and tells you. Nothing but their word makes them wait: choose people who would not act together against you.`,
      "warning",
    );
  }
  const made = await tryPassphrase(context, "Passphrase: ", (passphrase) =>
    context.client.splitVault(passphrase, { required, waitMs, holders }),
  );
  if (!made.ok) return made.code;
  const paths = dids.map((did, at) => `${recoveryFolder}share-${at + 1}-for-${did.slice(-8)}.txt`);
  for (const [at, sealed] of made.value.entries()) {
    const written = await context.environment.files.write(
      paths[at] as string,
      utf8ToBytes(writeRecoveryFile("share", sealed)),
    );
    if (!written.ok) return context.refuse(written);
  }
  if (flags.has("json")) context.json({ required, shares: paths.map((path, at) => ({ path, holder: dids[at] })) });
  else {
    for (const path of paths) context.print(path, "good");
    context.print(
      "Give each of them their file (`save` hands it to you). Only they can open it. Then try it: `man recovery`.",
    );
  }
  return 0;
}

/** `recovery key`. */
export async function key(context: CommandContext): Promise<number> {
  if ((await unlocked(aside(context))) === null) return 1;
  const status = await context.client.status();
  if (!status.ok) return context.refuse(status);
  const made = await context.client.mailCredentials({ networkId: status.value.networkId, peerId: "" });
  if (!made.ok) return context.refuse(made);
  context.write(utf8ToBytes(writeRecoveryFile("key", made.value.record)));
  return 0;
}

/** What a share is about, in words. */
export function printShare(context: CommandContext, { owner, required, total, waitMs, madeAtMs }: ShareFacts): void {
  context.print(`A share of the keys of ${owner}`, "strong");
  context.print(`  ${required} of ${total} bring them back; made ${new Date(madeAtMs).toISOString().slice(0, 10)}`);
  context.print(`  Once you are asked for it, wait ${waitWords(waitMs)}: \`recovery give\` does.`);
}

/** `recovery show`. */
export async function show(context: CommandContext, { positionals: [path], flags }: ParsedOptions): Promise<number> {
  const sealed = await recoveryBytes(context, "share", path);
  if (!sealed.ok) return context.refuse(sealed);
  if ((await unlocked(context, { makes: false })) === null) return 1;
  const facts = await context.client.readShare(sealed.value);
  if (!facts.ok) return context.refuse(facts);
  if (flags.has("json")) context.json(facts.value);
  else printShare(context, facts.value);
  return 0;
}

/** `recovery stop`. */
export async function stop(context: CommandContext, { positionals }: ParsedOptions): Promise<number> {
  if (positionals.length === 0) {
    return context.refuse(rejected("invalid-argument", "Whom? Name the addresses of those who hold your shares."));
  }
  const keys = await unlocked(context, { makes: false });
  if (keys === null) return 1;
  const here = await ownerHere(context);
  if (!here.ok) return context.refuse(here);
  const words = `${stopWords}: do not give my share to anybody.`;
  let code = 0;
  for (const word of positionals) {
    const found = await findPerson(context.client, word);
    const holder = found.ok ? await reached(context.client, found.value) : found;
    const told = holder.ok ? await sendWords(context.client, holder.value, words, keys.publicKey) : holder;
    if (holder.ok && told.ok) context.print(`On its way to ${personWords(holder.value)}.`, "good");
    else if (!told.ok) {
      context.print(`${sanitise(word)} is not told: ${sanitise(told.message)}`, "bad");
      code = 1;
    }
  }
  context.print("Their app refuses to give your share for a request that came before this. Also call them.", "dim");
  return code;
}
