/**
 * Brings the devices of an identity in step: each that is connected is asked for what it has and this one has not, and given
 * the rest.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { NodeRequests, VaultRequests } from "./contract.ts";
import type { SyncOutcome } from "./device-sync.ts";
import { exchangeDevices } from "./exchange-devices.ts";

/** The node's part. */
export type SyncingNode = Pick<NodeRequests, "showDevices" | "shownDevices" | "devicePeers" | "askDevice">;

/** The vault's part. */
export type SyncingVault = Pick<VaultRequests, "devices" | "syncBegin" | "syncStep">;

/** What came of the device at one peer. */
export interface SyncAttempt {
  readonly peerId: string;
  readonly outcome: Result<SyncOutcome>;
}

async function syncWith(node: SyncingNode, vault: SyncingVault, peerId: string): Promise<Result<SyncOutcome>> {
  let request = await vault.syncBegin(peerId);
  for (;;) {
    const answer = request.ok ? await node.askDevice(peerId, request.value) : request;
    const step = answer.ok ? await vault.syncStep(peerId, answer.value) : answer;
    if (!step.ok) return step;
    if (step.value.type === "done") return accepted(step.value.outcome);
    request = accepted(step.value.request);
  }
}

/** What another conversation of the same two does to this one: it is over by the time that this one begins anew. */
const crossed: ReadonlySet<string> = new Set(["busy", "not-found"]);

/**
 * Asks each in turn, for an open vault; nobody if no other device is known. A device is asked up to `tries` times where the two were
 * asking each other at once, as they do right after they have met.
 */
export async function syncDevices(
  node: SyncingNode,
  vault: SyncingVault,
  tries: number,
): Promise<Result<readonly SyncAttempt[]>> {
  const own = await exchangeDevices(node, vault, false);
  if (!own.ok) return own;
  const others = own.value.devices.filter(({ isThis, removed }) => !isThis && removed === null);
  const isRemoved = own.value.devices.some(({ isThis, removed }) => isThis && removed !== null);
  if (others.length === 0 || isRemoved) return accepted([]);
  const peers = await node.devicePeers(own.value.shared.mark);
  if (!peers.ok) return peers;
  const attempts: SyncAttempt[] = [];
  for (const peerId of peers.value) {
    let outcome = await syncWith(node, vault, peerId);
    for (let tried = 1; tried < tries && !outcome.ok && crossed.has(outcome.code); tried++)
      outcome = await syncWith(node, vault, peerId);
    attempts.push({ peerId, outcome });
  }
  return accepted(attempts);
}
