import { expect, it } from "vitest";
import { TrafficCounter } from "./traffic.ts";

it("adds up, and tells the rate of the newest finished seconds", () => {
  let nowMs = 10_000;
  const counter = new TrafficCounter(() => nowMs);
  for (let second = 0; second < 20; second++) {
    for (let part = 0; part < 10; part++) {
      counter.received(100);
      counter.sent(10);
      nowMs += 100;
    }
  }
  expect(counter.view()).toEqual({
    receivedBytes: 20_000,
    sentBytes: 2_000,
    receivedPerSecond: 1_000,
    sentPerSecond: 100,
  });
  nowMs += 3_000;
  expect(counter.view().receivedPerSecond).toBe(400);
  nowMs += 60_000;
  expect(counter.view()).toMatchObject({ receivedBytes: 20_000, receivedPerSecond: 0, sentPerSecond: 0 });
});

it("has no rate before a second is over", () => {
  const counter = new TrafficCounter(() => 5_500);
  counter.sent(1_000_000);
  expect(counter.view()).toMatchObject({ sentBytes: 1_000_000, sentPerSecond: 0 });
});
