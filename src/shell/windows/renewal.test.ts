import { describe, expect, it } from "vitest";
import { createRenewal } from "./renewal.ts";

function open() {
  const answers: (() => void)[] = [];
  let seen = true;
  let asked = 0;
  const renewal = createRenewal(
    () => {
      asked++;
      return new Promise((resolve) => answers.push(resolve));
    },
    () => seen,
  );
  const answer = async (): Promise<void> => {
    answers.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { renewal, answer, see: (isSeen: boolean) => (seen = isSeen), asked: () => asked };
}

describe("an answer that is renewed", () => {
  it("is asked for once more, however often it was wanted while the node answered", async () => {
    const { renewal, answer, asked } = open();
    for (let i = 0; i < 100; i++) renewal.want();
    expect(asked()).toBe(1);
    await answer();
    expect(asked()).toBe(2);
    await answer();
    expect(asked()).toBe(2);
  });

  it("is not asked for while nobody looks, and at once when somebody does", async () => {
    const { renewal, answer, see, asked } = open();
    see(false);
    renewal.want();
    expect(asked()).toBe(0);
    renewal.look();
    expect(asked()).toBe(0);
    see(true);
    renewal.look();
    expect(asked()).toBe(1);
    await answer();
    renewal.look();
    expect(asked()).toBe(1);
  });

  it("is not asked for again when it has ended", async () => {
    const { renewal, answer, asked } = open();
    renewal.want();
    renewal.want();
    renewal.end();
    await answer();
    expect(asked()).toBe(1);
  });
});
