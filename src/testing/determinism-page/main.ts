/**
 * A page that meters and runs modules as Node does in the same test, under the app's policy. Wiring only.
 */

import { floatDigest } from "../veil/float-programs.ts";
import { fingerprint } from "../veil/observation.ts";
import type { DeterminismPage } from "./contract.ts";

const page: DeterminismPage = {
  fingerprints: (modules) =>
    modules.map((base64) => fingerprint(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)))),
  floatDigests: (seeds) => seeds.map(floatDigest),
};
(window as unknown as { determinism: DeterminismPage }).determinism = page;
