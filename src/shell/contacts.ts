/**
 * Names of people in commands: `@alice` where an address is taken. A name is looked up in the vault, which must be open for
 * that, and what it stands for is always shown whole.
 * @module
 */
import { nameMark, readName } from "#identity/contact-name.ts";
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { Client, ContactView } from "#sdk/contract.ts";
import { isAddressShown } from "./commands/backup.ts";
import type { CommandContext } from "./commands/command.ts";
import { unlocked } from "./commands/identity.ts";

/** Whom a word of a command names. */
export interface Person {
  readonly did: string;
  /** The name that the user gave; null: none, or the vault is locked. */
  readonly name: string | null;
  readonly publicKey: Uint8Array;
}

/** Whether a word is a name and not an address. */
export function isName(word: string): boolean {
  return word.startsWith(nameMark);
}

/** A name as it stands in commands. */
export function marked(name: string): string {
  return `${nameMark}${name}`;
}

/** Addresses that complete a word: those the user has typed, and the user's own once it is shown. */
export async function knownAddresses(
  client: Pick<Client, "vaultStatus">,
  longWords: readonly string[],
): Promise<readonly string[]> {
  const typed = longWords.filter((word) => word.startsWith("did:"));
  const vault = await client.vaultStatus();
  const own = vault.ok && isAddressShown(vault.value) ? vault.value.did : null;
  return own === null ? typed : [...typed, own];
}

/** Names and addresses of an open vault; none while it is locked. */
export async function contactsOf(client: Pick<Client, "contacts">): Promise<readonly ContactView[]> {
  const contacts = await client.contacts();
  return contacts.ok ? contacts.value : [];
}

/** The names, with their mark, that addresses have; null for one that has none. */
export function namesByAddress(contacts: readonly ContactView[]): (did: string) => string | null {
  const names = new Map(contacts.map(({ did, name }) => [did, marked(name)]));
  return (did) => names.get(did) ?? null;
}

/** The address that a name stands for, or the name that an address has. Refuses names nobody has, and what is neither. */
export async function findPerson(client: Pick<Client, "contacts">, word: string): Promise<Result<Person>> {
  if (!isName(word)) {
    const publicKey = readAddress(word);
    if (!publicKey.ok) return publicKey;
    const named = (await contactsOf(client)).find(({ did }) => did === word);
    return accepted({ did: word, name: named?.name ?? null, publicKey: publicKey.value });
  }
  const name = readName(word);
  if (!name.ok) return name;
  const contacts = await client.contacts();
  if (!contacts.ok) return contacts;
  const found = contacts.value.find((one) => one.name === name.value);
  if (found === undefined) {
    const message = `You have no name ${marked(name.value)}. \`contact list\` lists those you have, \`contact add\` gives one to an address.`;
    return rejected("not-found", message);
  }
  const publicKey = publicKeyOfDid(found.did);
  return publicKey.ok ? accepted({ did: found.did, name: found.name, publicKey: publicKey.value }) : publicKey;
}

/** Whom a word names, asking for the passphrase where a name needs it; the exit code if nobody is to be named. */
export async function findOpenly(context: CommandContext, word: string): Promise<Person | number> {
  const slip = slipIn(word);
  if (slip !== null) return context.refuse(slip);
  if (isName(word) && (await unlocked(context)) === null) return 1;
  const person = await findPerson(context.client, word);
  return person.ok ? person.value : context.refuse(person);
}

/** The address that a word names if it is a name, or the word as it is; the exit code if nobody has that name. */
export async function addressIfNamed(context: CommandContext, word: string): Promise<string | number> {
  if (!isName(word)) return word;
  const person = await findOpenly(context, word);
  return typeof person === "number" ? person : person.did;
}

/** A person as reached now: with the address that took over from theirs, if one did. */
export interface Reached extends Person {
  /** The address that was given; null if it stands for itself. */
  readonly replaced: string | null;
}

/** Whom to pay or write to for a person: whoever has replaced their keys is reached by the new ones alone. */
export async function reached(client: Pick<Client, "succession">, person: Person): Promise<Result<Reached>> {
  const standing = await client.succession(keyHashOf(person.publicKey));
  if (!standing.ok) return standing;
  const { successor } = standing.value;
  if (successor === null) return accepted({ ...person, replaced: null });
  return accepted({ name: person.name, did: didOf(successor), publicKey: successor, replaced: person.did });
}

/** What is wrong with an address: said before anybody is asked for a passphrase, which names need and addresses do not. */
export function slipIn(word: string): Rejected | null {
  const key = isName(word) ? null : readAddress(word);
  return key === null || key.ok ? null : key;
}

/** What completes a word that names somebody. */
export async function knownPeople(
  client: Pick<Client, "contacts" | "vaultStatus">,
  longWords: readonly string[],
): Promise<readonly string[]> {
  const names = (await contactsOf(client)).map(({ name }) => marked(name));
  return [...names, ...(await knownAddresses(client, longWords))];
}

/** The key in an address. People forget the @ of a name, so that is said. */
export function readAddress(word: string): Result<Uint8Array> {
  const key = publicKeyOfDid(word);
  const name = readName(word);
  if (key.ok || word.startsWith("did:") || !name.ok) return key;
  return { ...key, message: `${key.message} A name begins with @, as in ${marked(name.value)}.` };
}

/** A person in words: the name, if there is one, and always the whole address. */
export function personWords({ name, did, replaced = null }: Pick<Person, "name" | "did"> & Partial<Reached>): string {
  const words = name === null ? did : `${marked(name)}, ${did}`;
  return replaced === null ? words : `${words}, which took over from ${replaced}`;
}
