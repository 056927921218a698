/**
 * What is said of a line that nobody here has typed: what it is, what Enter would do, who would see it. Whoever made the
 * link chose the line, so nothing of it is repeated as if it were ours.
 * @module
 */
import type { HandedOver } from "#sdk/installed-app.ts";

const nothingYet = "Nothing has run.";
const drop = "Ctrl-C drops it.";

const words: Readonly<Record<HandedOver["kind"], readonly string[]>> = {
  file: [
    `Somebody shared a file with you by this link. ${nothingYet} Enter fetches it, ${drop}`,
    "Nodes that hand it over, whoever shared it perhaps among them, see this tab as a peer; it comes sealed and is opened here, with your keys if it is for certain people. It is checked against the link, nothing of it is run, and it will lie among your files in this browser only: `ls` lists them, `save` puts a copy among your downloads.",
  ],
  document: [
    `Somebody invites you by this link to write a document with them. ${nothingYet} Enter goes on and asks once more, ${drop}`,
    "It would be kept on this device, sealed. Those who have it see this tab as a peer, and under your address what you write in it; it comes once somebody who has it is connected.",
  ],
  invitation: [
    `This link invites this device to take over the keys of another one. ${nothingYet} Enter begins, ${drop}`,
    "Go on only if you made the invitation yourself, on a device of yours, a moment ago: both then show six words to compare.",
  ],
  line: [`This page was opened with the line below. ${nothingYet} Read it: Enter runs it, ${drop}`],
  damaged: [
    "The link that opened this page is not whole, or was altered on the way. Nothing has run, and nothing here was changed. Copy it once more from where it was sent to you, to its last letter, or ask for it again.",
  ],
  text: [
    `What was handed to this page stands below as one quoted word. ${nothingYet} Put a command before it, as in \`echo WORDS > FILE\` to keep it or \`send-msg @NAME WORDS\` to send it; ${drop}`,
  ],
};

/** The words, line by line. */
export function handedOverWords({ kind }: HandedOver): readonly string[] {
  return words[kind];
}
