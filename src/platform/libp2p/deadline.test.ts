import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { deadline } from "./deadline.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const longMs = 600_000;

describe("a deadline", () => {
  it("aborts after its time, in its own words", async () => {
    const { signal } = deadline(1, new AbortController().signal, "too late");
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.reason).toMatchObject({ message: "too late" });
  });

  it("aborts with what it follows, also if that is over already", () => {
    const ended = new AbortController();
    const followed = deadline(longMs, ended.signal, "");
    ended.abort(new Error("closed"));
    expect(followed.signal.reason).toMatchObject({ message: "closed" });
    expect(deadline(longMs, ended.signal, "").signal.aborted).toBe(true);
    followed.clear();
  });

  it("keeps nothing of who forgot to stop listening, once it is let go of", async () => {
    const ended = new AbortController();
    const listening = (): WeakRef<object> => {
      const { signal, clear } = deadline(longMs, ended.signal, "");
      const heavy = { channel: new Uint8Array(1_000) };
      signal.addEventListener("abort", () => heavy.channel.fill(0));
      clear();
      return new WeakRef(heavy);
    };
    const refs = Array.from({ length: 10 }, listening);
    // References are kept until the turn has ended.
    await expect
      .poll(() => {
        collectGarbage();
        return refs.filter((ref) => ref.deref() !== undefined).length;
      })
      .toBe(0);
    expect(ended.signal.aborted).toBe(false);
  });
});
