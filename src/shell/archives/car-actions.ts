/**
 * What `car` does, word by word. Loaded with its first use: the code of archives comes along.
 * @module
 */
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import type { CarAction } from "./action-names.ts";
import { exportFiles } from "./export.ts";
import { importFiles, listFiles } from "./import.ts";

/** Runs what comes behind `car` and its first word. */
export const carActions: Readonly<
  Record<CarAction, (context: CommandContext, options: ParsedOptions) => Promise<number>>
> = { export: exportFiles, import: importFiles, list: listFiles };
