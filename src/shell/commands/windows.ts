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
  examples: ["open wallet", "open explorer block/12", "open explorer/block/12"],
  spec: { positionals: { least: 1, most: 2 } },
  complete: (_, operands) => Promise.resolve(operands.includes("WINDOW") ? windowNames : []),
  run: (context, { positionals }) => {
    const [word = "", behind] = positionals;
    // As a link has it, in one word.
    const [window = "", ...deeper] = behind === undefined ? word.split("/") : [word];
    const at = behind ?? deeper.join("/");
    const refuse = (message: string): Promise<number> =>
      Promise.resolve(context.refuse(rejected("invalid-argument", message)));
    if (!isWindowName(window)) return refuse(`There is no such window. There are: ${windowNames.join(", ")}.`);
    const place = readPlace(writePlace("", { window, at }));
    if (place === null) return refuse("That is too long for a place in a window.");
    context.environment.openWindow(place);
    return Promise.resolve(0);
  },
};
