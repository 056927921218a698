/**
 * `contact`: names for addresses.
 * @module
 */
import { readName } from "#identity/contact-name.ts";
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { ContactView } from "#sdk/contract.ts";
import { contactsOf, findPerson, isName, knownAddresses, marked, personWords } from "../contacts.ts";
import { table } from "../format.ts";
import { misuse } from "../language/usage.ts";
import { sanitise } from "../terminal/sanitise.ts";
import type { Command, CommandContext } from "./command.ts";
import { unlocked } from "./identity.ts";

/** What `contact` can do, with how many words each takes. */
const actions = { add: 2, list: 0, show: 1, rm: 1, remove: 1 } as const;

type Action = keyof typeof actions;

const isAction = (word: string): word is Action => Object.hasOwn(actions, word);

async function printAll(context: CommandContext, contacts: readonly ContactView[]): Promise<void> {
  if (contacts.length === 0) context.print("You have given no names yet: `contact add NAME DID`.", "dim");
  const rows = await Promise.all(
    contacts.map(async (one) => [marked(one.name), one.did, await movedWords(context, one)]),
  );
  for (const line of table(rows)) context.print(line);
}

/** Where somebody has gone who has replaced their keys; nothing if they have not, or the node cannot tell. */
async function movedWords({ client }: CommandContext, { did }: Pick<ContactView, "did">): Promise<string> {
  const key = publicKeyOfDid(did);
  const standing = key.ok ? await client.succession(keyHashOf(key.value)) : key;
  return standing.ok && standing.value.successor !== null ? `is ${didOf(standing.value.successor)} now` : "";
}

async function show(context: CommandContext, word: string, json: boolean): Promise<number> {
  const person = await findPerson(context.client, isName(word) || word.startsWith("did:") ? word : marked(word));
  if (!person.ok) return context.refuse(person);
  const { name, did } = person.value;
  const moved = await movedWords(context, person.value);
  if (json) context.json({ name, did });
  else context.print(moved === "" ? personWords(person.value) : `${personWords(person.value)} ${moved}`);
  return 0;
}

async function change(
  context: CommandContext,
  changed: Promise<Result<readonly ContactView[]>>,
  json: boolean,
  say: (contacts: readonly ContactView[]) => string,
): Promise<number> {
  const contacts = await changed;
  if (!contacts.ok) return context.refuse(contacts);
  if (json) context.json(contacts.value);
  else context.print(say(contacts.value), "good");
  return 0;
}

async function act(context: CommandContext, action: Action, words: readonly string[], json: boolean): Promise<number> {
  const [first = "", second = ""] = words;
  const { client } = context;
  switch (action) {
    case "add":
      return change(context, client.addContact(first, second), json, (contacts) => {
        const added = contacts.find(({ did }) => did === second);
        return `${sanitise(marked(added?.name ?? first))} is ${second}. \`pay ${marked(added?.name ?? first)} AMOUNT\` pays them.`;
      });
    case "rm":
    case "remove":
      return change(context, client.removeContact(first), json, () => "Forgotten. What was paid stays in the chain.");
    case "show":
      return show(context, first, json);
    case "list": {
      const contacts = await client.contacts();
      if (!contacts.ok) return context.refuse(contacts);
      if (json) context.json(contacts.value);
      else await printAll(context, contacts.value);
      return 0;
    }
  }
}

/** Whether a name and an address are such. */
function fittingName([name = "", did = ""]: readonly string[]): Result<unknown> {
  const read = readName(name);
  return read.ok ? publicKeyOfDid(did) : read;
}

/** `contact`. */
export const contactCommand: Command = {
  name: "contact",
  group: "identity",
  summary: "names for the addresses of people",
  usage: "contact [list] | contact add NAME DID | contact show NAME|DID | contact rm NAME [--json]",
  options: { "--json": "print one line of JSON" },
  examples: ["contact add alice did:key:zQ3sh…", "contact list", "pay @alice 2.5", "contact rm alice"],
  spends: "always",
  spec: { flags: ["json"], positionals: { least: 0, most: 3 } },
  complete: async ({ client, longWords }, operands) => [
    ...(operands.includes("NAME") ? (await contactsOf(client)).map(({ name }) => name) : []),
    ...(operands.includes("DID") ? await knownAddresses(client, longWords) : []),
  ],
  run: async (context, { positionals, flags }) => {
    const [word = "list", ...words] = positionals;
    if (!isAction(word) || words.length !== actions[word]) {
      // The usage has one word for it; who knows the other is told what it takes, not that there is no such word.
      const usual = word === "remove" ? "rm" : word;
      const message = misuse([usual, ...words], contactCommand);
      return context.refuse({ ok: false, code: "invalid-argument", message });
    }
    // Nobody makes keys for a line that could not be carried out with them.
    const fitting = word === "add" ? fittingName(words) : accepted(null);
    if (!fitting.ok) return context.refuse(fitting);
    return (await unlocked(context, { makes: word === "add" })) === null
      ? 1
      : act(context, word, words, flags.has("json"));
  },
};
