/**
 * The vault's thread: keys in clear exist here and nowhere else. Wiring only.
 * @module
 */
import { serve } from "#sdk/rpc.ts";
import { argon2Kdf, calibrateCost } from "../src/platform/browser/argon2.ts";
import { browserClock, browserEntropy } from "../src/platform/browser/system.ts";
import { createVaultService, openVaultStore } from "../src/platform/browser/vault-service.ts";

const opening = openVaultStore();
const vault = createVaultService({
  store: { read: async () => (await opening).read(), write: async (file) => (await opening).write(file) },
  entropy: browserEntropy,
  clock: browserClock,
  kdf: argon2Kdf,
  calibrate: () => calibrateCost(() => performance.now()),
});
serve(self, vault);
