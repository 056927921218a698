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
  manual:
    "Says one step at a time what to try and how it is typed: what there is, who is there, keys, a backup that works, coins, a name, a payment, a window, a file, a program, the installed app. You type; the tour runs nothing. It sees by what has happened that a step is done (keys are there, a coin is spent, a window is open) and says the next; what you have done before is passed over.\n" +
    "stop     leaves the tour; `tour` goes on where it was, also after a reload\n" +
    "skip     passes over this step\n" +
    "restart  begins with the first step",
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
