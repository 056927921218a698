/**
 * How far a proposer with a share of the work can bend the beacon towards what it wants (one bit of it): by withholding
 * blocks, and by choosing among keys before it mines. The VRF is stood in for by a hash: all that counts is that its output
 * is fixed by key and parent and known to the key's owner alone.
 * @module
 */
import { bigEndian, concatBytes, toHex } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { nextBeaconValue } from "#protocol/consensus/beacon.ts";
import { Random } from "../random.ts";

/** How the attacker goes about it. */
export interface BeaconAttack {
  readonly share: number;
  /** Keys it may choose from for each block before it mines; 1: the key is fixed. */
  readonly keys: number;
  readonly heights: number;
  readonly seed: number;
}

/** What it gains and what it pays. */
export interface BeaconBias {
  /** Share of heights with the wanted bit, less the half that is everybody's. */
  readonly advantage: number;
  /** Blocks thrown away for each height. */
  readonly withheldPerHeight: number;
  /** Different beacon values seen: one a height. */
  readonly values: number;
}

const wanted = (beacon: Uint8Array): boolean => ((beacon[0] as number) & 1) === 1;

/** Plays a chain of heights. */
export function beaconBias({ share, keys, heights, seed }: BeaconAttack): BeaconBias {
  const random = new Random(seed);
  const output = (key: number, beacon: Uint8Array): Uint8Array => sha256(concatBytes(bigEndian(key, 8), beacon));
  let beacon = sha256(bigEndian(seed, 8));
  let good = 0;
  let withheld = 0;
  const values = new Set<string>();
  for (let height = 0; height < heights; height++) {
    let own: Uint8Array | undefined;
    for (let key = 0; key < keys && (own === undefined || !wanted(own)); key++) {
      own = nextBeaconValue(beacon, output(key, beacon));
    }
    let next: Uint8Array | undefined;
    while (next === undefined) {
      // Honest proposers are many: each has another key.
      if (random.fraction() >= share) next = nextBeaconValue(beacon, output(1_000_000 + random.next32(), beacon));
      else if (own !== undefined && wanted(own)) next = own;
      else withheld++;
    }
    beacon = next;
    if (wanted(beacon)) good++;
    values.add(toHex(beacon));
  }
  return { advantage: good / heights - 0.5, withheldPerHeight: withheld / heights, values: values.size };
}
