/**
 * Commands whose first word says which of several things they do, all of which are loaded with the first use.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import { nearest } from "../did-you-mean.ts";
import type { ParsedOptions } from "../language/options.ts";
import { type Command, type CommandContext, exitCodes } from "./command.ts";

/** What a command can do. */
export interface LateActions<Name extends string> {
  readonly names: readonly Name[];
  /** Those whose output is a file to be kept. */
  readonly writing: ReadonlySet<Name>;
  load(): Promise<Readonly<Record<Name, (context: CommandContext, options: ParsedOptions) => Promise<number>>>>;
}

/** Does what the first word says. */
export async function runAction<Name extends string>(
  { name, usage }: Pick<Command, "name" | "usage">,
  { names, writing, load }: LateActions<Name>,
  context: CommandContext,
  options: ParsedOptions,
): Promise<number> {
  const [typed = "", ...positionals] = options.positionals;
  const action = names.find((one) => one === typed);
  if (action === undefined) {
    const near = nearest(typed, names);
    const hint = near === null ? "" : ` Did you mean ${name} ${near}?`;
    return context.refuse(rejected("invalid-argument", `${name} has no "${typed}".${hint}\nUsage: ${usage}`));
  }
  const actions = await load();
  const code = await actions[action](context, { ...options, positionals });
  // What gives nothing must leave the file behind > as it is.
  return code !== 0 && writing.has(action) ? Math.max(code, exitCodes.cannotRun) : code;
}
