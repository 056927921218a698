/**
 * The thread that seals and opens files, for as long as one is on its way. Wiring only.
 * @module
 */
import { serve } from "#sdk/rpc.ts";
import { createFileCipher } from "../src/platform/browser/files/file-cipher.ts";
import { browserEntropy } from "../src/platform/browser/system.ts";
import { nativeDigest } from "../src/platform/wasm/native-digest.ts";

serve(self, createFileCipher(browserEntropy, nativeDigest));
