/**
 * Writes the AssemblyScript source of arithmetic modulo a prime: straight lines over limbs of some bits less than a word (nine
 * of 29 for a prime of 254 bits, fourteen of 28 for one of 381), which is what makes it fast: products of limbs add up in 64
 * bits without a carry between them. Loops would cost half the speed, and by hand nobody could check 171 products.
 *
 * An element is a 32-bit word for each limb, lowest first, its value below 1.01 × the prime and, of what it stands for, the
 * product with 2^(limbs × bits) (Montgomery form). Functions take addresses; a result may be written over an operand.
 * @module
 */

/** Limbs for primes of 254 bits, and for those of 381. */
const narrow = { limbs: 9, limbBits: 29n };
export const wide = { limbs: 14, limbBits: 28n };

/** The functions that write a field of a prime of so many bits. */
function fieldWriter(limbs, limbBits, primeBits) {
  const words = Math.ceil(primeBits / 32);
  const top = limbs - 1;
  const radixBits = limbs * Number(limbBits);
  const limbMask = (1n << limbBits) - 1n;
  const places = Array.from({ length: limbs }, (_, i) => i);

  /** Limbs of a number; the last takes what is left. */
  function split(value) {
    return places.map((i) =>
      i < limbs - 1 ? (value >> (limbBits * BigInt(i))) & limbMask : value >> (limbBits * BigInt(i)),
    );
  }

  /** The same number in limbs of which each can have a limb of another taken off. */
  function spread(words) {
    return words.map((word, i) => word + (i < limbs - 1 ? 1n << limbBits : 0n) - (i > 0 ? 1n : 0n));
  }

  /** −1/prime modulo 2^29, by Newton's iteration. */
  function negativeInverse(prime) {
    let inverse = 1n;
    for (let i = 0; i < 5; i++) inverse = (inverse * (2n - prime * inverse)) & limbMask;
    return -inverse & limbMask;
  }

  const line = (...parts) => `  ${parts.join(" ")}`;
  const limb = (address, i) => `load<u32>(${address}, ${4 * i})`;
  const signedLimb = (address, i) => `<i64>${limb(address, i)}`;
  const setTo = (value, address = "r") =>
    split(value).map((word, i) => line(`store<u32>(${address}, ${word}, ${4 * i});`));

  /** Carries through nine terms and stores the limbs. */
  function carryAndStore(terms, type) {
    return [
      line(`let carry: ${type} = 0;`),
      ...terms.map((term, i) =>
        i < limbs - 1
          ? line(`carry += ${term}; store<u32>(r, <u32>carry & mask, ${4 * i}); carry >>= ${limbBits};`)
          : line(`store<u32>(r, <u32>(carry + ${term}), ${4 * i});`),
      ),
    ];
  }

  /** a × b / 2^261: row by row, a multiple of the prime after each row makes the lowest limb zero. */
  function multiplication(p, negative) {
    const row = (i) => [
      line(
        `x = ${limb("a", i)};`,
        `t0 += x * b0; m = ((t0 & ${limbMask}) * ${negative}) & ${limbMask}; t0 = (t0 + m * ${p[0]}) >> ${limbBits};`,
      ),
      line(
        ...places.slice(1).map((j) => `${j === 1 ? "t0 +=" : `t${j - 1} =`} t${j} + x * b${j} + m * ${p[j]};`),
        `t${top} = 0;`,
      ),
    ];
    return [
      "export function multiply(a: usize, b: usize, r: usize): void {",
      line("let x: u64 = 0, m: u64 = 0;"),
      line(...places.map((i) => `const b${i}: u64 = ${limb("b", i)};`)),
      line(...places.map((i) => `let t${i}: u64 = 0;`)),
      ...places.flatMap(row),
      ...carryAndStore(
        places.map((i) => `t${i}`),
        "u64",
      ),
      "}",
    ];
  }

  /** a × a / 2^261: products of two different limbs are taken once and doubled; then the rows of the prime. */
  function squaring(p, negative) {
    const column = (k) => {
      const pairs = places.filter((i) => i < k - i && k - i < limbs).map((i) => `a${i} * a${k - i}`);
      const doubled = pairs.length > 0 ? [`((${pairs.join(" + ")}) << 1)`] : [];
      return [...doubled, ...(k % 2 === 0 ? [`a${k / 2} * a${k / 2}`] : [])].join(" + ");
    };
    const row = (i) =>
      line(
        `m = ((p${i} & ${limbMask}) * ${negative}) & ${limbMask};`,
        `p${i + 1} += ((p${i} + m * ${p[0]}) >> ${limbBits}) + m * ${p[1]};`,
        ...places.slice(2).map((j) => `p${i + j} += m * ${p[j]};`),
      );
    return [
      "export function square(a: usize, r: usize): void {",
      line("let m: u64 = 0;"),
      line(...places.map((i) => `const a${i}: u64 = ${limb("a", i)};`)),
      ...Array.from({ length: 2 * limbs - 1 }, (_, k) => line(`let p${k}: u64 = ${column(k)};`)),
      ...places.map(row),
      ...carryAndStore(
        places.map((i) => (i < limbs - 1 ? `p${i + limbs}` : "0")),
        "u64",
      ),
      "}",
    ];
  }

  /** A sum of elements and multiples of the prime, brought below 1.01 × the prime by the quotient of the highest limbs. */
  function settled(name, parameters, p, term) {
    const factor = (1n << 44n) / (p[limbs - 1] + 1n);
    return [
      `export function ${name}(${parameters.map((parameter) => `${parameter}: usize, `).join("")}r: usize): void {`,
      ...places.map((i) => line(`const n${i}: i64 = ${term(i)};`)),
      line(`const k: i64 = ((n${top} + (n${top - 1} >> ${limbBits})) * ${factor}) >> 44;`),
      ...carryAndStore(
        places.map((i) => `n${i} - k * ${p[i]}`),
        "i64",
      ),
      "}",
    ];
  }

  /** Sums, differences and comparisons with zero. */
  function additions(prime) {
    const p = split(prime);
    const twice = split(2n * prime);
    const fourTimes = split(4n * prime);
    return [
      "/** a + b. */",
      ...settled("add", ["a", "b"], p, (i) => `${signedLimb("a", i)} + ${signedLimb("b", i)}`),
      "/** a − b. */",
      ...settled("subtract", ["a", "b"], p, (i) => `${signedLimb("a", i)} - ${signedLimb("b", i)} + ${twice[i]}`),
      "/** a − b − c. */",
      ...settled(
        "subtractBoth",
        ["a", "b", "c"],
        p,
        (i) => `${signedLimb("a", i)} - ${signedLimb("b", i)} - ${signedLimb("c", i)} + ${fourTimes[i]}`,
      ),
      "/** a + b with limbs up to 2^30: for a factor only. */",
      "export function addLoosely(a: usize, b: usize, r: usize): void {",
      ...places.map((i) => line(`store<u32>(r, ${limb("a", i)} + ${limb("b", i)}, ${4 * i});`)),
      "}",
      "/** a − b with limbs up to 1.5 × 2^30: for the first factor of a product only. */",
      "export function subtractLoosely(a: usize, b: usize, r: usize): void {",
      ...spread(fourTimes).map((word, i) =>
        line(`store<u32>(r, ${limb("a", i)} + ${word} - ${limb("b", i)}, ${4 * i});`),
      ),
      "}",
      "/** Whether an element is zero: its value is 0 or the prime. */",
      "export function isZero(a: usize): bool {",
      line(`if (${limb("a", 0)} != 0 && ${limb("a", 0)} != ${p[0]}) return false;`),
      line(`return (${places.map((i) => limb("a", i)).join(" | ")}) == 0 ||`),
      line(`  (${places.map((i) => `(${limb("a", i)} ^ ${p[i]})`).join(" | ")}) == 0;`),
      "}",
    ];
  }

  /** 1/a by the power of the prime less two, and a square root, where there is one, by that of (prime + 1)/4. */
  function powers(prime) {
    const wordsOf = (exponent) =>
      Array.from({ length: words }, (_, i) => (exponent >> BigInt(32 * i)) & 0xffff_ffffn).join(", ");
    const root = [
      `const rootExponent: StaticArray<u32> = [${wordsOf((prime + 1n) / 4n)}];`,
      "/** A square root of a, if it is a square. */",
      "export function squareRoot(a: usize, r: usize): void { power(a, rootExponent, r); }",
    ];
    return [
      `const inverseExponent: StaticArray<u32> = [${wordsOf(prime - 2n)}];`,
      `const base: usize = memory.data(${4 * limbs}, 8);`,
      "function power(a: usize, exponent: StaticArray<u32>, r: usize): void {",
      line("memory.copy(base, a, elementBytes);"),
      line("setOne(r);"),
      line(`for (let bit: i32 = ${primeBits - 1}; bit >= 0; bit--) {`),
      line("  square(r, r);"),
      line("  if (((unchecked(exponent[bit >> 5]) >> (bit & 31)) & 1) != 0) multiply(r, base, r);"),
      line("}"),
      "}",
      "/** 1/a, and 0 for 0. */",
      "export function invert(a: usize, r: usize): void { power(a, inverseExponent, r); }",
      ...(prime % 4n === 3n ? root : []),
    ];
  }

  /** Reads and writes bytes that have 2^`bits` in the place of the form's own power. */
  function conversions(prime, suffix, bits) {
    return [
      `/** Reads ${4 * words} bytes with 2^${bits} in the place of 2^${radixBits}. */`,
      `export function read${suffix}(from: usize, r: usize): void {`,
      line("cut(from, r);"),
      ...setTo((1n << BigInt(2 * radixBits - bits)) % prime, "factor"),
      line("multiply(r, factor, r);"),
      "}",
      `/** Writes ${4 * words} bytes with 2^${bits} in the place of 2^${radixBits}, the value below the prime. */`,
      `export function write${suffix}(a: usize, to: usize): void {`,
      ...setTo((1n << BigInt(bits)) % prime, "factor"),
      line("multiply(a, factor, factor);"),
      line("join(to);"),
      "}",
    ];
  }

  /** Cuts the words outside into limbs. */
  function cutting() {
    return [
      "function cut(from: usize, r: usize): void {",
      ...places.map((i) => {
        const bit = Number(limbBits) * i;
        const at = bit >> 5;
        const low = `(load<u32>(from, ${4 * at}) >>> ${bit & 31})`;
        const high =
          at < words - 1 && (bit & 31) + Number(limbBits) > 32
            ? ` | (load<u32>(from, ${4 * at + 4}) << ${32 - (bit & 31)})`
            : "";
        return line(`const w${i}: u32 = (${low}${high}) & mask;`);
      }),
      ...places.map((i) => line(`store<u32>(r, w${i}, ${4 * i});`)),
      "}",
    ];
  }

  /** Takes the prime off if that leaves something, and puts limbs together. */
  function joining(p) {
    return [
      "function join(to: usize): void {",
      ...places.map((i) => line(`let w${i}: i32 = <i32>${limb("factor", i)} - ${p[i]};`)),
      ...places.slice(0, -1).map((i) => line(`w${i + 1} += w${i} >> ${limbBits}; w${i} &= mask;`)),
      line(`if (w${top} < 0) {`),
      ...places.map((i) => line(`  w${i} = ${limb("factor", i)};`)),
      line("}"),
      ...Array.from({ length: words }, (_, word) => {
        const parts = places.flatMap((i) => {
          const shift = Number(limbBits) * i - 32 * word;
          if (shift >= 32 || shift <= -Number(limbBits)) return [];
          return [shift >= 0 ? `(w${i} << ${shift})` : `(w${i} >>> ${-shift})`];
        });
        return line(`store<u32>(to, ${parts.join(" | ")}, ${4 * word});`);
      }),
      "}",
    ];
  }

  return {
    split,
    negativeInverse,
    line,
    setTo,
    multiplication,
    squaring,
    additions,
    powers,
    cutting,
    joining,
    conversions,
    radixBits,
    words,
  };
}

/**
 * The source for one prime. `forms` are those of bytes outside, by the ends of the names of the functions that read and write
 * them: 256 is the Montgomery form with 2^256, 0 is plain.
 */
export function primeFieldSource(prime, forms, { limbs, limbBits } = narrow) {
  const writer = fieldWriter(limbs, limbBits, prime.toString(2).length);
  const { split, negativeInverse, setTo, multiplication, squaring, additions, powers, cutting, joining, conversions } =
    writer;
  const p = split(prime);
  const negative = negativeInverse(prime);
  const setter = (name, value) => [`export function ${name}(r: usize): void {`, ...setTo(value), "}"];
  return [
    "// Written by tools/prime-field.mjs.",
    `const mask: u32 = ${(1n << limbBits) - 1n};`,
    "/** Bytes of an element, and of one outside. */",
    `export const elementBytes: usize = ${4 * limbs};`,
    `export const outsideBytes: usize = ${4 * writer.words};`,
    "/** a × b. */",
    ...multiplication(p, negative),
    "/** a × a. */",
    ...squaring(p, negative),
    ...additions(prime),
    "/** Sets to zero. */",
    "export function setZero(r: usize): void { memory.fill(r, 0, elementBytes); }",
    "/** Sets to one. */",
    ...setter("setOne", (1n << BigInt(writer.radixBits)) % prime),
    ...powers(prime),
    `const factor: usize = memory.data(${4 * limbs}, 8);`,
    ...cutting(),
    ...joining(p),
    ...Object.entries(forms).flatMap(([suffix, bits]) => conversions(prime, suffix, bits)),
    "",
  ].join("\n");
}
