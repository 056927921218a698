/**
 * The hash by which blocks have their names, computed by the browser beside the thread that paints.
 * @module
 */

/** SHA-256 of bytes. */
export async function hashBytes(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}
