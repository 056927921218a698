/**
 * Sealing words for somebody and handing them to the node.
 * @module
 */
import { keyHashOf } from "#protocol/crypto/signature.ts";
import type { Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { SentMailView } from "#sdk/mail.ts";
import type { Person } from "./contacts.ts";

/** Sends words to who owns an address. The vault must be open; with `from`, on the space of that key. */
export async function sendWords(
  client: Pick<Client, "mailKey" | "sealMail" | "sendMail">,
  { did, publicKey }: Pick<Person, "did" | "publicKey">,
  words: string,
  from?: Uint8Array,
): Promise<Result<SentMailView>> {
  const record = await client.mailKey(keyHashOf(publicKey));
  const sealed = record.ok ? await client.sealMail(words, publicKey, record.value, from) : record;
  return sealed.ok ? client.sendMail(sealed.value, did) : sealed;
}
