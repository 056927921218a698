/**
 * Verifies BLS signatures on the kernel. A batch is one equation: a random linear combination of all checks, with one
 * pairing per different message, one for all signatures and one final exponentiation. If it fails, halves are tried until the
 * bad ones are found. The generator's pairing cannot be prepared: with keys in G1 both points of G2 are new each time.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import {
  type BlsCheck,
  blsRandomnessBytes,
  blsTags,
  maximumBlsBatch,
  maximumBlsKeys,
  noSignature,
  signaturesCancel,
} from "#protocol/crypto/bls-check.ts";
import { accepted, type Result } from "#protocol/result.ts";
import { BlsCurve } from "./bls-curve.ts";
import { HashToGroup } from "./hash-to-group.ts";
import { KeyCache } from "./key-cache.ts";

/** Lines of a pairing's loop: one for each bit of the curve's parameter below the highest, and one for each that is set. */
const lineCount = 63 + 5;

/** The opposite of the generator of G1. */
const generator = fromHex(
  "b7f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb",
) as Uint8Array;

/** A check whose points are in their groups. */
interface Opened {
  /** Sum of its keys and the signature, Jacobian. */
  readonly key: number;
  readonly signature: number;
  /** Which of the batch's messages. */
  readonly message: number;
  /** Address of the weight's bytes. */
  readonly weight: number;
}

/** Signatures on one curve instance. */
export class BlsKernel {
  readonly #curve: BlsCurve;
  readonly #hasher: HashToGroup;
  readonly #keys: KeyCache;
  /** −G, affine. */
  readonly #generator: number;

  constructor(curve: BlsCurve) {
    this.#curve = curve;
    this.#hasher = new HashToGroup(curve);
    this.#keys = new KeyCache(curve);
    this.#generator = curve.take(curve.sizes.g1);
    curve.readKey(generator, this.#generator);
  }

  /** Takes memory for the sum of the keys, Jacobian; null if one is none, there are too many or none, or they cancel. */
  #sumOfKeys(publicKeys: readonly Uint8Array[]): number | null {
    const curve = this.#curve;
    if (publicKeys.length > maximumBlsKeys) return null;
    const sum = curve.take(curve.sizes.g1Jacobian);
    curve.setInfinity(sum, curve.sizes.g1Jacobian);
    for (const bytes of publicKeys) {
      const key = this.#keys.find(bytes);
      if (key === null) return null;
      curve.functions.g1AddMixed(sum, key, sum);
    }
    return curve.functions.g1IsInfinity(sum) === 0 ? sum : null;
  }

  #openSignature(bytes: Uint8Array): number | null {
    const curve = this.#curve;
    const jacobian = curve.take(curve.sizes.g2Jacobian);
    const affine = curve.take(curve.sizes.g2);
    if (!curve.readSignature(bytes, affine)) return null;
    curve.toJacobian(affine, curve.sizes.pair, jacobian);
    return jacobian;
  }

  /** Takes memory for a message's point, ready for pairings. */
  #prepareMessage(message: Uint8Array, tag: string): number {
    const point = this.#curve.take(this.#curve.sizes.g2Jacobian);
    this.#hasher.hash(message, tag, point);
    return this.#prepare(point);
  }

  /** Takes memory for the lines of a Jacobian point of G2, not infinity. */
  #prepare(point: number): number {
    const curve = this.#curve;
    const affine = curve.take(curve.sizes.g2);
    curve.functions.g2ToAffine(point, affine);
    const lines = curve.take(lineCount * 3 * curve.sizes.pair);
    curve.functions.prepareLines(affine, lines);
    return lines;
  }

  /** Adds weight × point to `sum`; without weights where there is nothing to weigh against. */
  #add(group: "g1" | "g2", point: number, weight: number | null, sum: number): void {
    const curve = this.#curve;
    const mark = curve.mark();
    let weighted = point;
    if (weight !== null) {
      weighted = curve.take(curve.sizes.g2Jacobian);
      curve.functions[`${group}Multiply`](point, weight, blsRandomnessBytes, weighted);
    }
    curve.functions[`${group}Add`](sum, weighted, sum);
    curve.release(mark);
  }

  /** Whether all checks hold: ∏ₘ e(Σ zᵢKᵢ, Hₘ) over the messages, times e(−G, Σ zᵢSᵢ), is one. */
  #holds(messages: readonly number[], checks: readonly Opened[]): boolean {
    const curve = this.#curve;
    const start = curve.mark();
    const signatures = curve.take(curve.sizes.g2Jacobian);
    curve.setInfinity(signatures, curve.sizes.g2Jacobian);
    const keys = new Map<number, number>();
    for (const { key, signature, message, weight } of checks) {
      const factor = checks.length === 1 ? null : weight;
      let sum = keys.get(message);
      if (sum === undefined) {
        sum = curve.take(curve.sizes.g1Jacobian);
        curve.setInfinity(sum, curve.sizes.g1Jacobian);
        keys.set(message, sum);
      }
      this.#add("g1", key, factor, sum);
      this.#add("g2", signature, factor, signatures);
    }
    // Infinity adds nothing to the product, and is not expected there.
    const pairings: number[] = [];
    for (const [message, sum] of keys) {
      if (curve.functions.g1IsInfinity(sum) !== 0) continue;
      const affine = curve.take(curve.sizes.g1);
      curve.functions.g1ToAffine(sum, affine);
      pairings.push(affine, messages[message] as number);
    }
    if (curve.functions.g2IsInfinity(signatures) === 0) {
      pairings.push(this.#generator, this.#prepare(signatures));
    }
    const list = curve.put(new Uint8Array(Uint32Array.from(pairings).buffer));
    const good = curve.functions.isProductOne(list, pairings.length / 2) !== 0;
    curve.release(start);
    return good;
  }

  /** Verdicts by halving: a batch of good checks costs one equation. */
  #judge(messages: readonly number[], checks: readonly Opened[]): readonly boolean[] {
    if (checks.length === 0) return [];
    if (this.#holds(messages, checks)) return checks.map(() => true);
    if (checks.length === 1) return [false];
    const middle = checks.length >> 1;
    return [...this.#judge(messages, checks.slice(0, middle)), ...this.#judge(messages, checks.slice(middle))];
  }

  /** The verdict on each check; `randomness` must be unpredictable to whoever made the signatures. */
  verify(checks: readonly BlsCheck[], randomness: Uint8Array): readonly boolean[] {
    if (checks.length > maximumBlsBatch) throw new Error(`a batch holds at most ${maximumBlsBatch} checks`);
    if (randomness.length < checks.length * blsRandomnessBytes) throw new Error("too little randomness for the batch");
    const start = this.#curve.mark();
    const opened: { readonly place: number; readonly check: Opened }[] = [];
    const messages: number[] = [];
    const known = new Map<string, number>();
    for (const [place, { publicKeys, message, signature, tag = "message" }] of checks.entries()) {
      const key = this.#sumOfKeys(publicKeys);
      const point = key === null ? null : this.#openSignature(signature);
      if (key === null || point === null) continue;
      const name = `${tag} ${toHex(message)}`;
      let index = known.get(name);
      if (index === undefined) {
        index = messages.push(this.#prepareMessage(message, blsTags[tag])) - 1;
        known.set(name, index);
      }
      const weight = this.#curve.put(randomness.subarray(place * blsRandomnessBytes, (place + 1) * blsRandomnessBytes));
      // A weight of zero would let any signature pass.
      const lowest = this.#curve.view(weight, 1);
      lowest[0] = (lowest[0] as number) | 1;
      opened.push({ place, check: { key, signature: point, message: index, weight } });
    }
    const judged = this.#judge(
      messages,
      opened.map(({ check }) => check),
    );
    const verdicts = checks.map(() => false);
    for (const [i, { place }] of opened.entries()) verdicts[place] = judged[i] === true;
    this.#curve.release(start);
    return verdicts;
  }

  /** Adds signatures up; refuses bad ones, none at all, and a sum at infinity. */
  aggregate(signatures: readonly Uint8Array[]): Result<Uint8Array> {
    const curve = this.#curve;
    const start = curve.mark();
    const [sum, affine] = [curve.take(curve.sizes.g2Jacobian), curve.take(curve.sizes.g2)];
    curve.setInfinity(sum, curve.sizes.g2Jacobian);
    const good =
      signatures.length <= maximumBlsKeys &&
      signatures.every((bytes) => {
        if (!curve.readSignature(bytes, affine)) return false;
        curve.functions.g2AddMixed(sum, affine, sum);
        return true;
      });
    const infinite = curve.functions.g2IsInfinity(sum) !== 0;
    const bytes = good && !infinite ? curve.signatureBytes(sum) : null;
    curve.release(start);
    if (bytes !== null) return accepted(bytes);
    return good && signatures.length > 0 ? signaturesCancel : noSignature;
  }
}

/** Starts one on a curve instance of its own. */
export async function startBlsKernel(): Promise<BlsKernel> {
  return new BlsKernel(await BlsCurve.start());
}
