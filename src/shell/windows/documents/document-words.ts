/**
 * The words of the window of documents, in one place.
 * @module
 */
import type { Rejected } from "#protocol/result.ts";
import type { DocumentState } from "../../documents/document-session.ts";

const others = (count: number): string => (count === 1 ? "1 other" : `${count} others`);

/** English. */
export const documentWords = {
  lead: "Documents that you write alone or with others. They are kept on this device, sealed; whoever you give an invitation reads and writes them too.",
  none: "None yet. Give the first one a name.",
  list: "Your documents",
  name: "Name of a new document",
  make: "Write",
  all: "All documents",
  invite: "Invite somebody",
  noKeys: "Documents are sealed and signed with your keys, and this device has none yet. The terminal makes them.",
  makeKeys: "Make keys:",
  locked: "Your documents are sealed with your keys, which are locked.",
  unlock: "Unlock:",
  label: (name: string) => `Text of ${name}`,
  full: "The document is as long as it may be; what you last put in was not taken.",
  unreadable: (count: number) =>
    `${count} change${count === 1 ? "" : "s"} by others could not be read and ${count === 1 ? "is" : "are"} not shown; all else is.`,
  missing:
    "The editor could not be loaded: this page has lost its server. Nothing was changed; reload the page to try again.",
  unsaved: (why: string) => `Not saved: ${why} What you wrote is in this window and is tried again; do not close it.`,
  outside: (why: string) => `${why} What you write here now is kept nowhere: copy it elsewhere.`,
} as const;

/** Why something is not kept. */
export function troubleWords({ code, message }: Rejected): string {
  return code === "wrong-holder" ? documentWords.outside(message) : documentWords.unsaved(message);
}

/** What is true of an open document now, in a line. */
export function standingWords({ isSaved, peers, people }: DocumentState): string {
  const kept = isSaved ? "Saved here" : "Saving …";
  if (people.length > 0) return `${kept} · with ${others(people.length)} now`;
  return peers > 0
    ? `${kept} · goes to ${others(peers)} who ${peers === 1 ? "has" : "have"} it`
    : `${kept} · nobody who has it is connected: it goes out when somebody is`;
}
