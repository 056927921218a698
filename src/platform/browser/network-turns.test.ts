import { createLibp2p } from "libp2p";
import { expect, test } from "vitest";
import { startingInTurns } from "./network-turns.ts";
import { breathe } from "./turns.ts";

/** More steps of promises than a start that is not given turns takes from one part to the next. */
const steps = 50;

test("libp2p starts its parts in order, step by step, each in a turn of its own", async () => {
  const done: string[] = [];
  const begin = async (what: string): Promise<void> => {
    done.push(what);
    for (let i = 0; i < steps; i++) await null;
    done.push(`${what} has rested`);
  };
  const part = (name: string) => ({
    name,
    start(): void {
      void begin(`start ${this.name}`);
    },
    afterStart(): void {
      void begin(`afterStart ${this.name}`);
    },
    stop: () => undefined,
  });
  const libp2p = await createLibp2p({
    start: false,
    services: { a: () => part("a"), turns: startingInTurns, b: () => part("b") },
  });
  await libp2p.start();
  await breathe();
  await libp2p.stop();
  const inOrder = ["start a", "start b", "afterStart a", "afterStart b"];
  expect(done).toEqual(inOrder.flatMap((what) => [what, `${what} has rested`]));
});

test("what libp2p keeps of peers answers in a later turn, and fails there", async () => {
  const held = new Map([["key", 1]]);
  const get = (key: string): number => {
    const value = held.get(key);
    if (value === undefined) throw new Error("not there");
    return value;
  };
  const datastore = { get: get as (key: string) => number | Promise<number> };
  startingInTurns({ components: {}, datastore });
  let hasRested = false;
  const asked = Promise.resolve(datastore.get("key")).then((value) => [value, hasRested]);
  for (let i = 0; i < steps; i++) await null;
  hasRested = true;
  expect(await asked).toEqual([1, true]);
  await expect(datastore.get("none")).rejects.toThrow("not there");
});
