/**
 * Credentials as files, and what is said of them on the screen while they go into a file or a pipe.
 * @module
 */
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { CommandContext } from "../commands/command.ts";
import { contents } from "../commands/files.ts";
import { sanitise } from "../terminal/sanitise.ts";

/** The text of a credential: a path, the name of one that is held while the vault is open, or - for what a pipe brings. */
export async function credentialText(context: CommandContext, path: string | undefined): Promise<Result<string>> {
  if (path === undefined) return rejected("invalid-argument", "Which credential? Name its file.");
  const bytes = await contents(context, path);
  if (!bytes.ok) {
    const held = bytes.code === "not-found" ? await context.client.heldCredentials() : bytes;
    const found = held.ok ? held.value.find(({ name }) => name === path.normalize("NFC")) : undefined;
    if (found !== undefined) return accepted(found.text);
    if (held.ok || held.code !== "vault-locked") return bytes;
    const hint = "If it is a credential that you hold, unlock your keys first: `id unlock`.";
    return { ...bytes, message: `${bytes.message} ${hint}` };
  }
  const text = decodeUtf8(bytes.value, 0, bytes.value.length);
  return text === undefined ? rejected("bad-credential", "This is no credential: it is no text.") : accepted(text);
}

/** Values of claims as people read them; whoever issued them chose them. */
export function claimWords(value: unknown): string {
  return sanitise(typeof value === "string" ? value : JSON.stringify(value)).slice(0, 2_000);
}
