/**
 * `id passkey`: a passkey of the device as a second way to open the vault.
 * @module
 */
import { rejected } from "#protocol/result.ts";
import type { VaultStatus } from "#sdk/contract.ts";
import { cancelled, noIdentity, tryPassphrase } from "./backup.ts";
import type { CommandContext } from "./command.ts";

/** Opens the vault by one of its passkeys; the device asks its owner. False, with the reason said, if that failed. */
export async function unlockByPasskey(context: CommandContext, { passkeys }: VaultStatus): Promise<boolean> {
  context.print("Your device asks for you now …", "dim");
  const answer = await context.environment.passkeys.ask(passkeys);
  if (!answer.ok) {
    context.refuse(answer);
    return false;
  }
  const opened = await context.client.unlockByPasskey(answer.value);
  answer.value.secret.fill(0);
  if (!opened.ok) context.refuse(opened);
  return opened.ok;
}

async function add(context: CommandContext): Promise<number> {
  const { client, environment } = context;
  const obstacle = await environment.passkeys.obstacle();
  if (obstacle !== null) {
    return context.refuse(
      rejected("passkey-unavailable", `No passkey can open your keys here: ${obstacle}. Your passphrase does.`),
    );
  }
  // First, so that no passkey is made for nothing.
  const tried = await tryPassphrase(context, "Passphrase: ", (passphrase) => client.unlockVault(passphrase));
  if (!tried.ok) return tried.code;
  const { did, passkeys } = tried.value;
  context.print("Your device asks for you now …", "dim");
  const answer = await environment.passkeys.create(`AetherChain …${did?.slice(-6) ?? ""}`, passkeys);
  if (!answer.ok) return context.refuse(answer);
  const added = await client.addPasskey(tried.passphrase, answer.value);
  answer.value.secret.fill(0);
  if (!added.ok) return context.refuse(added);
  context.print("This passkey opens your keys on this device from now on; your passphrase still does, too.", "good");
  return 0;
}

async function remove(context: CommandContext, { passkeys }: VaultStatus): Promise<number> {
  if (passkeys.length === 0) {
    context.print("No passkey opens your keys; nothing to remove.");
    return 0;
  }
  if (!(await context.confirm("Let only the passphrase open your keys from now on?"))) return cancelled(context);
  const removed = await context.client.removePasskeys();
  if (!removed.ok) return context.refuse(removed);
  context.print(
    "Only the passphrase opens your keys now. The passkey itself can be deleted in the settings of your device.",
    "good",
  );
  return 0;
}

/** `id passkey [add|remove]`. */
export async function passkey(context: CommandContext, what: string | undefined): Promise<number> {
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  if (!status.value.exists) {
    return context.refuse(noIdentity);
  }
  if (what === "add") return add(context);
  if (what === "remove") return remove(context, status.value);
  if (what !== undefined) {
    return context.refuse(rejected("invalid-argument", "Usage: id passkey [add|remove]"));
  }
  const { length } = status.value.passkeys;
  const count = length === 1 ? "1 passkey opens" : `${length} passkeys open`;
  context.print(length === 0 ? "No passkey opens your keys; `id passkey add` makes one." : `${count} your keys.`);
  return 0;
}
