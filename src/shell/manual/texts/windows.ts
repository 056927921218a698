/**
 * What `man` says of the commands in commands/windows.ts.
 * @module
 */
import { windowNames } from "../../windows/place.ts";

/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  open: `Windows: ${windowNames.join(", ")}. A place is what the page's address names behind it, as block/12, tx/ID or address/DID in the explorer, whose DID it is with in messages, and the name of a document; in one word with the window it goes, too: such a link can be kept or sent, and opens there. Windows show the commands that say and do the same; what needs your consent is asked in the terminal. Three are open at once: one more takes the place of the one you used least recently, and a note above the windows brings that one back as it was.`,
};
