/**
 * `tour`: the first five minutes, step by step.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { Tour, type TourLines } from "../tour/tour.ts";
import type { Command, CommandContext } from "./command.ts";

function printAll(context: CommandContext, lines: TourLines): number {
  for (const [text, tone] of lines) context.print(text, tone);
  return 0;
}

/** The command. */
export const tourCommand: Command = {
  name: "tour",
  group: "system",
  summary: "shows you round in five minutes",
  usage: "tour [stop|skip|restart]",
  options: {},
  examples: ["tour", "tour skip", "tour stop"],
  spec: { positionals: { least: 0, most: 1 } },
  run: async (context, { positionals: [action] }) => {
    const tour = new Tour(context.client, context.environment);
    const isOn = tour.progress() !== null;
    switch (action) {
      case undefined:
        return printAll(context, await tour.goOn());
      case "restart":
        return printAll(context, await tour.begin());
      case "skip":
        if (isOn) return printAll(context, await tour.skip());
        return context.refuse(rejected("not-found", "You are on no tour; `tour` begins one."));
      case "stop":
        tour.leave();
        context.print(isOn ? "Left. `tour` goes on where you were." : "You are on no tour; `tour` begins one.", "dim");
        return 0;
      default:
        return context.refuse(rejected("invalid-argument", `Usage: ${tourCommand.usage}`));
    }
  },
};
