/**
 * Consistent overhead byte stuffing (Cheshire and Baker, 1999): bytes without zeros, so that a zero ends a frame wherever a
 * reader joins the stream. Costs one byte in 254.
 * @module
 */

/** Longest run of bytes one code byte covers. */
const longestRun = 254;

/** The same bytes without zeros. The delimiter is not part of it. */
export function cobsEncode(bytes: Uint8Array): Uint8Array {
  const stuffed = new Uint8Array(bytes.length + Math.floor(bytes.length / longestRun) + 1);
  let codeAt = 0;
  let at = 1;
  for (const [i, byte] of bytes.entries()) {
    if (byte !== 0) stuffed[at++] = byte;
    const full = at - codeAt === longestRun + 1;
    if (byte === 0 || (full && i < bytes.length - 1)) {
      stuffed[codeAt] = at - codeAt;
      codeAt = at++;
    }
  }
  stuffed[codeAt] = at - codeAt;
  return stuffed.subarray(0, at);
}

/** What was stuffed, or null if these bytes are no stuffing of anything. */
export function cobsDecode(stuffed: Uint8Array): Uint8Array | null {
  const bytes = new Uint8Array(stuffed.length);
  let length = 0;
  for (let at = 0; at < stuffed.length; ) {
    const code = stuffed[at] as number;
    const end = at + code;
    if (code === 0 || end > stuffed.length) return null;
    for (at++; at < end; at++) {
      const byte = stuffed[at] as number;
      if (byte === 0) return null;
      bytes[length++] = byte;
    }
    if (code <= longestRun && at < stuffed.length) bytes[length++] = 0;
  }
  return stuffed.length === 0 ? null : bytes.subarray(0, length);
}
