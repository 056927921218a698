/**
 * The command that a filled-in payment form stands for.
 * @module
 */
import { readName } from "#identity/contact-name.ts";
import { accepted, type Result } from "#protocol/result.ts";
import { parseAmount } from "#wallet/amount.ts";
import { isName, readAddress } from "../../contacts.ts";
import { quoted } from "../../language/tokens.ts";

/** What the form's fields hold. */
export interface PaymentWords {
  readonly to: string;
  readonly amount: string;
  readonly memo: string;
  readonly free: boolean;
}

/** The line to type. Refuses what `pay` would refuse for its words alone. */
export function paymentCommand({ to, amount, memo, free }: PaymentWords): Result<string> {
  const recipient = isName(to.trim()) ? readName(to.trim()) : readAddress(to.trim());
  if (!recipient.ok) return recipient;
  const parsed = parseAmount(amount.trim());
  if (!parsed.ok) return parsed;
  const line = ["pay", quoted(to.trim()), quoted(amount.trim())];
  if (memo !== "") line.push("--memo", quoted(memo));
  if (free) line.push("--free");
  return accepted(line.join(" "));
}
