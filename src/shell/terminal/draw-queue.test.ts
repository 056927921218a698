import { describe, expect, it } from "vitest";
import { DrawQueue, sliceCharacters } from "./draw-queue.ts";

/** A terminal that takes a slice when it is told to. */
function slowTerminal() {
  const slices: string[] = [];
  let take: (() => void) | null = null;
  const queue = new DrawQueue((slice, taken) => {
    expect(take).toBeNull();
    slices.push(slice);
    take = taken;
  });
  const takeAll = (): void => {
    for (let taken = take; taken !== null; taken = take) {
      take = null;
      taken();
    }
  };
  return { queue, slices, takeAll };
}

describe("what is to be drawn", () => {
  it("is made a slice at a time, when the terminal has taken the one before, and comes in its order", () => {
    const { queue, slices, takeAll } = slowTerminal();
    let made = 0;
    const lines = (function* () {
      for (; made < 5_000; made++) yield `line ${made}\r\n`;
    })();
    queue.add(lines, 50_000);
    queue.add(["the end"], 7);
    expect(made).toBeLessThan(1_000);
    expect(slices).toHaveLength(1);
    takeAll();
    expect(made).toBe(5_000);
    expect(Math.max(...slices.map(({ length }) => length))).toBeLessThan(sliceCharacters + 100);
    expect(slices.join("")).toBe(`${Array.from({ length: 5_000 }, (_, i) => `line ${i}\r\n`).join("")}the end`);
  });

  it("goes on behind pieces that draw nothing, however many they are", () => {
    const { queue, slices, takeAll } = slowTerminal();
    for (let i = 0; i < 2_000; i++) queue.add([""], 0);
    queue.add(["shown"], 5);
    takeAll();
    expect(slices.join("")).toBe("shown");
  });

  it("asks who brings much to wait until there is room", async () => {
    const { queue, takeAll } = slowTerminal();
    await queue.room();
    queue.add(Array(1_000).fill("x".repeat(1_000)), 1_000_000);
    let hasRoom = false;
    const waiting = queue.room().then(() => {
      hasRoom = true;
    });
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    takeAll();
    await waiting;
  });

  it("fills no stack on a terminal that takes everything at once", () => {
    const drawn: string[] = [];
    const queue = new DrawQueue((slice, taken) => {
      drawn.push(slice);
      taken();
    });
    queue.add(Array(200_000).fill("x".repeat(100)), 20_000_000);
    expect(drawn.join("").length).toBe(20_000_000);
  });
});
