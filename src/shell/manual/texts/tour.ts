/**
 * What `man` says of the commands in commands/tour.ts.
 * @module
 */
/** By name. */
export const manuals: Readonly<Record<string, string>> = {
  tour:
    "Says one step at a time what to try and how it is typed: what there is, who is there, keys, a backup that works, coins, a name, a payment, a window, a file, a program, the installed app. You type; the tour runs nothing. It sees by what has happened that a step is done (keys are there, a coin is spent, a window is open) and says the next; what you have done before is passed over.\n" +
    "stop     leaves the tour; `tour` goes on where it was, also after a reload\n" +
    "skip     passes over this step\n" +
    "restart  begins with the first step",
};
