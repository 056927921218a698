/**
 * `credential hold`, `list`, `export`, `remove`: credentials that were given to this identity, kept in its vault.
 * @module
 */

import { type CredentialFacts, verifyCredential } from "#identity/credentials/verify.ts";
import { credentialName } from "#identity/held-credentials.ts";
import { equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { type Result, rejected } from "#protocol/result.ts";
import type { HeldCredentialView } from "#sdk/credentials.ts";
import { aside, type CommandContext, exitCodes } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { table, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { credentialText } from "./files.ts";
import { takeOldFilesIn } from "./old-files.ts";
import { currentKey } from "./standing.ts";

/** A name for a credential that nobody has named: the end of its type. */
function usualName(type: string): string {
  return (
    type
      .split(/[:/]/)
      .at(-1)
      ?.replace(/[^\p{L}\p{N}_-]/gu, "")
      .slice(0, 64) || "credential"
  );
}

/** All that are held, the vault opened for it and old files taken in; the exit code if that cannot be. */
async function allHeld(context: CommandContext): Promise<readonly HeldCredentialView[] | number> {
  const words = aside(context);
  if ((await unlocked(words, { makes: false })) === null) return 1;
  await takeOldFilesIn(words);
  const held = await context.client.heldCredentials();
  return held.ok ? held.value : context.refuse(held);
}

/** `credential hold`. */
export async function hold(
  context: CommandContext,
  { positionals: [path, named], flags }: ParsedOptions,
): Promise<number> {
  const given = named === undefined ? null : credentialName(named);
  if (given !== null && !given.ok) return context.refuse(given);
  const text = await credentialText(context, path);
  if (!text.ok) return context.refuse(text);
  const facts = await verifyCredential(text.value, { nowMs: context.environment.nowMs(), shownTo: null });
  if (!facts.ok) return context.refuse(facts);
  const { type, issuer, holderKey } = facts.value;
  const all = await allHeld(context);
  if (typeof all === "number") return all;
  const own = await isChosenSpaces(context, holderKey);
  if (!own.ok) return context.refuse(own);
  const held = await context.client.holdCredential(given?.value ?? usualName(type), text.value);
  if (!held.ok) return context.refuse(held);
  const name = held.value.find((one) => one.text === text.value.trim())?.name ?? "";
  if (flags.has("json")) context.json({ name, type, issuer });
  else {
    context.print(
      `You hold it: ${sanitise(name)}. It is in your vault, encrypted, and goes into your next \`id backup\`.`,
      "good",
    );
  }
  return 0;
}

async function isChosenSpaces({ client }: CommandContext, holderKey: Uint8Array): Promise<Result<null>> {
  const status = await client.vaultStatus();
  if (!status.ok) return status;
  const holder = await currentKey(client, holderKey);
  if (!holder.ok) return holder;
  const { publicKey } = status.value;
  if (publicKey !== null && equalBytes(publicKey, holder.value)) return { ok: true, value: null };
  return rejected(
    "wrong-holder",
    "This credential is somebody else's: it is bound to another address than yours, and only they can present it. Nothing was kept.",
  );
}

function factWords({ type, issuer, claims, expiresAtMs }: CredentialFacts): readonly string[] {
  const until = expiresAtMs === null ? "for ever" : `until ${timeWords(expiresAtMs)}`;
  return [sanitise(type), `by …${issuer.slice(-8)}`, sanitise(Object.keys(claims).join(", ")), until];
}

/** `credential list`. */
export async function list(context: CommandContext, { flags }: ParsedOptions): Promise<number> {
  const all = await allHeld(context);
  if (typeof all === "number") return all;
  const nowMs = context.environment.nowMs();
  const rows = await Promise.all(
    all.map(async ({ name, text }) => ({ name, facts: await verifyCredential(text, { nowMs, shownTo: null }) })),
  );
  if (flags.has("json")) {
    context.json(
      rows.map(({ name, facts }) => {
        if (!facts.ok) return { name, type: "", issuer: "", claims: [], expiresAtMs: null, problem: facts.message };
        const { type, issuer, claims, expiresAtMs } = facts.value;
        return { name, type, issuer, claims: Object.keys(claims), expiresAtMs, problem: null };
      }),
    );
  } else if (rows.length === 0) {
    context.print("You hold no credentials yet. `credential hold FILE` takes one in.", "dim");
  } else {
    const lines = rows.map(({ name, facts }) =>
      facts.ok ? [sanitise(name), ...factWords(facts.value)] : [sanitise(name), facts.message, "", "", ""],
    );
    for (const line of table(lines)) context.print(line);
  }
  return 0;
}

/** The one of a name that was typed; the exit code if there is none. */
async function heldAs(context: CommandContext, name: string | undefined): Promise<HeldCredentialView | number> {
  if (name === undefined) return context.refuse(rejected("invalid-argument", "Which credential? Name it."));
  const all = await allHeld(context);
  if (typeof all === "number") return all;
  const found = all.find((one) => one.name === name.normalize("NFC"));
  const message = "You hold no credential of that name; `credential list` lists them. Nothing was changed.";
  return found ?? context.refuse(rejected("not-found", message));
}

/** `credential export`. */
export async function exportHeld(context: CommandContext, { positionals: [name] }: ParsedOptions): Promise<number> {
  const held = await heldAs(context, name);
  if (typeof held === "number") return held;
  context.write(utf8ToBytes(`${held.text}\n`));
  return 0;
}

/** `credential remove`. */
export async function remove(context: CommandContext, { positionals: [typed], flags }: ParsedOptions): Promise<number> {
  const held = await heldAs(context, typed);
  if (typeof held === "number") return held;
  const name = sanitise(held.name);
  const inWords = !flags.has("json");
  if (inWords) {
    context.print(`Forgets the credential ${name}. Only its issuer, or a backup file that has it, can give it again.`);
  }
  if (flags.has("dry-run")) return 0;
  if (inWords && !flags.has("yes") && !(await context.confirm("Forget it?"))) {
    context.print("You hold it still.", "dim");
    return exitCodes.stopped;
  }
  const left = await context.client.dropCredential(held.name);
  if (!left.ok) return context.refuse(left);
  if (inWords) context.print(`Forgotten: ${name}.`, "good");
  else context.json({ removed: held.name });
  return 0;
}
