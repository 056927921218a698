/**
 * What `credential` does, word by word. Loaded with its first use: the library for credentials comes along.
 * @module
 */
import type { CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import type { CredentialAction } from "./action-names.ts";
import { exportHeld, hold, list, remove } from "./held.ts";
import { issue } from "./issue.ts";
import { present, request } from "./present.ts";
import { revoke } from "./revoke.ts";
import { verify } from "./verify.ts";

/** Runs what comes behind `credential` and its first word. */
export const credentialActions: Readonly<
  Record<CredentialAction, (context: CommandContext, options: ParsedOptions) => Promise<number>>
> = { issue, hold, list, export: exportHeld, remove, request, present, verify, revoke };
