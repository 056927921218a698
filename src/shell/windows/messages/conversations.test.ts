/** Which messages make which conversation, and the commands that the window stands for. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { accepted, rejected } from "#protocol/result.ts";
import type { SentMailView } from "#sdk/mail.ts";
import type { OpenedMail } from "../../commands/mail-opening.ts";
import { plainText, readTokens } from "../../language/tokens.ts";
import { conversationsOf, messageCommand, nameIn, sentSince } from "./conversations.ts";

const idOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

function received(n: number, from: string | null, read = true): OpenedMail {
  const letter =
    from === null
      ? rejected("bad-signature", "This message does not open.")
      : accepted({ from, madeAtMs: 1e15 - n, text: `words ${n}` });
  const view = { id: idOf(n), madeAtMs: 1e15 - n, arrivedAtMs: n, read, envelope: new Uint8Array() };
  return { view, letter, isFromReplaced: false };
}

const sent = (n: number, to: string): SentMailView => ({
  id: idOf(n),
  to,
  madeAtMs: n,
  standing: "kept",
  keepers: 1,
  trouble: "",
  copy: null,
});

describe("conversations", () => {
  it("hold what came and what was sent in the order in which it happened here, whatever senders say of the time", () => {
    const all = conversationsOf({
      own: "did:me",
      opened: [received(1, "did:ann"), received(3, "did:bob", false), received(5, "did:ann", false), received(2, null)],
      sent: [sent(4, "did:ann"), sent(6, "did:new"), sent(7, "did:me")],
      ownWords: new Map([["04".repeat(32), "mine"]]),
      newest: new Map(),
    });
    expect(all.map(({ did, unread, entries }) => [did, unread, entries.map(({ atMs }) => atMs)])).toEqual([
      ["did:new", 0, [6]],
      ["did:ann", 1, [1, 4, 5]],
      ["did:bob", 1, [3]],
      [null, 0, [2]],
    ]);
    expect(all[1]?.entries[1]).toMatchObject({ side: "ours", words: "mine" });
    expect(all[0]?.entries[0]).toMatchObject({ side: "ours", words: null });
  });

  it("go on over keys that were replaced, under the name the old address has until the new one has its own", () => {
    const all = conversationsOf({
      own: "did:me2",
      opened: [received(1, "did:ann"), received(4, "did:ann2", false), received(5, "did:bob")],
      sent: [sent(2, "did:ann"), sent(3, "did:me")],
      ownWords: new Map(),
      newest: new Map([
        ["did:ann", "did:ann2"],
        ["did:me", "did:me2"],
      ]),
    });
    expect(all.map(({ did, unread, entries }) => [did, unread, entries.map((entry) => entry.did)])).toEqual([
      ["did:bob", 0, ["did:bob"]],
      ["did:ann2", 1, ["did:ann", "did:ann", "did:ann2"]],
    ]);
    const named = (names: Readonly<Record<string, string>>) =>
      all.map((one) => nameIn(one, (did) => names[did] ?? null));
    expect(named({ "did:ann": "@ann" })).toEqual([null, "@ann"]);
    expect(named({ "did:ann": "@ann", "did:ann2": "@anna" })).toEqual([null, "@anna"]);
  });

  it("know what a command has sent if that alone is new, and else say nothing of it", () => {
    const before = [sent(1, "a")];
    expect(sentSince(before, [...before, sent(2, "b")])?.to).toBe("b");
    expect(sentSince(before, before)).toBeNull();
    expect(sentSince(before, [...before, sent(2, "b"), sent(3, "b")])).toBeNull();
  });
});

describe("the field to write", () => {
  it("stands for the command that sends just these words, whatever they are", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (said) => {
        const words = said.trimEnd();
        fc.pre(words !== "");
        const read = readTokens(messageCommand("did:key:z1", said));
        expect(read.ok && read.value.open).toBeNull();
        const typed = read.ok ? read.value.tokens.map((one) => (one.type === "word" ? plainText(one.word) : null)) : [];
        expect(typed).toEqual(["send-msg", "did:key:z1", words]);
      }),
    );
  });
});
