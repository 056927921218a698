/**
 * Presents a credential: the claims that were chosen and no others, with the holder's proof for one audience and nonce.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ShownBinding } from "./check.ts";
import { credentialLibrary, refusalOf, type TokenSigner } from "./library.ts";
import { type ReadCredential, readCredential } from "./read.ts";

/** What a holder can choose from. */
export interface Choice {
  readonly shown: readonly string[];
  readonly kept: readonly string[];
}

/** Names that can be shown: those of claims, and of what they hold where that can be shown by itself. */
async function presentable(text: string): Promise<readonly string[]> {
  return credentialLibrary({}).presentableKeys(text);
}

/** Sorts a credential's claims into those to be shown and those that stay hidden; refuses names that it does not have. */
export async function chooseClaims(read: ReadCredential, names: readonly string[]): Promise<Result<Choice>> {
  const all = await presentable(read.text);
  const missing = names.find((name) => !all.includes(name));
  if (missing !== undefined) {
    return rejected(
      "not-found",
      `This credential has no claim ${missing.slice(0, 64)} to show. It has: ${all.join(", ") || "none"}.`,
    );
  }
  // What stands within a claim is shown with it or not at all.
  const wanted = new Set(names.flatMap((name) => all.filter((one) => name === one || name.startsWith(`${one}.`))));
  return accepted({ shown: [...wanted], kept: all.filter((name) => !wanted.has(name)) });
}

/**
 * What a presentation of these claims discloses, without the holder's proof: what is asked about before anything is signed
 * is read from the very bytes that will be shown.
 */
export async function drawPresentation(read: ReadCredential, { shown }: Choice): Promise<Result<ReadCredential>> {
  const drawn = readCredential(await credentialLibrary({}).present(read.text, frameOf(shown)));
  if (!drawn.ok || drawn.value.disclosures.length === shown.length) return drawn;
  return rejected("bad-credential", "The presentation would not show what was chosen; nothing was presented.");
}

/** Adds the holder's proof to what was drawn. */
export async function signPresentation(
  drawn: ReadCredential,
  { shown }: Choice,
  { audience, nonce, madeAtMs }: ShownBinding,
  sign: TokenSigner,
): Promise<Result<string>> {
  try {
    const text = await credentialLibrary({ sign }).present(drawn.text, frameOf(shown), {
      kb: { payload: { iat: Math.floor(madeAtMs / 1_000), aud: audience, nonce } },
    });
    if (text.startsWith(drawn.text)) return accepted(text);
    throw new Error("the library shows something else than it drew");
  } catch (error) {
    return refusalOf(error);
  }
}

const frameOf = (shown: readonly string[]): Record<string, boolean> =>
  Object.fromEntries(shown.map((name) => [name, true]));
