/**
 * `credential verify`: everything that can be said about a credential that was shown, and why it is refused.
 * @module
 */
import { type CredentialFacts, verifyCredential } from "#identity/credentials/verify.ts";
import { keyHashOf } from "#protocol/crypto/signature.ts";
import { accepted, rejected } from "#protocol/result.ts";
import { isAddressShown } from "../commands/backup.ts";
import type { CommandContext } from "../commands/command.ts";
import { addressIfNamed } from "../contacts.ts";
import { duration, timeWords } from "../format.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { claimWords, credentialText } from "./files.ts";
import { currentKey, issuerReplaced, type MarkStanding, markStanding } from "./standing.ts";

/** Who a credential is shown to: what was typed, a name's address, or the address of this device; or the exit code. */
export async function audienceOf(context: CommandContext, typed: string | undefined): Promise<string | number> {
  if (typed !== undefined && typed.length > 0 && typed.length <= 256) return addressIfNamed(context, typed);
  const status = await context.client.vaultStatus();
  if (!status.ok) return context.refuse(status);
  const { did } = status.value;
  if (did !== null && isAddressShown(status.value)) return did;
  const message = "Say who you are with --for NAME: your address is not shown yet (`id address`).";
  return context.refuse(rejected("invalid-argument", message));
}

function standingWords({ height, finalHeight, headTimeMs, peers }: MarkStanding, nowMs: number): string {
  const final = finalHeight === null ? "no final block shows it yet" : `final up to block ${finalHeight}`;
  const alone = peers === 0 ? " Nobody is connected: something newer would not be known here." : "";
  return `Not revoked at block ${height}, ${duration(Math.max(0, nowMs - headTimeMs))} old; ${final}.${alone}`;
}

function printFacts(
  context: CommandContext,
  facts: CredentialFacts,
  standing: MarkStanding | null,
  replacedHeight: number | null,
): void {
  const nowMs = context.environment.nowMs();
  context.print(`Holds: ${sanitise(facts.type)}`, "good");
  for (const [name, value] of Object.entries(facts.claims)) context.print(`  ${sanitise(name)}: ${claimWords(value)}`);
  if (Object.keys(facts.claims).length === 0) context.print("  no claim is shown", "dim");
  context.print(
    `Issued by ${facts.issuer}, ${timeWords(facts.issuedAtMs)}. Whether you believe them is for you to say.`,
  );
  if (replacedHeight !== null) {
    const since = `The issuer replaced the key that signed this at block ${replacedHeight}.`;
    if (standing?.named) context.print(`${since} Its mark is older and names these very words.`);
    else
      context.print(`${since} Its mark is older; the words could still be of somebody who has the old key.`, "warning");
  }
  if (facts.binding !== null) context.print(`Presented by its holder, ${facts.holder}, to you.`);
  else {
    context.print(
      `Its holder is ${facts.holder}. Nothing shows that they gave it to you: \`credential request\` asks them for that.`,
      "warning",
    );
  }
  if (facts.hidden > 0) context.print(`Up to ${facts.hidden} more claims are hidden.`, "dim");
  context.print(facts.expiresAtMs === null ? "Never expires." : `Good until ${timeWords(facts.expiresAtMs)}.`, "dim");
  context.print(
    standing === null ? "It cannot be revoked: its issuer made it so." : standingWords(standing, nowMs),
    "dim",
  );
}

/** `credential verify`. */
export async function verify(
  context: CommandContext,
  { positionals: [path], values, flags }: ParsedOptions,
): Promise<number> {
  const text = await credentialText(context, path);
  if (!text.ok) return context.refuse(text);
  const nonce = values.get("nonce");
  const audience = nonce === undefined ? "" : await audienceOf(context, values.get("for"));
  if (typeof audience === "number") return audience;
  const wanted = await addressIfNamed(context, values.get("issuer") ?? "");
  if (typeof wanted === "number") return wanted;
  const shownTo = nonce === undefined ? null : { audience, nonce };
  const facts = await verifyCredential(text.value, {
    nowMs: context.environment.nowMs(),
    shownTo,
    currentKey: (key) => currentKey(context.client, key),
  });
  if (!facts.ok) return context.refuse(facts);
  const { issuer, issuerKey, mark, contentDigest } = facts.value;
  if (values.has("issuer") && wanted !== issuer) {
    return context.refuse(rejected("bad-credential", `Somebody else issued this: ${issuer}.`));
  }
  const standing =
    mark === null ? accepted(null) : await markStanding(context.client, mark, keyHashOf(issuerKey), contentDigest);
  if (!standing.ok) return context.refuse(standing);
  const replaced = await issuerReplaced(context.client, issuerKey, standing.value);
  if (!replaced.ok) return context.refuse(replaced);
  if (!flags.has("json")) printFacts(context, facts.value, standing.value, replaced.value);
  else {
    const { type, claims, holder, hidden, issuedAtMs, expiresAtMs, binding } = facts.value;
    const revocation = standing.value === null ? null : { revoked: false, ...standing.value };
    context.json({
      type,
      issuer,
      issuerReplacedHeight: replaced.value,
      holder,
      claims,
      hidden,
      issuedAtMs,
      expiresAtMs,
      binding,
      revocation,
    });
  }
  return 0;
}
