/**
 * The vault's thread: keys in clear exist here and nowhere else. Wiring only.
 * @module
 */
import type { NodeEvent } from "#sdk/contract.ts";
import { sendEvent, serve } from "#sdk/rpc.ts";
import { argon2Kdf, calibrateCost } from "../src/platform/browser/argon2.ts";
import { browserClock, browserEntropy } from "../src/platform/browser/system.ts";
import { createVaultService } from "../src/platform/browser/vault-service.ts";
import { createVaultStore } from "../src/platform/browser/vault-store.ts";
import { createSha256Kernel } from "../src/platform/wasm/sha256-kernel.ts";

const kernel = createSha256Kernel();
const vault = createVaultService({
  store: createVaultStore(),
  recoveryStore: createVaultStore("aether-recovery"),
  spaceStore: createVaultStore("aether-space"),
  deviceStore: createVaultStore("aether-devices"),
  syncStore: createVaultStore("aether-sync"),
  successorStore: createVaultStore("aether-successor"),
  spendingStore: createVaultStore("aether-spending"),
  entropy: browserEntropy,
  clock: browserClock,
  kdf: argon2Kdf,
  calibrate: () => calibrateCost(argon2Kdf, () => performance.now()),
  stampSearch: async () => (await kernel).search,
  onChange: () => sendEvent(self, { type: "vault" } satisfies NodeEvent),
});
serve(self, vault);
