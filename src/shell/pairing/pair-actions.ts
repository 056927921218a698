/**
 * What `pair` does, word by word. Loaded with its first use.
 * @module
 */
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import type { PairAction } from "./action-names.ts";
import { list, remove } from "./devices.ts";
import { join } from "./join.ts";
import { show } from "./show.ts";
import { sync } from "./sync.ts";

/** Runs what comes behind `pair` and its first word. */
export const pairActions: Readonly<
  Record<PairAction, (context: CommandContext, options: ParsedOptions) => Promise<number>>
> = { show, join, list, sync, remove };
