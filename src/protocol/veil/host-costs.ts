/**
 * What the host's work for a guest costs in fuel, on top of what the meter takes for the call itself and of the bytes that
 * cross. The world `aether:os` and WASI do the same things by the same code, for the same prices; a receipt's digest of
 * the metering names these too.
 * @module
 */

/** In units, of which one is about a nanosecond: so that no call is a cheaper way to keep a processor busy than a loop is. */
export const hostCosts = {
  /** Lifting and lowering by a component's glue, for every call. */
  glueCall: 192,
  /** A load or store in the memory of another component of the program. */
  otherMemory: 64,
  /** Of text that is decoded: what is not ASCII takes five times as long as what is. */
  textByte: 4,
  /** Making a handle, or looking one up in a list. */
  handle: 128,
  /** Taking a path apart and following it, and for each byte of it. */
  path: 1_024,
  pathByte: 8,
  /** By which a file grows: fresh memory, and what is there already is copied when it moves. */
  fileByte: 1,
  /** A file or folder that is listed. */
  entry: 128,
  /** An argument or a setting that is lowered. */
  text: 256,
  /** Making room for a folder at another path: everything in it is looked at. */
  moveFolder: 65_536,
  /** ChaCha20 in JavaScript, to start and for each byte. */
  random: 4_096,
  randomByte: 8,
} as const;

/** Price of a path of so many bytes. */
export function pathCost(bytes: number): number {
  return hostCosts.path + bytes * hostCosts.pathByte;
}
