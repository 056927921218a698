/**
 * `recovery begin`, `recovery finish`: a device that has lost its keys, or tries whether it could.
 * @module
 */
import { publicKeyOfDid } from "#identity/did.ts";
import { wordsOf, writeRecoveryFile } from "#identity/recovery/files.ts";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { rejected } from "#protocol/result.ts";
import { cancelled, newPassphrase, tryPassphrase } from "../commands/backup.ts";
import { aside, type CommandContext } from "../commands/command.ts";
import type { ParsedOptions } from "../language/options.ts";
import { recoveryBytes } from "./recovery-file.ts";

/** `recovery begin`. */
export async function begin(context: CommandContext): Promise<number> {
  const words = aside(context);
  words.print(
    "This makes a request for shares. The passphrase protects it here, and your keys once they are back. An earlier request of this device ends.",
  );
  const passphrase = await newPassphrase(words);
  if (passphrase === null) return cancelled(words);
  const request = await context.client.beginRecovery(passphrase);
  if (!request.ok) return context.refuse(request);
  context.write(utf8ToBytes(writeRecoveryFile("request", request.value)));
  words.print("Give the request to those who hold your shares, and read these six words to each of them yourself:");
  words.print(`  ${wordsOf(request.value)}`, "strong");
  return 0;
}

/** `recovery finish`. */
export async function finish(
  context: CommandContext,
  { positionals: [did = "", ...paths], flags }: ParsedOptions,
): Promise<number> {
  const owner = publicKeyOfDid(did);
  if (!owner.ok) return context.refuse(owner);
  const given: Uint8Array[] = [];
  for (const path of paths) {
    const sealed = await recoveryBytes(context, "share", path);
    if (!sealed.ok) return context.refuse(sealed);
    given.push(sealed.value);
  }
  if (given.length === 0) return context.refuse(rejected("too-few-shares", "Name the files that you were given."));
  const isDrill = flags.has("drill");
  const done = await tryPassphrase(context, "Passphrase of the request: ", (passphrase) =>
    context.client.finishRecovery(owner.value, given, passphrase, isDrill),
  );
  if (!done.ok) return done.code;
  if (isDrill) {
    context.print("Proved: these shares bring your keys back. Nothing was changed.", "good");
    return 0;
  }
  const status = await context.client.vaultStatus();
  if (status.ok && status.value.keyHash !== null) await context.client.setRewardKey(status.value.keyHash);
  context.print(`Restored: ${did}. Your coins are found on the chain.`, "good");
  context.print("Write your words down now (`id phrase`), and make new shares if holders have changed.", "warning");
  return 0;
}
