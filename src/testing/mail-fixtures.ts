/**
 * People who write to each other: their keys from a phrase, their vault's answers about messages, on simulated nodes.
 */
import { didOf } from "#identity/did.ts";
import { type IdentityKeys, keysOfSeed } from "#identity/keys.ts";
import { phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import type { Clock } from "#node/ports.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { MailText, MailVaultRequests, SentMailView } from "#sdk/mail.ts";
import { createVaultMail } from "../platform/browser/vault-mail.ts";
import { Random } from "./random.ts";
import type { SimulatedNode, Simulation } from "./simulator.ts";

/** A person with an open vault. */
export interface Person {
  readonly keys: IdentityKeys;
  readonly did: string;
  readonly vault: MailVaultRequests;
}

/** Person number `n`, always the same. */
export function person(n: number, clock: Clock): Person {
  const keys = keysOfSeed(seedOfPhrase(phraseFromEntropy(new Uint8Array(16).fill(n))));
  const random = new Random(n);
  const entropy = { bytes: (length: number) => random.bytes(length) };
  const vault = createVaultMail(
    { lend: (action) => action(keys), checkSigner: () => accepted(null) },
    { clock, entropy },
  );
  return { keys, did: didOf(keys.signingKey), vault };
}

/** What a refusal would hide. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.message}`);
  return result.value;
}

/** Lets virtual time pass until an answer is there. */
export async function answered<T>(simulation: Simulation, asked: Promise<T>): Promise<T> {
  let isThere = false;
  const watched = asked.finally(() => {
    isThere = true;
  });
  await simulation.run(600_000, () => isThere);
  return watched;
}

/** The node receives for a person from now on, as after unlocking. */
export async function unlockAt({ node, name }: SimulatedNode, { vault }: Person): Promise<void> {
  const credentials = must(await vault.mailCredentials({ networkId: node.networkId, peerId: name }));
  must(await node.requests.receiveMail(credentials));
}

/** Sends as `send-msg` does. */
export async function sendFrom(
  simulation: Simulation,
  { node }: SimulatedNode,
  from: Person,
  to: Person,
  text: string,
): Promise<Result<SentMailView>> {
  const record = await answered(simulation, node.requests.mailKey(to.keys.keyHash));
  if (!record.ok) return record;
  const envelope = must(await from.vault.sealMail(text, to.keys.signingKey, record.value));
  return answered(simulation, node.requests.sendMail(envelope, to.did));
}

/** All that a person's device has, opened. */
export async function readAt({ node }: SimulatedNode, { vault }: Person): Promise<readonly Result<MailText>[]> {
  const views = must(await node.requests.mail());
  return must(await vault.openMail(views.map(({ envelope }) => envelope)));
}

/** The texts of all that opens. */
export async function textsAt(device: SimulatedNode, reader: Person): Promise<readonly string[]> {
  return (await readAt(device, reader)).flatMap((letter) => (letter.ok ? letter.value.text : []));
}
