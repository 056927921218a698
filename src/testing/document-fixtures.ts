/**
 * People who write documents together: their vault's answers about documents, with keys in memory, on simulated nodes.
 * @module
 */
import type { HeldDocument } from "#identity/held-documents.ts";
import { type IdentityKeys, keysOfSeed } from "#identity/keys.ts";
import { phraseFromEntropy, seedOfPhrase } from "#identity/phrase.ts";
import type { Clock } from "#node/ports.ts";
import { accepted, type Result } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { DocumentVaultRequests } from "#sdk/documents.ts";
import type { MailVaultRequests } from "#sdk/mail.ts";
import type { Contents } from "../platform/browser/vault-contents.ts";
import { createVaultDocuments } from "../platform/browser/vault-documents.ts";
import type { VaultKeeper } from "../platform/browser/vault-keeper.ts";
import { createVaultMail } from "../platform/browser/vault-mail.ts";
import { Random } from "./random.ts";
import { clientOf } from "./shell-on-node.ts";
import type { SimulatedNode } from "./simulator.ts";

/** A person with an open vault. */
export interface Writer {
  readonly keys: IdentityKeys;
  readonly vault: DocumentVaultRequests;
  readonly mail: Pick<MailVaultRequests, "mailCredentials">;
}

/** Writer number `n`, always the same. */
export function writer(n: number, clock: Clock): Writer {
  const keys = keysOfSeed(seedOfPhrase(phraseFromEntropy(new Uint8Array(16).fill(n))));
  const random = new Random(n);
  let held: readonly HeldDocument[] = [];
  // What is kept is of the one kind that these requests ask for.
  const contents = <T>(_: Contents<T>) => Promise.resolve(accepted(held as unknown as readonly T[]));
  const changeContents = <T>(_: Contents<T>, change: (kept: readonly T[]) => Result<readonly T[]>) => {
    const changed = change(held as unknown as readonly T[]);
    if (changed.ok) held = changed.value as unknown as readonly HeldDocument[];
    return Promise.resolve(changed);
  };
  const keeper: Pick<VaultKeeper, "lend" | "checkSigner"> = {
    lend: (action) => action(keys),
    checkSigner: () => accepted(null),
  };
  const parts = { clock, entropy: { bytes: (length: number) => random.bytes(length) } };
  const vault = createVaultDocuments({ ...keeper, contents, changeContents }, parts);
  return { keys, vault, mail: createVaultMail(keeper, parts) };
}

/** A node as the client of a writer whose vault is open. */
export function writersClient(tab: SimulatedNode, { keys, vault, mail }: Writer): Client {
  const { keyHash, signingKey: publicKey, signingSecret } = keys;
  const secret = signingSecret.use((bytes) => bytes.slice());
  return { ...clientOf(tab, { keyHash, publicKey, secret, lock: { type: "key", keyHash } }), ...vault, ...mail };
}
