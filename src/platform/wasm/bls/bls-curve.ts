/**
 * Points of BLS12-381 in the kernel's memory: keys and signatures into it, refused unless canonical, on the curve, in the group
 * and not infinity. A point is affine (x, y) or Jacobian (x, y, z).
 * @module
 */
import { bigEndian, concatBytes } from "#protocol/codec/bytes.ts";
import { blsSizes } from "#protocol/crypto/bls-check.ts";
import { BlsField, coordinateBytes, type Pair, startInstance } from "./bls-field.ts";

/** The curve's parameter, little-endian, without its sign. */
const parameter = Uint8Array.of(0, 0, 1, 0, 0, 0, 1, 0xd2);
/** A cube root of one: the factor of x in the endomorphism of G1. */
const cubeRoot = 0x5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffen;
/** Factors of x and y in the endomorphism ψ of G2 (RFC 9380, appendix G.3). */
const psiX: Pair = [
  0n,
  0x1a0111ea397fe699ec02408663d4de85aa0d857d89759ad4897d29650fb85f9b409427eb4f49fffd8bfd00000000aaadn,
];
const psiY: Pair = [
  0x135203e60180a68ee2e9c448d77a2cd91c3dedd930b1cf60ef396489f61eb45e304466cf3e67fa0af1ee7b04121bdea2n,
  0x6af0e0437ff400b6831e36d6bd17ffe48395dabc2d3435e77f76e17009241c5ee67992f72ec05f4c81084fbede3cc09n,
];

const flags = { compressed: 0x80, infinity: 0x40, larger: 0x20, all: 0xe0 } as const;

/** An instance of the kernel. */
export class BlsCurve extends BlsField {
  readonly #four = this.putPair([4n, 4n]);
  readonly #cubeRoot = this.putPair([cubeRoot, 0n]);
  readonly #psiX = this.putPair(psiX);
  readonly #psiY = this.putPair(psiY);
  readonly #parameter = this.put(parameter);

  /** Starts an instance. */
  static async start(): Promise<BlsCurve> {
    return new BlsCurve(await startInstance());
  }

  /** Turns a Jacobian point of G2 into its opposite. */
  opposite(point: number): void {
    this.negate(point + this.sizes.pair, point + this.sizes.pair);
  }

  /** Jacobian form of an affine point of G1 or G2, whose coordinates have so many bytes. */
  toJacobian(affine: number, coordinate: number, to: number): void {
    this.copy(affine, to, 2 * coordinate);
    this.view(to + 2 * coordinate, coordinate).fill(0);
    this.readField(bigEndian(1n, coordinateBytes), to + 2 * coordinate);
  }

  /** Sets a Jacobian point of so many bytes to infinity. */
  setInfinity(to: number, bytes: number): void {
    this.view(to, bytes).fill(0);
  }

  /** Reads a public key into `to`, affine; false if the bytes are none. */
  readKey(bytes: Uint8Array, to: number): boolean {
    const head = bytes[0] as number;
    if (bytes.length !== blsSizes.publicKey || (head & (flags.compressed | flags.infinity)) !== flags.compressed)
      return false;
    const coordinate = Uint8Array.from(bytes);
    coordinate[0] = head & ~flags.all;
    if (!this.readField(coordinate, to)) return false;
    const y = to + this.sizes.field;
    const mark = this.mark();
    const right = this.take(this.sizes.field);
    this.functions.f1Square(to, right);
    this.functions.f1Multiply(right, to, right);
    this.functions.f1Add(right, this.#four, right);
    const good = this.baseRoot(right, y);
    this.release(mark);
    if (!good) return false;
    if (this.isLarger(y) !== ((head & flags.larger) !== 0)) this.negateBase(y, y);
    return this.#isKeyInGroup(to);
  }

  /** Whether an affine point of the curve is in G1: (βx, y) is [−x²] times it (Scott, 2021). */
  #isKeyInGroup(affine: number): boolean {
    const { f1Multiply, f1Square, g1Multiply, g1IsInfinity } = this.functions;
    const { field, g1Jacobian } = this.sizes;
    const mark = this.mark();
    const [point, multiple] = [this.take(g1Jacobian), this.take(g1Jacobian)];
    this.toJacobian(affine, field, point);
    g1Multiply(point, this.#parameter, parameter.length, multiple);
    g1Multiply(multiple, this.#parameter, parameter.length, point);
    // Denominators to the other side: βx·z² = X and −y·z³ = Y.
    const z = this.take(field);
    f1Square(point + 2 * field, z);
    f1Multiply(affine, this.#cubeRoot, multiple);
    f1Multiply(multiple, z, multiple);
    let good = g1IsInfinity(point) === 0 && this.isSame(multiple, point);
    f1Multiply(z, point + 2 * field, z);
    f1Multiply(affine + field, z, z);
    this.negateBase(z, z);
    good &&= this.isSame(z, point + field);
    this.release(mark);
    return good;
  }

  /** Reads a signature into `to`, affine; false if the bytes are none. */
  readSignature(bytes: Uint8Array, to: number): boolean {
    const head = bytes[0] as number;
    if (bytes.length !== blsSizes.signature || (head & (flags.compressed | flags.infinity)) !== flags.compressed)
      return false;
    const { f2Square, f2Multiply, f2Add } = this.functions;
    const imaginary = Uint8Array.from(bytes.subarray(0, coordinateBytes));
    imaginary[0] = head & ~flags.all;
    if (!this.readField(imaginary, to + this.sizes.field) || !this.readField(bytes.subarray(coordinateBytes), to))
      return false;
    const y = to + this.sizes.pair;
    const mark = this.mark();
    const right = this.take(this.sizes.pair);
    f2Square(to, right);
    f2Multiply(right, to, right);
    f2Add(right, this.#four, right);
    const good = this.quadraticRoot(right, y);
    this.release(mark);
    if (!good) return false;
    if (this.isUpper(y) !== ((head & flags.larger) !== 0)) this.negate(y, y);
    return this.#isSignatureInGroup(to);
  }

  /** Whether an affine point of the curve is in G2: ψ of it is the parameter times it (Scott, 2021). */
  #isSignatureInGroup(affine: number): boolean {
    const { f2Multiply, f2Square, g2IsInfinity } = this.functions;
    const { pair, g2Jacobian } = this.sizes;
    const mark = this.mark();
    const [point, multiple, image] = [this.take(g2Jacobian), this.take(g2Jacobian), this.take(g2Jacobian)];
    this.toJacobian(affine, pair, point);
    this.timesParameter(point, multiple);
    this.psi(point, image);
    const z = this.take(pair);
    f2Square(multiple + 2 * pair, z);
    f2Multiply(image, z, image);
    let good = g2IsInfinity(multiple) === 0 && this.isEqual(image, multiple);
    f2Multiply(z, multiple + 2 * pair, z);
    f2Multiply(image + pair, z, z);
    good &&= this.isEqual(z, multiple + pair);
    this.release(mark);
    return good;
  }

  /** ψ of a Jacobian point of the twist: conjugates times the factors. */
  psi(point: number, to: number): void {
    const { f2Conjugate, f2Multiply } = this.functions;
    const { pair } = this.sizes;
    for (let part = 0; part < 3; part++) f2Conjugate(point + part * pair, to + part * pair);
    f2Multiply(to, this.#psiX, to);
    f2Multiply(to + pair, this.#psiY, to + pair);
  }

  /** A Jacobian point of the twist times the curve's parameter, which is negative. */
  timesParameter(point: number, to: number): void {
    this.functions.g2Multiply(point, this.#parameter, parameter.length, to);
    this.opposite(to);
  }

  /** The compressed form of a Jacobian point of G2, not infinity. */
  signatureBytes(point: number): Uint8Array {
    const mark = this.mark();
    const affine = this.take(this.sizes.g2);
    this.functions.g2ToAffine(point, affine);
    const bytes = concatBytes(this.coordinate(affine + this.sizes.field), this.coordinate(affine));
    bytes[0] = (bytes[0] as number) | flags.compressed | (this.isUpper(affine + this.sizes.pair) ? flags.larger : 0);
    this.release(mark);
    return bytes;
  }
}
