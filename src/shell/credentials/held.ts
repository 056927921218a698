/**
 * `credential hold`, `credential list`: credentials that were given to this identity, as files of their own.
 * @module
 */
import { verifyCredential } from "#identity/credentials/verify.ts";
import { equalBytes, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { pathProblem } from "#sdk/home-files.ts";
import type { CommandContext } from "../commands/command.ts";
import { table, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { credentialEnding, credentialText, heldFolder } from "./files.ts";
import { currentKey } from "./standing.ts";

/** Credentials that are listed. */
const mostListed = 200;

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

async function free(context: CommandContext, path: string, bytes: Uint8Array): Promise<Result<boolean>> {
  const there = await context.environment.files.read(path);
  if (!there.ok) return there.code === "not-found" ? accepted(true) : there;
  if (equalBytes(there.value, bytes)) return accepted(false);
  return rejected(
    "invalid-argument",
    `You hold another credential of the name ${sanitise(path)} already; it is kept. Name this one: credential hold FILE NAME`,
  );
}

/** `credential hold`. */
export async function hold(
  context: CommandContext,
  { positionals: [path, name], flags }: ParsedOptions,
): Promise<number> {
  const text = await credentialText(context, path);
  if (!text.ok) return context.refuse(text);
  const facts = await verifyCredential(text.value, { nowMs: context.environment.nowMs(), shownTo: null });
  if (!facts.ok) return context.refuse(facts);
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  const holder = await currentKey(context.client, facts.value.holderKey);
  if (!holder.ok) return context.refuse(holder);
  const { publicKey } = status.value;
  if (publicKey === null || !equalBytes(publicKey, holder.value)) {
    const message =
      "This credential is somebody else's: it is bound to another address than yours, and only they can present it. Nothing was kept.";
    return context.refuse(rejected("wrong-holder", message));
  }
  const target = `${heldFolder}${name ?? usualName(facts.value.type)}${credentialEnding}`;
  const problem = pathProblem(target);
  if (problem !== null) return context.refuse(rejected("invalid-argument", problem));
  const bytes = utf8ToBytes(`${text.value.trim()}\n`);
  const isFree = await free(context, target, bytes);
  if (!isFree.ok) return context.refuse(isFree);
  if (isFree.value) {
    const written = await context.environment.files.write(target, bytes);
    if (!written.ok) return context.refuse(written);
  }
  if (flags.has("json")) context.json({ path: target, type: facts.value.type, issuer: facts.value.issuer });
  else context.print(`You hold it: ${sanitise(target)}. It is in this browser only until you \`save\` it.`, "good");
  return 0;
}

/** `credential list`. */
export async function list(context: CommandContext, { flags }: ParsedOptions): Promise<number> {
  const { files, nowMs } = context.environment;
  const all = await files.list();
  if (!all.ok) return context.refuse(all);
  const paths = all.value
    .map(({ path }) => path)
    .filter((path) => path.startsWith(heldFolder) && path.endsWith(credentialEnding));
  const rows: {
    path: string;
    type: string;
    issuer: string;
    claims: readonly string[];
    expiresAtMs: number | null;
    problem: string | null;
  }[] = [];
  for (const path of paths.slice(0, mostListed)) {
    const bytes = await files.read(path);
    const text = bytes.ok ? (decodeUtf8(bytes.value, 0, bytes.value.length) ?? "") : "";
    const facts = await verifyCredential(text, { nowMs: nowMs(), shownTo: null });
    const none = { path, type: "", issuer: "", claims: [], expiresAtMs: null };
    if (!facts.ok) rows.push({ ...none, problem: facts.message });
    else {
      const { type, issuer, expiresAtMs, claims } = facts.value;
      rows.push({ path, type, issuer, claims: Object.keys(claims), expiresAtMs, problem: null });
    }
  }
  if (flags.has("json")) context.json(rows);
  else if (rows.length === 0) context.print("You hold no credentials yet. `credential hold FILE` takes one in.", "dim");
  else {
    const name = (path: string): string => sanitise(path.slice(heldFolder.length, -credentialEnding.length));
    const lines = rows.map(({ path, type, issuer, claims, expiresAtMs, problem }) =>
      problem === null
        ? [
            name(path),
            sanitise(type),
            `by …${issuer.slice(-8)}`,
            sanitise(claims.join(", ")),
            expiresAtMs === null ? "for ever" : `until ${timeWords(expiresAtMs)}`,
          ]
        : [name(path), problem, "", "", ""],
    );
    for (const line of table(lines)) context.print(line);
  }
  return 0;
}
