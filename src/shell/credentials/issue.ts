/**
 * `credential issue`: the mark first, then the credential that names it, so that none is out that cannot be revoked.
 * @module
 */
import { checkClaims, draftCredential, typeName } from "#identity/credentials/issue.ts";
import type { JsonObject } from "#identity/credentials/jws.ts";
import type { CredentialMark } from "#identity/credentials/mark.ts";
import { toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { decodeUtf8 } from "#protocol/codec/utf8.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { planMark } from "#wallet/mark-plans.ts";
import { aside, type CommandContext, exitCodes } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { prepare } from "../commands/prepared-spending.ts";
import { carryOut, consent, printOutcome, signerOf, withReasons } from "../commands/spending.ts";
import { findOpenly, type Person, personWords, slipIn } from "../contacts.ts";
import { timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { claimWords } from "./files.ts";

const dayMs = 24 * 3_600_000;

/** How long a credential is good unless said. */
const usualDays = 365;

const mostDays = 36_500;

interface Order {
  /** Address or name of its holder. */
  readonly to: string;
  readonly type: string;
  readonly claims: JsonObject;
  readonly expiresAtMs: number | null;
}

/** A value as it was typed: numbers, true and false stand for themselves. */
function typedValue(text: string): unknown {
  return /^(true|false|-?(0|[1-9]\d{0,14})(\.\d{1,15})?)$/.test(text) ? JSON.parse(text) : text;
}

function readClaims(context: CommandContext, words: readonly string[]): Result<JsonObject> {
  const typed: [string, unknown][] = [];
  for (const word of words) {
    const at = word.indexOf("=");
    if (at < 1) return rejected("invalid-argument", "Claims are typed as NAME=VALUE, as in level=3.");
    typed.push([word.slice(0, at), typedValue(word.slice(at + 1))]);
  }
  if (context.input === null) return checkClaims(Object.fromEntries(typed));
  try {
    const piped: unknown = JSON.parse(decodeUtf8(context.input, 0, context.input.length) ?? "");
    const claims = checkClaims(piped);
    return claims.ok ? checkClaims({ ...claims.value, ...Object.fromEntries(typed) }) : claims;
  } catch {
    return rejected("invalid-argument", "What was piped in is no JSON object of claims.");
  }
}

function readOrder(context: CommandContext, { positionals, values }: ParsedOptions): Result<Order> {
  const to = values.get("to");
  const named = values.get("type");
  if (to === undefined || named === undefined) {
    return rejected(
      "invalid-argument",
      "Say whom it is about and what it is: credential issue --to DID --type NAME NAME=VALUE…",
    );
  }
  const slip = slipIn(to);
  if (slip !== null) return slip;
  const type = typeName(named);
  if (!type.ok) return type;
  const claims = readClaims(context, positionals);
  if (!claims.ok) return claims;
  const days = Number(values.get("days") ?? usualDays);
  if (!Number.isInteger(days) || days < 0 || days > mostDays) {
    return rejected(
      "invalid-argument",
      `--days is a whole number up to ${mostDays}; 0 for a credential that never expires.`,
    );
  }
  const expiresAtMs = days === 0 ? null : context.environment.nowMs() + days * dayMs;
  return accepted({ to, type: type.value, claims: claims.value, expiresAtMs });
}

function printOrder(
  context: CommandContext,
  { type, claims, expiresAtMs }: Order,
  holder: Person,
  revocable: boolean,
): void {
  context.print(`A credential ${type} for ${personWords(holder)}`, "strong");
  for (const [name, value] of Object.entries(claims)) context.print(`  says     ${name}: ${claimWords(value)}`);
  context.print(`  until    ${expiresAtMs === null ? "for ever" : timeWords(expiresAtMs)}`);
  context.print(
    `  revoked  ${revocable ? "by you at any time: a mark on the chain stands for it" : "never: it can only expire"}`,
  );
  context.print("  visible  to its holder: all of it. To whom they show it: your address, and the claims they choose.");
}

/** Makes the mark after the user's consent; null with an exit code if there is none to be. */
async function makeMark(
  context: CommandContext,
  flags: ReadonlySet<string>,
  named: Uint8Array,
): Promise<{ readonly mark: CredentialMark } | { readonly code: number }> {
  const prepared = await prepare(context);
  if (prepared === null) return { code: 1 };
  const { keys, planning, coins } = prepared;
  const plan = planMark(named, flags.has("free"), coins.coins, planning);
  if (!plan.ok) return { code: context.refuse(withReasons(plan, coins)) };
  const said = await consent(context, plan.value, flags, "the credential above");
  if (said !== "agreed") return { code: said === "dry-run" ? 0 : exitCodes.stopped };
  const signer = signerOf(context, keys.publicKey, planning.stampBits);
  const done = await carryOut(context, plan.value, signer, !flags.has("json"));
  if (!done.ok) return { code: context.refuse(done) };
  const { id, standing } = done.value;
  if (standing?.state !== "included") {
    const code = printOutcome(context, id, standing);
    context.print(
      `No credential was made. Its mark, once it is in a block, is taken back by credential revoke ${toHex(id)}:0`,
      "warning",
    );
    return { code: code === 0 ? exitCodes.stopped : code };
  }
  return { mark: { network: planning.networkId, outPoint: { txId: id, index: 0 }, height: standing.height } };
}

/** `credential issue`. */
export async function issue(context: CommandContext, options: ParsedOptions): Promise<number> {
  const { flags } = options;
  const order = readOrder(context, options);
  if (!order.ok) return context.refuse(order);
  const words = aside(context);
  const keys = await unlocked(words);
  if (keys === null) return 1;
  const holder = await findOpenly(words, order.value.to);
  if (typeof holder === "number") return holder;
  const revocable = !flags.has("without-revocation");
  const { environment, client } = context;
  const draft = await draftCredential(
    { ...order.value, holderKey: holder.publicKey, issuerKey: keys.publicKey, issuedAtMs: environment.nowMs() },
    (length) => environment.randomBytes(length),
  );
  if (!draft.ok) return context.refuse(draft);
  if (!flags.has("json")) printOrder(words, order.value, holder, revocable);
  let mark: CredentialMark | null = null;
  if (revocable) {
    const made = await makeMark(words, flags, draft.value.contentDigest);
    if ("code" in made) return made.code;
    mark = made.mark;
  } else if (flags.has("dry-run")) return 0;
  else if (!flags.has("json") && !flags.has("yes") && !(await context.confirm("Sign it?"))) {
    words.print("Not signed; nothing was made.", "dim");
    return exitCodes.stopped;
  }
  const made = await draft.value.finish(mark, (token) => client.signCredentialToken(token));
  const name = mark === null ? null : `${toHex(mark.outPoint.txId)}:${mark.outPoint.index}`;
  if (!made.ok) {
    if (name !== null) words.print(`Its mark was made: credential revoke ${name} takes it back.`, "warning");
    return context.refuse(made);
  }
  if (flags.has("json")) {
    context.json({ credential: made.value, mark: name, height: mark?.height ?? null });
    return 0;
  }
  context.write(utf8ToBytes(`${made.value}\n`));
  if (name !== null) words.print(`Issued. To revoke it you need it, or this: credential revoke ${name}`, "good");
  else words.print("Issued.", "good");
  return 0;
}
