/**
 * What the explorer shows for words that somebody typed: a height, the hash of a block, the id of a transaction, an address.
 * @module
 */
import { fromHex } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { findPerson, isName } from "../../contacts.ts";

/** Where to go in the explorer. Refuses what names nothing that can be looked up. */
export async function find(client: Pick<Client, "block" | "contacts">, typed: string): Promise<Result<string>> {
  const word = typed.trim();
  if (/^\d{1,12}$/.test(word)) return accepted(`block/${word}`);
  if (word.startsWith("did:") || isName(word)) {
    const person = await findPerson(client, word);
    return person.ok ? accepted(`address/${person.value.did}`) : person;
  }
  const id = fromHex(word.toLowerCase());
  if (id?.length !== 32) {
    const message =
      "Type a height, an address (did:key:… or @name), or the 64 hexadecimal digits of a block or transaction.";
    return rejected("invalid-argument", message);
  }
  // Ids do not say what they are of.
  const block = await client.block(id);
  return accepted(`${block.ok ? "block" : "tx"}/${word.toLowerCase()}`);
}
