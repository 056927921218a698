/**
 * The rules over a header. Split in three: what a header shows by itself (checked on gossip before anything is known of
 * its parent), what it must be given its ancestors' headers, and what work it needs given the state after its parent. Who
 * knows headers alone takes a quarter of the work for enough, which is the most that any weight allows: so much cheaper
 * false headers are than blocks, until their parent's state is there. The beacon proof is returned for a batch check, not
 * done here.
 * @module
 */
import { compareBytes, equalBytes } from "../codec/bytes.ts";
import { vrfProofBytes } from "../crypto/vrf.ts";
import type { NetworkParameters } from "../parameters.ts";
import type { ValueSource } from "../programs/proof-queue.ts";
import { accepted, type Rejected, type Result, rejected } from "../result.ts";
import { leastWeight, mostWeight, standingOf, weightedTarget, weightOf } from "./contribution.ts";
import { type RetargetPoint, requiredTarget } from "./difficulty.ts";
import { type Header, headerHash, headerVersion } from "./header.ts";
import { validateHeaderTimes } from "./header-times.ts";
import { meetsTarget } from "./work.ts";

/** A beacon proof that is still to be checked. */
export interface BeaconCheck {
  /** Ed25519 public key, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The parent's beacon value, 32 bytes. */
  readonly message: Uint8Array;
  /** 80 bytes. */
  readonly proof: Uint8Array;
}

/** What a header's ancestors determine. */
export interface HeaderContext {
  readonly parentHash: Uint8Array;
  readonly parentHeight: number;
  readonly parentBeaconValue: Uint8Array;
  /** Newest ancestors ascending, the parent last; as many as `retargetAncestors` and the median rule want. */
  readonly ancestors: readonly RetargetPoint[];
  readonly networkTimeMs: number;
}

/** Whether a header has the work that the heaviest proposer would need. */
export function mayHaveWork(hash: Uint8Array, target: Uint8Array): boolean {
  return meetsTarget(hash, weightedTarget(target, mostWeight));
}

/** Checks a header alone; gives its hash. Work is real after this, so a flood of such headers costs its sender. */
export function validateHeaderAlone(header: Header, parameters: NetworkParameters): Result<Uint8Array> {
  if (header.version !== headerVersion) {
    return rejected("unknown-version", `Block version ${header.version} is not known here; update the app.`, {
      version: header.version,
    });
  }
  if (header.oracle === null || header.energy === null) {
    return rejected("wrong-work", "The header names no proof of compute or no sample.");
  }
  if (header.height < 1) return rejected("wrong-height", "Only the genesis block has height 0.");
  if (header.beacon.length !== vrfProofBytes) return rejected("wrong-beacon", "The beacon proof has the wrong length.");
  if (compareBytes(header.target, parameters.initialTarget) > 0) {
    return rejected("wrong-target", "The target is easier than the network's easiest.");
  }
  const hash = headerHash(header);
  if (!mayHaveWork(hash, header.target)) {
    return rejected("insufficient-work", "The block's hash misses its target by more than any weight allows.");
  }
  return accepted(hash);
}

/** Checks a header that passed {@link validateHeaderAlone} against its ancestors; gives the beacon proof to check. */
export function validateHeaderInContext(
  header: Header,
  context: HeaderContext,
  parameters: NetworkParameters,
): Result<BeaconCheck> {
  if (!equalBytes(header.parent, context.parentHash))
    return rejected("unknown-parent", "The block has another parent.");
  if (header.height !== context.parentHeight + 1) {
    return rejected("wrong-height", `Height ${header.height} does not follow ${context.parentHeight}.`);
  }
  const target = requiredTarget(parameters, header.height, context.ancestors);
  if (!equalBytes(header.target, target)) return rejected("wrong-target", "The target is not the one the rule gives.");
  const times = validateHeaderTimes(
    header.timeMs,
    context.ancestors.map((ancestor) => ancestor.timeMs),
    context.networkTimeMs,
    parameters,
  );
  if (!times.ok) return times;
  return accepted({ publicKey: header.proposer.beaconKey, message: context.parentBeaconValue, proof: header.beacon });
}

/**
 * Checks that a header's work is enough for its proposer, by what that has contributed. `values` is the state after the
 * header's parent, so the weight is the one that the block's own ancestors give; `hash` is the header's.
 */
export function checkWeight(
  header: Header,
  hash: Uint8Array,
  values: ValueSource,
  rules: { readonly parameters: NetworkParameters; readonly networkId: Uint8Array },
): Rejected | null {
  if (meetsTarget(hash, header.target)) return null;
  const weight = weightOf(standingOf(values, header, rules), rules.parameters);
  if (meetsTarget(hash, weightedTarget(header.target, weight))) return null;
  const message = `The block's hash misses its target; its proposer's weight is ${weight / leastWeight}.`;
  return rejected("insufficient-work", message, { weight });
}
