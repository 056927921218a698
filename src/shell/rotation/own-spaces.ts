/**
 * The spaces of a vault whose keys are to be replaced, as the chain sees them: what stands under each, and what took over.
 * @module
 */
import { didOf, publicKeyOfDid } from "#identity/did.ts";
import { equalBytes } from "#protocol/codec/bytes.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import { type SpaceName, spaceNames } from "#sdk/spaces.ts";

/** A space with the keys that go. */
export interface OwnSpace {
  readonly space: SpaceName;
  readonly did: string;
  readonly keyHash: Uint8Array;
  readonly publicKey: Uint8Array;
  /** The key that took over on the chain; null if none did. */
  readonly successor: Uint8Array | null;
  /** The key that is to take over. */
  readonly next: Uint8Array;
  /** Whether the chain must be told: what is there, or is paid there later, would otherwise stay with the old words. */
  readonly isUsed: boolean;
}

/** Whether anything stands under a key that only its owner can do something with. */
async function holdsAnything(client: Client, keyHash: Uint8Array): Promise<Result<boolean>> {
  const coins = await client.coins(keyHash);
  if (!coins.ok) return coins;
  const { coins: there, pendingNano, beingSpent } = coins.value;
  if (there.length > 0 || pendingNano > 0n || beingSpent.length > 0) return accepted(true);
  const stakes = await client.stakes(keyHash);
  if (!stakes.ok || stakes.value.length > 0) return stakes.ok ? accepted(true) : stakes;
  const leases = await client.leases(keyHash);
  if (!leases.ok) return leases;
  const processes = await client.processes(keyHash);
  if (!processes.ok) return processes;
  return accepted(leases.value.some(({ expired }) => !expired) || processes.value.length > 0);
}

/**
 * All spaces of an open vault. Used are the first one, the chosen one, and each under whose key something stands or that was
 * part of a rotation; `all`: every one. Refused if another key than the next one has taken over from any.
 */
export async function ownSpaces(
  client: Client,
  successors: readonly Uint8Array[],
  all: boolean,
): Promise<Result<readonly OwnSpace[]>> {
  const spaces = await client.spaces();
  if (!spaces.ok) return spaces;
  const own: OwnSpace[] = [];
  for (const [at, { space, did, keyHash, chosen }] of spaces.value.entries()) {
    const publicKey = publicKeyOfDid(did);
    if (!publicKey.ok) return publicKey;
    const standing = await client.succession(keyHash);
    if (!standing.ok) return standing;
    const { successor, earlier } = standing.value;
    const next = successors[at];
    if (next === undefined) return rejected("invalid-argument", `No new key is there for the space ${space}.`);
    if (successor !== null && !equalBytes(successor, next)) return otherTookOver(space, successor);
    const isKnown = all || chosen || space === spaceNames[0] || successor !== null || earlier.length > 0;
    const holds = isKnown ? accepted(true) : await holdsAnything(client, keyHash);
    if (!holds.ok) return holds;
    own.push({ space, did, keyHash, publicKey: publicKey.value, successor, next, isUsed: holds.value });
  }
  return accepted(own);
}

function otherTookOver(space: SpaceName, successor: Uint8Array): Result<never> {
  const message = `Other keys than those that wait here took over from your space ${space}: ${didOf(successor)}. If they are yours, \`id rotate\` takes their words; if not, somebody else had the old ones. Your keys here are what they were.`;
  return rejected("key-replaced", message, { space });
}
