import { expect, it } from "vitest";
import { lazily } from "./lazily.ts";

it("starts once, when it is first needed, and again only after a failure", async () => {
  let starts = 0;
  const get = lazily(async () => {
    starts++;
    if (starts === 1) throw new Error("not yet");
    return starts;
  });
  expect(starts).toBe(0);
  const both = [get(), get()];
  await expect(both[0]).rejects.toThrow("not yet");
  await expect(both[1]).rejects.toThrow("not yet");
  expect(await Promise.all([get(), get()])).toEqual([2, 2]);
  expect(await get()).toBe(2);
});
