/**
 * Foreign text (from peers, programs, the chain) before it reaches the terminal: control characters could move the
 * cursor, forge prompts or type for the user.
 * @module
 */

/** Only what prints, and spaces. Bidirectional overrides go too: they make an address read backwards. */
export function sanitise(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu, "�");
}
