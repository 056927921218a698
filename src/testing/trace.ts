/**
 * A running hash over a simulation's events.
 * @module
 */
import { concatBytes, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";

/** Takes lines, gives a digest. */
export interface CanonicalHasher {
  add(line: string): void;
  digest(): string;
}

/** An empty trace. */
export function createTrace(): CanonicalHasher {
  let state: Uint8Array = new Uint8Array(32);
  return {
    add: (line) => {
      state = sha256(concatBytes(state, utf8ToBytes(line)));
    },
    digest: () => toHex(state),
  };
}
