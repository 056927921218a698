/**
 * The Ising instance a block's thermodynamic sample answers: 256 spins on a 16 × 16 torus, couplings ±1 drawn from a seed
 * that belongs to one proposer on one parent, no field. Energies are whole numbers, so no two engines can disagree.
 * @module
 */
import { taggedHash } from "../codec/hash.ts";
import type { Proposer } from "./header.ts";

/** Spins along each side of the torus. */
export const energySide = 16;

/** Spins of an instance. */
export const energySpins = energySide * energySide;

/** Bytes of packed spins: spin i is bit `i mod 8` of byte `⌊i / 8⌋`, set for +1. */
export const energySpinBytes = energySpins / 8;

/** Couplings of an instance: each spin's to its right and to its lower neighbour. */
export const energyEdges = 2 * energySpins;

/** Couplings, packed like spins: a set bit is +1 (the two spins want to agree), a clear one −1. */
export interface EnergyInstance {
  /** Coupling of spin i to its right neighbour, 32 bytes. */
  readonly right: Uint8Array;
  /** Coupling of spin i to its lower neighbour, 32 bytes. */
  readonly down: Uint8Array;
}

/**
 * What one proposer on one parent must work on. Both of its keys go in: a sample copied into a block of anybody else
 * answers another instance.
 */
export function energySeed(parent: Uint8Array, proposer: Proposer): Uint8Array {
  return taggedHash("aether/energy-seed/1", parent, proposer.keyHash, proposer.beaconKey);
}

/** The instance of a seed. `draw` numbers the instances a proposer may choose from (parameters: `energy.draws`). */
export function energyInstance(seed: Uint8Array, draw: number): EnergyInstance {
  const half = (which: number): Uint8Array => taggedHash("aether/energy-instance/1", seed, Uint8Array.of(draw, which));
  return { right: half(0), down: half(1) };
}

/** Neighbour of a spin to the right, around the torus. */
export function rightOf(spin: number): number {
  return spin - (spin % energySide) + ((spin + 1) % energySide);
}

/** Neighbour of a spin below, around the torus. */
export function downOf(spin: number): number {
  return (spin + energySide) % energySpins;
}

/** Bit `place` of packed spins or couplings, as −1 or +1. */
export function signAt(packed: Uint8Array, place: number): -1 | 1 {
  return (((packed[place >> 3] ?? 0) >> (place & 7)) & 1) === 1 ? 1 : -1;
}

/**
 * `E = −Σ J s s′` over all 512 couplings: one pass, a row of 16 spins at a time. A coupling is satisfied exactly where the
 * exclusive or of the two spins and its own bit is set. `spins` are 32 packed bytes.
 */
export function energyOf(instance: EnergyInstance, spins: Uint8Array): number {
  let satisfied = 0;
  for (let row = 0; row < energySide; row++) {
    const here = rowOf(spins, row);
    const next = ((here >>> 1) | (here << 15)) & 0xffff;
    const below = rowOf(spins, (row + 1) % energySide);
    const across = here ^ next ^ rowOf(instance.right, row);
    const along = here ^ below ^ rowOf(instance.down, row);
    satisfied += bitsSet(across | (along << 16));
  }
  return energyEdges - 2 * satisfied;
}

/** Sixteen packed bits: spin x of the row is bit x. */
function rowOf(packed: Uint8Array, row: number): number {
  return (packed[2 * row] ?? 0) | ((packed[2 * row + 1] ?? 0) << 8);
}

/** How many of 32 bits are set. */
function bitsSet(word: number): number {
  let count = word - ((word >>> 1) & 0x55555555);
  count = (count & 0x33333333) + ((count >>> 2) & 0x33333333);
  return Math.imul((count + (count >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
