/**
 * `credential request`, `credential present`: asking for a credential, and showing parts of one after consent.
 * @module
 */
import { chooseClaims, drawPresentation, signPresentation } from "#identity/credentials/present.ts";
import { type ReadCredential, readCredential } from "#identity/credentials/read.ts";
import { type CredentialFacts, verifyCredential } from "#identity/credentials/verify.ts";
import { equalBytes, toHex, utf8ToBytes } from "#protocol/codec/bytes.ts";
import { rejected } from "#protocol/result.ts";
import { aside, type CommandContext, exitCodes } from "../commands/command.ts";
import { unlocked } from "../commands/identity.ts";
import { addressIfNamed } from "../contacts.ts";
import type { ParsedOptions } from "../language/options.ts";
import { sanitise } from "../terminal/sanitise.ts";
import { claimWords, credentialText } from "./files.ts";
import { takeOldFilesIn } from "./old-files.ts";
import { currentKey } from "./standing.ts";
import { audienceOf } from "./verify.ts";

/** Random bytes of a nonce. */
const nonceBytes = 16;

/** `credential request`. */
export async function request(context: CommandContext, { values, flags }: ParsedOptions): Promise<number> {
  const audience = await audienceOf(context, values.get("for"));
  if (typeof audience === "number") return audience;
  const nonce = toHex(context.environment.randomBytes(nonceBytes));
  if (flags.has("json")) {
    context.json({ audience, nonce });
    return 0;
  }
  context.print("Whoever is to show you a credential types this, with the claims you want:", "dim");
  context.print(`credential present NAME --show CLAIMS --for ${sanitise(audience)} --nonce ${nonce} > shown.sdjwt`);
  context.print("and gives you shown.sdjwt. You check it with this nonce, which nobody else can have used:", "dim");
  context.print(`credential verify shown.sdjwt --nonce ${nonce}`);
  return 0;
}

/** What is about to be shown, read from the bytes that will be. */
function printChoice(
  context: CommandContext,
  { type, issuer, holder }: CredentialFacts,
  drawn: ReadCredential,
  kept: readonly string[],
  audience: string,
): void {
  context.print(`Present ${sanitise(type)}`, "strong");
  for (const { name, value } of drawn.disclosures) {
    context.print(`  show     ${name === null ? "an entry of a list" : sanitise(name)}: ${claimWords(value)}`);
  }
  if (drawn.disclosures.length === 0) context.print("  show     no claim, only that you hold it");
  context.print(`  hide     ${kept.length === 0 ? "nothing" : sanitise(kept.join(", "))}`);
  context.print(
    `  visible  to ${sanitise(audience)}: the above, its issuer ${issuer}, its dates, and your address ${holder}.`,
  );
}

/** The text of a file, or of one that is held, the vault opened for that; the exit code if there is neither. */
async function textToPresent(context: CommandContext, path: string | undefined): Promise<string | number> {
  const direct = await credentialText(context, path);
  if (direct.ok) return direct.value;
  if (direct.code !== "not-found") return context.refuse(direct);
  if ((await unlocked(context, { makes: false })) === null) return 1;
  await takeOldFilesIn(context);
  const held = await credentialText(context, path);
  return held.ok ? held.value : context.refuse(held);
}

/** `credential present`. */
export async function present(
  context: CommandContext,
  { positionals: [path], values, flags }: ParsedOptions,
): Promise<number> {
  const [named, nonce] = [values.get("for"), values.get("nonce")];
  if (!named || !nonce || named.length > 256 || nonce.length > 256) {
    return context.refuse(
      rejected(
        "invalid-argument",
        "Say to whom and for which nonce: --for AUDIENCE --nonce NONCE. Whoever wants to see it tells you both (`credential request`).",
      ),
    );
  }
  const words = aside(context);
  const text = await textToPresent(words, path);
  if (typeof text === "number") return text;
  const read = readCredential(text);
  if (!read.ok) return context.refuse(read);
  const facts = await verifyCredential(text, { nowMs: context.environment.nowMs(), shownTo: null });
  if (!facts.ok) return context.refuse(facts);
  const names = (values.get("show") ?? "").split(",").filter((name) => name !== "");
  const choice = await chooseClaims(read.value, names);
  if (!choice.ok) return context.refuse(choice);
  const keys = await unlocked(words, { makes: false });
  if (keys === null) return 1;
  const holder = await currentKey(context.client, facts.value.holderKey);
  if (!holder.ok) return context.refuse(holder);
  if (!equalBytes(keys.publicKey, holder.value)) {
    return context.refuse(
      rejected(
        "wrong-holder",
        "This credential is somebody else's: it is bound to another address than yours. Nothing was shown.",
      ),
    );
  }
  const audience = await addressIfNamed(words, named);
  if (typeof audience === "number") return audience;
  const drawn = await drawPresentation(read.value, choice.value);
  if (!drawn.ok) return context.refuse(drawn);
  const inWords = !flags.has("json");
  if (inWords) printChoice(words, facts.value, drawn.value, choice.value.kept, audience);
  if (flags.has("dry-run")) return 0;
  if (inWords && !flags.has("yes") && !(await context.confirm("Show this?"))) {
    words.print("Nothing was shown.", "dim");
    return exitCodes.stopped;
  }
  const binding = { audience, nonce, madeAtMs: context.environment.nowMs() };
  const made = await signPresentation(drawn.value, choice.value, binding, (token) =>
    context.client.signCredentialToken(token),
  );
  if (!made.ok) return context.refuse(made);
  if (inWords) context.write(utf8ToBytes(`${made.value}\n`));
  else context.json({ presentation: made.value, ...choice.value });
  return 0;
}
