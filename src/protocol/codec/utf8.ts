/**
 * UTF-8 to text without leniency. The core zone has no TextDecoder, and consensus must not depend on a platform's anyway.
 * @module
 */

/** Code units turned into text at once; a string grown by one at a time costs an object for each. */
const unitsPerString = 1_024;

/** The text that `bytes[from, to)` spell, or `undefined` if they are not well-formed UTF-8. */
export function decodeUtf8(bytes: Uint8Array, from: number, to: number): string | undefined {
  let text = "";
  let units: number[] = [];
  for (let i = from; i < to; ) {
    const first = bytes[i] as number;
    const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    let point = size === 1 ? first : first & (0xff >> (size + 1));
    if ((first >= 0x80 && first < 0xc2) || first > 0xf4 || i + size > to) return undefined;
    for (let k = 1; k < size; k++) {
      const next = bytes[i + k] as number;
      if ((next & 0xc0) !== 0x80) return undefined;
      point = (point << 6) | (next & 0x3f);
    }
    const overlong = (size === 3 && point < 0x800) || (size === 4 && point < 0x10000);
    if (overlong || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff) return undefined;
    if (point < 0x10000) units.push(point);
    else units.push(0xd7c0 + (point >> 10), 0xdc00 | (point & 0x3ff));
    i += size;
    if (units.length < unitsPerString) continue;
    text += String.fromCharCode(...units);
    units = [];
  }
  return text + String.fromCharCode(...units);
}
