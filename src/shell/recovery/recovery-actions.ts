/**
 * What `recovery` does, word by word. Loaded with its first use.
 * @module
 */
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import type { RecoveryAction } from "./action-names.ts";
import { give } from "./give.ts";
import { key, share, show, stop } from "./owner.ts";
import { begin, finish } from "./restore.ts";

/** Runs what comes behind `recovery` and its first word. */
export const recoveryActions: Readonly<
  Record<RecoveryAction, (context: CommandContext, options: ParsedOptions) => Promise<number>>
> = { share, key, show, begin, give, stop, finish };
