/** A tab's answers to its service worker, over real ports. */
import { describe, expect, it } from "vitest";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { answerOverPort, type PublicAnswer } from "./public-answers.ts";
import type { PublicPart, PublicRequest, PublicWish } from "./public-words.ts";

const request: PublicRequest = { method: "GET", path: "/ipfs/x", range: null, ifRange: null, ifNoneMatch: null };

interface Asked {
  /** The next word. */
  heard(): Promise<PublicPart>;
  wish(word: PublicWish): void;
  /** Parts that were taken out of the body, and whether it was ended before its end. */
  readonly body: { taken: number; isEnded: boolean };
}

function ask(parts: readonly Result<Uint8Array>[] | null, fails = false): Asked {
  const { port1, port2 } = new MessageChannel();
  const words: PublicPart[] = [];
  const waiting: ((part: PublicPart) => void)[] = [];
  port1.onmessage = ({ data }: MessageEvent<PublicPart>) => {
    const next = waiting.shift();
    if (next === undefined) words.push(data);
    else next(data);
  };
  const body = { taken: 0, isEnded: false };
  async function* given(): AsyncGenerator<Result<Uint8Array>, void> {
    try {
      for (const part of parts ?? []) {
        body.taken++;
        yield await Promise.resolve(part);
      }
    } finally {
      body.isEnded = true;
    }
  }
  const answer = (asked: PublicRequest): Promise<PublicAnswer> => {
    expect(asked).toEqual(request);
    if (fails) return Promise.reject(new Error("a fault of ours"));
    return Promise.resolve({ status: 200, headers: { etag: '"x"' }, body: parts === null ? null : given() });
  };
  answerOverPort(port2, request, answer);
  return {
    heard: () =>
      new Promise((resolve) => {
        const word = words.shift();
        if (word === undefined) waiting.push(resolve);
        else resolve(word);
      }),
    wish: (word) => port1.postMessage(word),
    body,
  };
}

const block = Uint8Array.of(1, 2, 3, 4);
const part = (...bytes: number[]): PublicPart => ({ type: "part", bytes: Uint8Array.from(bytes) });

describe("a tab's answer", () => {
  it("begins when the tab was chosen, and gives a part for each wish, which stays the tab's own, too", async () => {
    const { heard, wish, body } = ask([accepted(block.subarray(0, 2)), accepted(block.subarray(2))]);
    expect(await heard()).toEqual({ type: "taken" });
    wish("answer");
    expect(await heard()).toEqual({ type: "head", status: 200, headers: { etag: '"x"' }, hasBody: true });
    expect(body.taken).toBe(0);
    wish("next");
    expect(await heard()).toEqual(part(1, 2));
    expect(body.taken).toBe(1);
    wish("next");
    expect(await heard()).toEqual(part(3, 4));
    wish("next");
    expect(await heard()).toEqual({ type: "end" });
    expect([...block]).toEqual([1, 2, 3, 4]);
  });

  it("without a body is its head alone", async () => {
    const { heard, wish } = ask(null);
    await heard();
    wish("answer");
    expect(await heard()).toMatchObject({ type: "head", hasBody: false });
  });

  it("says that it breaks off where a block is refused, and where the tab fails", async () => {
    const refused = ask([accepted(block), rejected("wrong-digest", "Not that block.")]);
    await refused.heard();
    refused.wish("answer");
    await refused.heard();
    refused.wish("next");
    expect(await refused.heard()).toEqual(part(1, 2, 3, 4));
    refused.wish("next");
    expect(await refused.heard()).toEqual({ type: "broken" });
    const failing = ask([], true);
    await failing.heard();
    failing.wish("answer");
    expect(await failing.heard()).toEqual({ type: "broken" });
  });

  it("ends what it reads when no more is wished for", async () => {
    const { heard, wish, body } = ask([accepted(block), accepted(block)]);
    await heard();
    wish("answer");
    await heard();
    wish("next");
    await heard();
    wish("cancel");
    await expect.poll(() => body.isEnded).toBe(true);
    expect(body.taken).toBe(1);
  });
});
