/**
 * Credentials that an older version of the app kept as files in clear: taken into the vault, which must be open.
 * @module
 */
import { holderKeyOf } from "#identity/credentials/holder-key.ts";
import { readCredential } from "#identity/credentials/read.ts";
import { didOf } from "#identity/did.ts";
import { credentialName, freeName } from "#identity/held-credentials.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import type { CommandContext } from "../commands/command.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { currentKey } from "./standing.ts";

/** Where they were. */
const folder = "credentials/";

/** How their names ended. */
const ending = ".sdjwt";

/** The name that a file's credential had, as the vault takes names. */
function nameOf(path: string): string {
  const name = path.slice(folder.length, -ending.length);
  return credentialName(name).ok ? name : name.replace(/[^\p{L}\p{N}_-]/gu, "").slice(0, 64) || "credential";
}

/** The text of a file if it is a credential of one of these addresses; null if not. A file of an issuer's stays one. */
async function ownCredential(
  { client, environment }: CommandContext,
  path: string,
  own: ReadonlySet<string>,
): Promise<string | null> {
  const bytes = await environment.files.read(path);
  const text = bytes.ok ? decodeUtf8(bytes.value, 0, bytes.value.length) : undefined;
  const read = text === undefined ? null : readCredential(text);
  if (!read?.ok || read.value.binding !== null) return null;
  const bound = holderKeyOf(read.value.token.payload);
  const holder = bound === null ? null : await currentKey(client, bound);
  return holder?.ok && own.has(didOf(holder.value)) ? (text as string).trim() : null;
}

/** Takes them in one by one; a file goes only once the vault has said that it has what was in it. */
export async function takeOldFilesIn(context: CommandContext): Promise<void> {
  const { client, environment } = context;
  const all = await environment.files.list();
  const paths = (all.ok ? all.value : [])
    .map(({ path }) => path)
    .filter((path) => path.startsWith(folder) && path.endsWith(ending));
  const spaces = paths.length === 0 ? null : await client.spaces();
  if (!spaces?.ok) return;
  const own = new Set(spaces.value.map(({ did }) => did));
  for (const path of paths) {
    const text = await ownCredential(context, path, own);
    const held = text === null ? null : await client.heldCredentials();
    if (text === null || !held?.ok) continue;
    const kept = await client.holdCredential(freeName(held.value, nameOf(path)), text);
    if (!kept.ok) context.print(`${sanitise(path)} stays a file: ${kept.message}`, "warning");
    const there = kept.ok ? kept.value.find((one) => one.text === text) : undefined;
    if (there === undefined) continue;
    const removed = await environment.files.remove(path);
    const rest = removed.ok ? "" : " The file could not be removed; `rm` does it.";
    context.print(`Now in your vault, encrypted: ${sanitise(path)}, as ${sanitise(there.name)}.${rest}`, "dim");
  }
}
