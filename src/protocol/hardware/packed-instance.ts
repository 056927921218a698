/**
 * The bytes of an instance as they travel: ends of edges (16 bits each), couplings, fields (32 bits each), little-endian.
 * @module
 */

import { type Result, rejected } from "../result.ts";
import { checkInstance, type IsingInstance } from "./ising.ts";

/** Bytes that an instance of this size packs into. */
export function packedInstanceBytes(spins: number, edges: number): number {
  return 8 * edges + 4 * spins;
}

/** Packs an instance; spins, edges and β travel beside it. */
export function packInstance({ edges, couplings, fields }: IsingInstance): Uint8Array {
  const bytes = new Uint8Array(packedInstanceBytes(fields.length, couplings.length));
  const view = new DataView(bytes.buffer);
  for (const [i, end] of edges.entries()) view.setUint16(2 * i, end, true);
  for (const [i, coupling] of couplings.entries()) view.setInt32(4 * (couplings.length + i), coupling, true);
  for (const [i, field] of fields.entries()) view.setInt32(8 * couplings.length + 4 * i, field, true);
  return bytes;
}

/** The instance of these bytes, checked. */
export function unpackInstance(bytes: Uint8Array, spins: number, edges: number, beta: number): Result<IsingInstance> {
  if (bytes.length !== packedInstanceBytes(spins, edges)) return rejected("truncated", "The instance has other bytes.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return checkInstance({
    spins,
    edges: Uint16Array.from({ length: 2 * edges }, (_, i) => view.getUint16(2 * i, true)),
    couplings: Int32Array.from({ length: edges }, (_, i) => view.getInt32(4 * (edges + i), true)),
    fields: Int32Array.from({ length: spins }, (_, i) => view.getInt32(8 * edges + 4 * i, true)),
    beta,
  });
}
