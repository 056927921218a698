/**
 * Addresses of the web in what the terminal shows. What is shown is where a click leads, letter by letter: an address that
 * could be taken for another one is no link.
 * @module
 */

/** A link in a text: letters `from` up to `to`. */
export interface FoundLink {
  readonly from: number;
  readonly to: number;
  readonly target: URL;
}

/** Longer ones are no links. */
const mostLength = 2_048;

const candidates = /https?:\/\/\S+/g;

/** What rather ends a sentence than an address. */
const sentenceEnd = /[.,;:!?'"`)\]}>]+$/;

/** Letters that look like no other: what else stands in an address is not followed. */
const plain = /^[\x21-\x7e]+$/;

/** The links in a text. An address with letters beyond ASCII is none, nor is one whose host could be read otherwise. */
export function findLinks(text: string): readonly FoundLink[] {
  const found: FoundLink[] = [];
  for (const { 0: word, index: from } of text.matchAll(candidates)) {
    // Else a part of a word would lead elsewhere than the whole.
    if (!plain.test(word) || /[A-Za-z0-9]/.test(text[from - 1] ?? " ")) continue;
    const address = word.replace(sentenceEnd, "");
    const target = address.length <= mostLength && URL.canParse(address) ? new URL(address) : null;
    if (target !== null && leadsToItsHost(address, target)) found.push({ from, to: from + address.length, target });
  }
  return found;
}

/** Whether the host that is read is the one that is asked: browsers take `https://bank@elsewhere` and `https://0x7f.1`, too. */
function leadsToItsHost(address: string, { host, port, protocol }: URL): boolean {
  const shown = /^https?:\/\/([^/?#]*)/.exec(address)?.[1]?.toLowerCase();
  const usualPort = protocol === "https:" ? ":443" : ":80";
  return host !== "" && (shown === host || (port === "" && shown === host + usualPort));
}
