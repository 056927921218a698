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
    "Nodes that hand it over, whoever shared it perhaps among them, see this tab as a peer; it comes sealed and is opened here. It is checked against the link, nothing of it is run, and it will lie among your files in this browser only: `ls` lists them, `save` puts a copy among your downloads.",
  ],
  invitation: [
    `This link invites this device to take over the keys of another one. ${nothingYet} Enter begins, ${drop}`,
    "Go on only if you made the invitation yourself, on a device of yours, a moment ago: both then show six words to compare.",
  ],
  line: [`This page was opened with the line below. ${nothingYet} Read it: Enter runs it, ${drop}`],
  text: [
    `What was handed to this page stands below as one quoted word. ${nothingYet} Put a command before it, as in \`echo WORDS > FILE\` to keep it or \`send-msg @NAME WORDS\` to send it; ${drop}`,
  ],
};

/** The words, line by line. */
export function handedOverWords({ kind }: HandedOver): readonly string[] {
  return words[kind];
}
