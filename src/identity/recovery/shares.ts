/**
 * A vault's recovery entropy in shares: any `required` of them give it back, fewer say nothing about it (Shamir over
 * GF(256), by `shamir-secret-sharing`). Each share is signed by its owner, so that a foreign or altered one is known
 * before it is used.
 * @module
 */
import { base64urlnopad } from "@scure/base";
import { combine, split } from "shamir-secret-sharing";
import { bigEndian, concatBytes, equalBytes } from "#protocol/codec/bytes.ts";
import { taggedHash } from "#protocol/codec/hash.ts";
import { byteString, decode, encode, type Schema, union, unsigned } from "#protocol/codec/schema.ts";
import { verifySignature } from "#protocol/crypto/signature.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";

/** How shares are made. */
export interface ShareOrder {
  /** So many bring the keys back … */
  readonly required: number;
  /** … of so many. */
  readonly total: number;
  /** So long a holder waits, once asked, before giving theirs. */
  readonly waitMs: number;
  readonly madeAtMs: number;
}

/** A share, its owner's signature aside. */
interface ShareBody extends ShareOrder {
  /** The signing key that it helps to bring back. */
  readonly owner: Uint8Array;
  /** Tells shares of one making from those of another, 16 bytes. */
  readonly making: Uint8Array;
  /** The secret: a point of each byte's polynomial, and where that point is. */
  readonly part: Uint8Array;
}

/** A share as its holder has it. */
export interface Share extends ShareBody {
  readonly type: "shamir";
  readonly signature: Uint8Array;
}

/** Most shares of one vault. */
export const mostShares = 16;

/** Longest time that holders can be asked to wait. */
export const longestWaitMs = 30 * 24 * 3_600_000;

const makingBytes = 16;

/** Longest encoded share. */
const mostShareBytes = 256;

/** What a letter with a share in it begins with. */
const textStart = "aether-recovery-share:";

const shareSchema: Schema<Share> = union<Share>("unknown-version", {
  shamir: {
    number: 1,
    fields: {
      required: unsigned(mostShares),
      total: unsigned(mostShares),
      waitMs: unsigned(longestWaitMs),
      madeAtMs: unsigned(),
      owner: byteString(33, 33),
      making: byteString(makingBytes, makingBytes),
      part: byteString(17, 33),
      signature: byteString(64, 64),
    },
  },
});

function digestOf({ owner, making, required, total, waitMs, madeAtMs, part }: ShareBody): Uint8Array {
  const numbers = concatBytes(Uint8Array.of(required, total), bigEndian(waitMs, 8), bigEndian(madeAtMs, 8));
  return taggedHash("aether/recovery-share/1", owner, making, numbers, part);
}

/** Whether so many of so many can be made, and waited for. */
export function checkShareOrder({ required, total, waitMs }: Omit<ShareOrder, "madeAtMs">): Result<null> {
  if (!Number.isInteger(required) || required < 2) {
    return rejected("invalid-argument", "At least two shares must be needed: one alone would be a copy of your keys.");
  }
  if (total > mostShares) return rejected("too-many", `At most ${mostShares} people can hold a share.`);
  if (required > total) {
    return rejected(
      "invalid-argument",
      `${required} shares cannot be needed of ${total}: nobody could bring the keys back.`,
    );
  }
  return waitMs >= 0 && waitMs <= longestWaitMs && Number.isInteger(waitMs)
    ? accepted(null)
    : rejected("invalid-argument", "Holders can be asked to wait for up to 30 days.");
}

/** Splits entropy into shares, each a text for its holder's letter; wiping the entropy is the caller's. */
export async function makeShares(
  entropy: Uint8Array,
  order: ShareOrder,
  by: { readonly owner: Uint8Array; readonly sign: (digest: Uint8Array) => Uint8Array },
  random: (length: number) => Uint8Array,
): Promise<Result<readonly string[]>> {
  const possible = checkShareOrder(order);
  if (!possible.ok) return possible;
  const making = random(makingBytes);
  const parts = await split(entropy, order.total, order.required);
  const texts = parts.map((part) => {
    const body = { ...order, owner: by.owner, making, part };
    return `${textStart}${base64urlnopad.encode(encode(shareSchema, { type: "shamir", ...body, signature: by.sign(digestOf(body)) }))}`;
  });
  for (const part of parts) part.fill(0);
  return accepted(texts);
}

/** The share in a letter's text; refused if its owner did not make it so. */
export function readShare(text: string): Result<Share> {
  const bad = rejected(
    "bad-share",
    "This is no share, or it was altered: its owner did not make it so. Ask its holder for it again.",
  );
  if (!text.startsWith(textStart)) return bad;
  let bytes: Uint8Array;
  try {
    bytes = base64urlnopad.decode(text.slice(textStart.length));
  } catch {
    return bad;
  }
  const share = decode(shareSchema, bytes, mostShareBytes);
  if (!share.ok) {
    return share.code === "unknown-version"
      ? rejected("unknown-version", "This share was made by a newer version of the app; update it.")
      : bad;
  }
  const { signature, owner } = share.value;
  if (!verifySignature({ digest: digestOf(share.value), signature, publicKey: owner })) return bad;
  return checkShareOrder({ ...share.value }).ok ? share : bad;
}

/** Entropy from shares of one owner and making. Whether it gives the owner's keys is for who can derive them. */
export async function combineShares(shares: readonly Share[], owner: Uint8Array): Promise<Result<Uint8Array>> {
  const foreign = shares.findIndex((share) => !equalBytes(share.owner, owner));
  if (foreign >= 0) {
    return rejected(
      "bad-share",
      `Share ${foreign + 1} belongs to somebody else's keys. Nothing was changed; leave it out.`,
    );
  }
  const [first] = shares;
  if (first === undefined) return rejected("too-few-shares", "There is no share. Nothing was changed.");
  const other = shares.findIndex(({ making }) => !equalBytes(making, first.making));
  if (other >= 0) {
    const message = `Share ${other + 1} is of another making than the first: they do not fit together. Use shares that were made at the same time.`;
    return rejected("bad-share", message);
  }
  // Where a share's point is stands in its last byte; one share twice is one share.
  const byPlace = new Map(shares.map((share) => [share.part.at(-1), share.part] as const));
  const { required } = first;
  if (byPlace.size < required) {
    const missing = required - byPlace.size;
    const message = `${byPlace.size} of ${required} shares are here; ${missing} more ${missing === 1 ? "is" : "are"} needed. Nothing was changed.`;
    return rejected("too-few-shares", message, { have: byPlace.size, required });
  }
  const parts = [...byPlace.values()];
  if (parts.some(({ length }) => length !== first.part.length))
    return rejected("bad-share", "The shares do not fit together. Nothing was changed.");
  return accepted(await combine(parts));
}
