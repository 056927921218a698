/**
 * What the vault does about devices, in one piece that is loaded when it is first asked for.
 * @module
 */
import { accepted, type Result } from "#protocol/result.ts";
import type { PairingVaultRequests } from "#sdk/pairing.ts";
import type { VaultKeeper } from "../vault-keeper.ts";
import type { RecoveryParts } from "../vault-recovery.ts";
import { VaultDevices } from "./devices.ts";
import { Inviting } from "./inviting.ts";
import { Joining } from "./joining.ts";

/** Makes the handlers. */
export function createVaultPairs(vault: VaultKeeper, parts: RecoveryParts): PairingVaultRequests {
  const devices = new VaultDevices(vault, parts);
  const inviting = new Inviting(vault, parts, devices);
  const joining = new Joining(vault, parts, devices);
  const now = <T>(result: Result<T>): Promise<Result<T>> => Promise.resolve(result);
  return {
    pairInvite: (peerId, name) => inviting.invite(peerId, name),
    pairAnswer: (peerId, request) => inviting.answer(peerId, request),
    pairConfirm: (words, passphrase) => inviting.confirm(words, passphrase),
    pairJoin: (invitation, name) => joining.join(invitation, name),
    pairStep: (answer) => now(joining.step(answer)),
    pairReady: () => now(joining.ready()),
    pairTake: (answer, passphrase) => joining.take(answer, passphrase),
    pairEnd: () => {
      inviting.end();
      return now(accepted(joining.end()));
    },
    devices: (shown) => devices.list(shown),
    removeDevice: (named) => devices.remove(named),
  };
}
