import { afterEach, expect, it } from "vitest";
import { accepted } from "#protocol/result.ts";
import { steppedClock } from "#testing/stepped-clock.ts";
import type { PreparationAnswer, PreparationOrder } from "./messages.ts";
import { PreparedPrograms } from "./prepared-programs.ts";

const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

/** Programs with a worker's end of the port, which says what orders came. */
function started() {
  const { clock, step } = steppedClock();
  let asked = 0;
  const programs = new PreparedPrograms({ askForWorker: () => asked++, clock });
  const worker = (answers: boolean): Promise<PreparationOrder> => {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    const order = new Promise<PreparationOrder>((resolve) => {
      port2.onmessage = ({ data }: MessageEvent<PreparationOrder>) => {
        resolve(data);
        const module = { bytes: data.program, startFuel: 7 };
        const answer: PreparationAnswer = { id: data.id, ...accepted({ type: "core", module } as const) };
        if (answers) port2.postMessage(answer);
      };
    });
    programs.attach(port1);
    return order;
  };
  return { programs, worker, step, asked: () => asked };
}

const terms = { memoryPages: 1, capabilities: [], transpiler: "pinned" as const };
const program = (byte: number): Uint8Array => Uint8Array.of(byte);

it("prepares a program once under the same terms", async () => {
  const { programs, worker } = started();
  void worker(true);
  const first = await programs.get(program(1), terms);
  expect(first).toMatchObject({ ok: true, value: { module: { startFuel: 7 } } });
  void worker(false);
  expect(await programs.get(program(1), terms)).toEqual(first);
});

it("replaces a worker that comes to no end; who asked is refused, who asks next gets the new one", async () => {
  const { programs, worker, step, asked } = started();
  const order = worker(false);
  const refused = programs.get(program(1), terms);
  await order;
  step();
  expect(await refused).toMatchObject({ ok: false, code: "timeout" });
  expect(asked()).toBe(0);
  const next = programs.get(program(2), terms);
  // Of the worker that is being replaced, not of the new one.
  programs.fail("too late");
  void worker(true);
  expect((await next).ok).toBe(true);
  expect(asked()).toBe(1);
});

it("says that a worker did not work, and asks for one other only when it is needed", async () => {
  const { programs, worker, asked } = started();
  const order = worker(false);
  const refused = programs.get(program(1), terms);
  await order;
  programs.fail("no such file");
  expect(await refused).toMatchObject({ ok: false, code: "disconnected" });
  // Its script may not be there for long: asking at once would go round and round.
  expect(asked()).toBe(0);
  const next = programs.get(program(2), terms);
  await expect.poll(asked).toBe(1);
  void worker(true);
  expect((await next).ok).toBe(true);
});
