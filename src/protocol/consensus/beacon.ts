/**
 * The beacon: a chain of random values nobody can choose. Each proposer adds its VRF output on the value before it; it
 * can withhold its block, which is one bit of influence at the price of a block, and nothing else.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";

/** `beacon_h = H(beacon_{h−1} ‖ VRF output)`, 32 bytes. */
export function nextBeaconValue(parentValue: Uint8Array, vrfOutput: Uint8Array): Uint8Array {
  return taggedHash("aether/beacon/1", parentValue, vrfOutput);
}

/** The value that the first proposer's proof is over: bound to the network. */
export function genesisBeaconValue(networkId: Uint8Array): Uint8Array {
  return taggedHash("aether/beacon/1", networkId);
}
