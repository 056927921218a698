/**
 * A block's instance in the form sampling units take.
 * @module
 */
import { fixedPointOne, type IsingInstance } from "../hardware/ising.ts";
import { downOf, type EnergyInstance, energyEdges, energySpins, rightOf, signAt } from "./energy-instance.ts";

/** The instance as spins and edges at an inverse temperature (fixed point). */
export function energyIsing(instance: EnergyInstance, beta: number): IsingInstance {
  const edges = new Uint16Array(2 * energyEdges);
  const couplings = new Int32Array(energyEdges);
  for (let spin = 0; spin < energySpins; spin++) {
    edges.set([spin, rightOf(spin), spin, downOf(spin)], 4 * spin);
    couplings[2 * spin] = fixedPointOne * signAt(instance.right, spin);
    couplings[2 * spin + 1] = fixedPointOne * signAt(instance.down, spin);
  }
  return { spins: energySpins, edges, couplings, fields: new Int32Array(energySpins), beta };
}
