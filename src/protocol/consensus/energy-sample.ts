/**
 * A block's thermodynamic sample: spins whose energy on the proposer's own instance is at or below the network's bar.
 * Its form, its hash (header field `energy`) and its check, a few microseconds. Says nothing of how the spins were found.
 * @module
 */
import { equalBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import { byteString, decode, encode, record, type Schema, unsigned } from "../codec/schema.ts";
import type { NetworkParameters } from "../parameters.ts";
import { accepted, type Result, rejected } from "../result.ts";
import { energyInstance, energyOf, energySpinBytes } from "./energy-instance.ts";

/** The only version of a sample in this protocol version. */
export const energySampleVersion = 1;

/** Longest encoded sample: version and draw of up to three bytes each, 32 bytes of spins and their heads. */
export const energySampleBytes = 41;

/** Spins found for one of the instances of a seed. */
export interface EnergySample {
  readonly version: number;
  /** Which instance of the seed the spins answer. */
  readonly draw: number;
  /** 256 packed spins. */
  readonly spins: Uint8Array;
}

const energySampleSchema: Schema<EnergySample> = record<EnergySample>({
  version: unsigned(0xffff),
  draw: unsigned(0xff),
  spins: byteString(energySpinBytes, energySpinBytes),
});

/** Canonical bytes of a sample. */
export function encodeEnergySample(sample: EnergySample): Uint8Array {
  return encode(energySampleSchema, sample);
}

/** Strictly decodes a sample. */
export function decodeEnergySample(bytes: Uint8Array): Result<EnergySample> {
  return decode(energySampleSchema, bytes, energySampleBytes);
}

/** What the header's `energy` holds: the hash of the encoded sample. */
export function energySampleHash(encoded: Uint8Array): Uint8Array {
  return taggedHash("aether/energy/1", encoded);
}

/** Checks a sample against the seed of the block it came with; gives its energy. */
export function checkEnergySample(
  sample: EnergySample,
  seed: Uint8Array,
  { energy }: Pick<NetworkParameters, "energy">,
): Result<number> {
  if (sample.version !== energySampleVersion) {
    return rejected("unknown-version", `Sample version ${sample.version} is not known here; update the app.`, {
      version: sample.version,
    });
  }
  if (sample.draw >= energy.draws) {
    return rejected("bad-sample", `A seed has ${energy.draws} instances; the sample names number ${sample.draw}.`);
  }
  const total = energyOf(energyInstance(seed, sample.draw), sample.spins);
  if (total > energy.bar) {
    return rejected("bad-sample", `The sample's energy is ${total}; the bar is ${energy.bar}.`, {
      energy: total,
      bar: energy.bar,
    });
  }
  return accepted(total);
}

/** The whole check of what a block carries: form, the header's hash of it, and the energy for the block's seed. */
export function validateBlockEnergy(
  encoded: Uint8Array,
  named: Uint8Array,
  seed: Uint8Array,
  parameters: Pick<NetworkParameters, "energy">,
): Result<EnergySample> {
  if (!equalBytes(energySampleHash(encoded), named)) {
    return rejected("bad-sample", "The block carries another sample than its header names.");
  }
  const decoded = decodeEnergySample(encoded);
  if (!decoded.ok) return decoded;
  const checked = checkEnergySample(decoded.value, seed, parameters);
  return checked.ok ? decoded : checked;
}
