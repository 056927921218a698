import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { didOf } from "#identity/did.ts";
import { testKey } from "../../../testing/ledger-fixtures.ts";
import { plainText, readTokens } from "../../language/tokens.ts";
import { paymentCommand } from "./payment-command.ts";

const to = didOf(testKey(1).publicKey);

describe("the payment form", () => {
  it("stands for the command that pays just that, whatever the note says", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), fc.boolean(), (memo, free) => {
        fc.pre(!/[\r\n]/.test(memo));
        const line = paymentCommand({ to: ` ${to}`, amount: "2.5", memo, free });
        const read = readTokens(line.ok ? line.value : "");
        expect(read.ok && read.value.open).toBeNull();
        const words = read.ok
          ? read.value.tokens.map((token) => (token.type === "word" ? plainText(token.word) : null))
          : [];
        expect(words).toEqual(["pay", to, "2.5", "--memo", memo, ...(free ? ["--free"] : [])]);
      }),
    );
  });

  it("says what is wrong before anything is typed", () => {
    expect(paymentCommand({ to: "bob", amount: "1", memo: "", free: false })).toMatchObject({
      code: "invalid-address",
      message: expect.stringContaining("as in @bob"),
    });
    expect(paymentCommand({ to: "@bob ", amount: "1", memo: "", free: false })).toMatchObject({
      value: "pay @bob 1",
    });
    expect(paymentCommand({ to: "@b;b", amount: "1", memo: "", free: false })).toMatchObject({ ok: false });
    expect(paymentCommand({ to, amount: "1; pay", memo: "", free: false })).toMatchObject({ code: "invalid-amount" });
  });
});
