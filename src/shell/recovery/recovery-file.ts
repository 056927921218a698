/**
 * Files of recovery as commands read them.
 * @module
 */
import { type RecoveryFile, readRecoveryFile } from "#identity/recovery/files.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { CommandContext } from "../commands/command.ts";
import { contents } from "../commands/files.ts";

/** Where shares and notes about them are kept. */
export const recoveryFolder = "recovery/";

/** What stands in a file of a kind. */
export async function recoveryBytes(
  context: CommandContext,
  kind: RecoveryFile,
  path: string | undefined,
): Promise<Result<Uint8Array>> {
  if (path === undefined) return rejected("invalid-argument", `Which ${kind}? Name its file.`);
  const file = await contents(context, path);
  if (!file.ok) return file;
  const text = decodeUtf8(file.value, 0, file.value.length);
  return readRecoveryFile(kind, text ?? "");
}

/** A time span of holders' waits. */
export function waitWords(ms: number): string {
  const hours = Math.ceil(ms / 3_600_000);
  return hours === 1 ? "1 hour" : `${hours} hours`;
}
