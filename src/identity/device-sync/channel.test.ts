import { describe, expect, it } from "vitest";
import { publicKeyOf } from "#protocol/crypto/signature.ts";
import type { Result } from "#protocol/result.ts";
import { Random } from "#testing/random.ts";
import { keysOfSeed } from "../keys.ts";
import { greet, openGreeting, openWelcome, type Speaker, welcome } from "./channel.ts";

const random = new Random(4_711);
const bytes = (length: number): Uint8Array => random.bytes(length);
const keys = keysOfSeed(bytes(64));

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function speaker(secret = bytes(32), device = publicKeyOf(secret)): Speaker {
  return { device, secret, list: bytes(60) };
}

describe("the conversation of two devices", () => {
  it("carries each question and answer once, in order, and to nobody else", () => {
    const greeting = greet(keys, speaker(), bytes);
    const there = must(welcome(must(openGreeting(greeting.sealed, keys)), keys, speaker(), bytes));
    const here = must(openWelcome(there.sealed, greeting, keys));
    const [first, second] = [here.channel.seal(Uint8Array.of(1)), here.channel.seal(Uint8Array.of(2))];
    expect(there.channel.open(second)).toMatchObject({ code: "bad-signature" });
    expect(there.channel.open(first)).toEqual({ ok: true, value: Uint8Array.of(1) });
    expect(there.channel.open(first)).toMatchObject({ code: "bad-signature" });
    expect(there.channel.open(second)).toEqual({ ok: true, value: Uint8Array.of(2) });
    // What one side has sealed is none of the other's.
    expect(here.channel.open(first)).toMatchObject({ code: "bad-signature" });
    expect(here.channel.markKey).toEqual(there.channel.markKey);
    const other = must(welcome(must(openGreeting(greeting.sealed, keys)), keys, speaker(), bytes));
    expect(other.channel.markKey).not.toEqual(there.channel.markKey);
  });

  it("is refused to who names a device whose key they do not have, though they have the identity's", () => {
    const phone = speaker();
    const forged = greet(keys, speaker(bytes(32), phone.device), bytes);
    expect(openGreeting(forged.sealed, keys)).toMatchObject({ code: "bad-signature" });
    const greeting = greet(keys, phone, bytes);
    const opened = must(openGreeting(greeting.sealed, keys));
    const answer = must(welcome(opened, keys, speaker(bytes(32), phone.device), bytes));
    expect(openWelcome(answer.sealed, greeting, keys)).toMatchObject({ code: "bad-signature" });
    // An answer to another greeting, and one of another identity.
    const elsewhere = must(welcome(must(openGreeting(greet(keys, phone, bytes).sealed, keys)), keys, phone, bytes));
    expect(openWelcome(elsewhere.sealed, greeting, keys)).toMatchObject({ code: "bad-signature" });
    expect(openGreeting(greeting.sealed, keysOfSeed(bytes(64)))).toMatchObject({ code: "bad-signature" });
  });

  it("is refused if any byte of a greeting or of its answer is another", () => {
    const greeting = greet(keys, speaker(), bytes);
    const answer = must(welcome(must(openGreeting(greeting.sealed, keys)), keys, speaker(), bytes));
    for (const at of [0, 24, 100, 1_300, greeting.sealed.length - 1]) {
      const altered = greeting.sealed.slice();
      altered[at] = (altered[at] as number) ^ 1;
      expect(openGreeting(altered, keys)).toMatchObject({ ok: false });
      expect(openGreeting(greeting.sealed.subarray(0, at), keys)).toMatchObject({ ok: false });
      const other = answer.sealed.slice();
      other[at % other.length] = (other[at % other.length] as number) ^ 1;
      expect(openWelcome(other, greeting, keys)).toMatchObject({ ok: false });
    }
  });
});
