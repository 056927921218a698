/**
 * Emulated thermodynamic sampling unit in WebAssembly (AssemblyScript): block Gibbs sampling of an Ising instance, one
 * colour of its graph after another. P(s = +1) = σ(2γ) with γ = β(h + ΣJs). Couplings and fields are whole numbers of one
 * unit, so that the sum is exact in any order; the randomness is Philox4x32-10 with the counter (sweep, place in the
 * order), so that equal keys give equal samples on every engine, in whatever order a colour is updated.
 * The host checks sizes, builds the neighbour lists and writes them at the addresses below.
 */

/** Most spins of an instance. */
const spinCapacity: i32 = 4096;

/** Most neighbour entries: two for every coupling. */
const neighbourCapacity: i32 = 32768;

/** Local fields from −radius to radius whose odds are kept in a table. */
const tableRadius: i32 = 512;

const spins: StaticArray<i32> = new StaticArray<i32>(spinCapacity);
const fields: StaticArray<i32> = new StaticArray<i32>(spinCapacity);
/** Spins by colour. */
const order: StaticArray<u32> = new StaticArray<u32>(spinCapacity);
/** Where each spin's neighbours begin; one more entry for the end. */
const offsets: StaticArray<u32> = new StaticArray<u32>(spinCapacity + 1);
const neighbours: StaticArray<u32> = new StaticArray<u32>(neighbourCapacity);
const couplings: StaticArray<i32> = new StaticArray<i32>(neighbourCapacity);
/** Odds of +1 by local field, in 2^−32. */
const odds: StaticArray<u64> = new StaticArray<u64>(2 * tableRadius + 1);
const block: StaticArray<u32> = new StaticArray<u32>(4);

let count: i32 = 0;
let unit: f64 = 1.0;
let radius: i32 = 0;
let inverseTemperature: f64 = 0.0;
let keyLow: u32 = 0;
let keyHigh: u32 = 0;
let sweep: u64 = 0;

export function spinsAt(): usize {
  return changetype<usize>(spins);
}

export function fieldsAt(): usize {
  return changetype<usize>(fields);
}

export function orderAt(): usize {
  return changetype<usize>(order);
}

export function offsetsAt(): usize {
  return changetype<usize>(offsets);
}

export function neighboursAt(): usize {
  return changetype<usize>(neighbours);
}

export function couplingsAt(): usize {
  return changetype<usize>(couplings);
}

/** Where {@link random} leaves its four numbers. */
export function blockAt(): usize {
  return changetype<usize>(block);
}

/** Takes over what the host wrote: how many spins, what a whole number is worth, and the largest local field. */
export function program(spinCount: i32, unitValue: f64, fieldRadius: i32): void {
  count = spinCount;
  unit = unitValue;
  radius = fieldRadius;
}

/** Starts a stream of randomness from its beginning. */
export function setKey(low: u32, high: u32): void {
  keyLow = low;
  keyHigh = high;
  sweep = 0;
}

/** Philox4x32-10 (Salmon and others, 2011) of one counter. */
export function random(c0: u32, c1: u32, c2: u32, c3: u32): void {
  let k0 = keyLow;
  let k1 = keyHigh;
  for (let round = 0; round < 10; round++) {
    const first = <u64>0xd2511f53 * <u64>c0;
    const second = <u64>0xcd9e8d57 * <u64>c2;
    c0 = (<u32>(second >> 32)) ^ c1 ^ k0;
    c2 = (<u32>(first >> 32)) ^ c3 ^ k1;
    c1 = <u32>second;
    c3 = <u32>first;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  unchecked((block[0] = c0));
  unchecked((block[1] = c1));
  unchecked((block[2] = c2));
  unchecked((block[3] = c3));
}

/** Odds of +1 in 2^−32 at a local field, by AssemblyScript's own exponential: the same bits on every engine. */
function oddsOf(field: i32): u64 {
  const gamma = inverseTemperature * (<f64>field * unit);
  return <u64>(4294967296.0 / (1.0 + Math.exp(-2.0 * gamma)) + 0.5);
}

/** Sets β. */
export function setInverseTemperature(beta: f64): void {
  inverseTemperature = beta;
  if (radius > tableRadius) return;
  for (let field = -radius; field <= radius; field++) unchecked((odds[field + radius] = oddsOf(field)));
}

/** Draws every spin as a fair coin. */
export function randomise(): void {
  for (let i = 0; i < count; i++) {
    if ((i & 127) == 0) random(<u32>(i >> 7), 0xffffffff, <u32>sweep, <u32>(sweep >> 32));
    const word = unchecked(block[(i >> 5) & 3]);
    unchecked((spins[i] = <i32>((word >>> (i & 31)) & 1) * 2 - 1));
  }
  sweep++;
}

/** Updates every spin `times` times, colour after colour. */
export function sweeps(times: i32): void {
  const tabled = radius <= tableRadius;
  for (let turn = 0; turn < times; turn++) {
    const low = <u32>sweep;
    const high = <u32>(sweep >> 32);
    for (let place = 0; place < count; place++) {
      if ((place & 3) == 0) random(<u32>(place >> 2), 0, low, high);
      const spin = unchecked(order[place]);
      let field = unchecked(fields[spin]);
      const end = unchecked(offsets[spin + 1]);
      for (let entry = unchecked(offsets[spin]); entry < end; entry++) {
        field += unchecked(couplings[entry]) * unchecked(spins[unchecked(neighbours[entry])]);
      }
      const chance = tabled ? unchecked(odds[field + radius]) : oddsOf(field);
      unchecked((spins[spin] = <u64>unchecked(block[place & 3]) < chance ? 1 : -1));
    }
    sweep++;
  }
}

/** Sweeps `from` up to `to` of a rise of β over `steps`, so that the host can pause in the middle of a long one. */
export function ramp(from: i32, to: i32, steps: i32, first: f64, last: f64): void {
  const rise = steps > 1 ? (last - first) / <f64>(steps - 1) : 0.0;
  for (let step = from; step < to; step++) {
    setInverseTemperature(first + rise * <f64>step);
    sweeps(1);
  }
}
