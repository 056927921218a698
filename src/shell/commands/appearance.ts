/**
 * `appearance`: light or dark, how large letters are.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { type Appearance, appearanceChoices } from "../appearance.ts";
import { table } from "../format.ts";
import type { Command } from "./command.ts";

/** The command that chooses one thing. */
export function appearanceCommandFor(part: Partial<Appearance>): string {
  const options = Object.entries(part).map(([name, choice]) => `--${name} ${choice}`);
  return ["appearance", ...options].join(" ");
}

/** The command. */
export const appearanceCommand: Command = {
  name: "appearance",
  group: "system",
  summary: "light or dark, and how large letters are",
  usage: "appearance [--theme THEME] [--text SIZE] [--json]",
  options: {
    "--theme THEME": appearanceChoices.theme.join(", "),
    "--text SIZE": appearanceChoices.text.join(", "),
    "--json": "print one line of JSON",
  },
  examples: ["appearance", "appearance --theme dark", "appearance --text large"],
  spec: { flags: ["json"], values: ["theme", "text"], positionals: { least: 0, most: 0 } },
  optionWords: appearanceChoices,
  run: (context, { flags, values }) => {
    const { appearance } = context.environment;
    const part: { theme?: Appearance["theme"]; text?: Appearance["text"] } = {};
    for (const name of ["theme", "text"] as const) {
      const typed = values.get(name);
      if (typed === undefined) continue;
      const choice = appearanceChoices[name].find((one) => one === typed);
      if (choice === undefined) {
        const message = `--${name} is one of ${appearanceChoices[name].join(", ")}, not "${typed}".`;
        return Promise.resolve(context.refuse(rejected("invalid-argument", message)));
      }
      Object.assign(part, { [name]: choice });
    }
    if (values.size > 0) appearance.choose(part);
    const now = appearance.current();
    if (flags.has("json")) context.json(now);
    else for (const line of table(Object.entries(now))) context.print(line);
    return Promise.resolve(0);
  },
};
