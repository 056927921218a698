/**
 * `open`: windows beside the terminal.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { isWindowName, readPlace, windowNames, writePlace } from "../windows/place.ts";
import type { Command } from "./command.ts";

/** The command. */
export const windowCommand: Command = {
  name: "open",
  group: "system",
  summary: "opens a window beside the terminal",
  usage: "open WINDOW [PLACE]",
  options: {},
  manual: `Windows: ${windowNames.join(", ")}. A place is what the page's address names behind it, as block/12, tx/ID or address/DID in the explorer, and whose DID it is with in messages: such a link can be kept or sent, and opens there. Windows show the commands that say and do the same; what needs your consent is asked in the terminal.`,
  examples: ["open wallet", "open explorer block/12"],
  spec: { positionals: { least: 1, most: 2 } },
  complete: () => Promise.resolve(windowNames),
  run: (context, { positionals }) => {
    const [window = "", at = ""] = positionals;
    const refuse = (message: string): Promise<number> =>
      Promise.resolve(context.refuse(rejected("invalid-argument", message)));
    if (!isWindowName(window)) return refuse(`There is no such window. There are: ${windowNames.join(", ")}.`);
    const place = readPlace(writePlace("", { window, at }));
    if (place === null) return refuse("That is too long for a place in a window.");
    context.environment.openWindow(place);
    return Promise.resolve(0);
  },
};
