/**
 * Files of recovery as commands read them.
 * @module
 */
import { type RecoveryFile, readRecoveryFile } from "#identity/recovery/files.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
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

/** Sends sealed words to who owns a key, as `send-msg` does. */
export async function tell(
  context: CommandContext,
  did: string,
  key: Uint8Array,
  words: string,
): Promise<Result<unknown>> {
  const { client } = context;
  const record = await client.mailKey(keyHashOf(key));
  const sealed = record.ok ? await client.sealMail(words, key, record.value) : record;
  return sealed.ok ? client.sendMail(sealed.value, did) : sealed;
}

/** A time span of holders' waits. */
export function waitWords(ms: number): string {
  const hours = Math.ceil(ms / 3_600_000);
  return hours === 1 ? "1 hour" : `${hours} hours`;
}
