/**
 * A vault in memory for tests: its files in variables, its passphrases cheap to check.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Clock } from "#node/ports.ts";
import { concatBytes, equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import type { VaultRequests } from "#sdk/contract.ts";
import { createVaultService, type VaultParts } from "../platform/browser/vault-service.ts";
import type { VaultStore } from "../platform/browser/vault-store.ts";
import { Random } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** A vault's file in memory. */
export function memoryVaultStore(kept?: Uint8Array): VaultStore {
  let file = kept;
  return {
    read: () => Promise.resolve(file?.slice()),
    replace: (expected, next) => {
      const isFree = expected === undefined || file === undefined ? expected === file : equalBytes(expected, file);
      if (isFree) file = next.slice();
      return Promise.resolve(isFree);
    },
  };
}

/** In the place of Argon2id, which has tests of its own. */
export const cheapKdf: VaultParts["kdf"] = (text, salt, { passes }) =>
  Promise.resolve(sha256(concatBytes(utf8ToBytes(text), salt, Uint8Array.of(passes))));

/** What an open vault holds of credentials, for a client whose keys are the test's own. */
export function memoryCredentials(
  seed: number,
): Pick<VaultRequests, "heldCredentials" | "holdCredential" | "dropCredential"> {
  const vault = createVaultService(memoryVaultParts(new Random(seed), new VirtualClock(0)));
  const made = vault.createVault("correct horse");
  return {
    heldCredentials: () => made.then(() => vault.heldCredentials()),
    holdCredential: (...args) => made.then(() => vault.holdCredential(...args)),
    dropCredential: (...args) => made.then(() => vault.dropCredential(...args)),
  };
}

/** An open vault made with its first use, for what a client keeps there whose keys are the test's own. */
export function memoryHeldFiles(seed: number): Pick<VaultRequests, "heldFiles" | "changeHeldFiles"> {
  let made: Promise<VaultRequests> | null = null;
  const open = async (): Promise<VaultRequests> => {
    const vault = createVaultService(memoryVaultParts(new Random(seed), new VirtualClock(0)));
    await vault.createVault("correct horse");
    return vault;
  };
  const vault = (): Promise<VaultRequests> => {
    made ??= open();
    return made;
  };
  return {
    heldFiles: async () => (await vault()).heldFiles(),
    changeHeldFiles: async (change) => (await vault()).changeHeldFiles(change),
  };
}

/** What a vault is made of, on a clock. */
export function memoryVaultParts(random: Random, clock: Clock): VaultParts {
  return {
    store: memoryVaultStore(),
    recoveryStore: memoryVaultStore(),
    spaceStore: memoryVaultStore(),
    onChange: () => undefined,
    deviceStore: memoryVaultStore(),
    syncStore: memoryVaultStore(),
    successorStore: memoryVaultStore(),
    spendingStore: memoryVaultStore(),
    clock,
    entropy: { bytes: (length) => random.bytes(length) },
    kdf: cheapKdf,
    calibrate: () => Promise.resolve({ memoryKib: 64, passes: 1, lanes: 1 }),
    stampSearch: () => Promise.reject(new Error("no stamps here")),
  };
}
