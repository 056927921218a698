import { expect, it } from "vitest";
import { steppedClock } from "#testing/stepped-clock.ts";
import { FrameLink } from "./frame-link.ts";
import { mostPingsUnanswered } from "./limits.ts";

/** Until the port has delivered what was sent before. */
function delivered(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => port.addEventListener("message", resolve, { once: true }));
}

it("takes a frame for dead that does not answer, and tells everybody who had a worker in it", async () => {
  const { clock, step } = steppedClock();
  const { port1, port2 } = new MessageChannel();
  let gone = 0;
  const deaths: string[] = [];
  const link = new FrameLink(port1, clock, () => gone++);
  link.start((message) => deaths.push(message));
  link.start((message) => deaths.push(message));
  for (let ping = 0; ping < mostPingsUnanswered; ping++) step();
  expect([gone, deaths.length]).toEqual([0, 0]);
  step();
  expect([gone, deaths.length]).toEqual([1, 2]);
  expect(deaths).toEqual(Array(2).fill("the sandbox's process has gone"));
  expect(link.isLoaded).toBe(false);
  link.start((message) => deaths.push(message));
  expect(deaths).toHaveLength(3);
  port2.close();
});

it("tells a frame that has died from one that never came", async () => {
  const { clock, step } = steppedClock();
  const { port1, port2 } = new MessageChannel();
  const deaths: string[] = [];
  const link = new FrameLink(port1, clock, () => undefined);
  link.start((message) => deaths.push(message));
  const heard = delivered(port1);
  port2.postMessage({ type: "pong" });
  await heard;
  for (let ping = 0; ping <= mostPingsUnanswered; ping++) step();
  expect(deaths).toEqual(["the sandbox's process has gone"]);
  expect(link.isLoaded).toBe(true);
  port2.close();
});

it("is patient with a frame that answers, and asks no more when nothing runs", async () => {
  const { clock, step, waiting } = steppedClock();
  const { port1, port2 } = new MessageChannel();
  let gone = 0;
  const link = new FrameLink(port1, clock, () => gone++);
  const worker = link.start(() => undefined);
  port2.onmessage = ({ data }: MessageEvent<{ type: string }>) => {
    if (data.type === "ping") port2.postMessage({ type: "pong" });
  };
  for (let ping = 0; ping < 3 * mostPingsUnanswered; ping++) {
    const answered = delivered(port1);
    step();
    await answered;
  }
  expect(gone).toBe(0);
  worker.end();
  step();
  expect(waiting()).toBe(0);
  port1.close();
});
