/**
 * Conformance cases of sessions, credit and programming: each is one demand of src/protocol/hardware/README.md.
 * @module
 */
import { type IsingInstance, isingLimits } from "#protocol/hardware/ising.ts";
import { hardwareVersion, type RefusalCode, refusalCodes } from "#protocol/hardware/messages.ts";
import type { ConformanceHost, Message } from "./conformance-host.ts";
import { answersAsk, type ConformanceCase, demand, instance, loaded, schedule } from "./conformance-tools.ts";

function refused(
  host: ConformanceHost,
  answer: Message<"done"> | Message<"refuse">,
  codes: readonly RefusalCode[],
): void {
  const { code } = host.expect(answer, "refuse");
  const name = refusalCodes[code];
  demand(
    name !== undefined && codes.includes(name),
    `It refused with ${name ?? code}; ${codes.join(" or ")} belongs here.`,
  );
}

/** After a fault: at most a `refuse` with code `sequence`, then nothing until the next hello. */
async function sessionIsOver(host: ConformanceHost): Promise<void> {
  await host.settle(100);
  while (host.waiting > 0) {
    const refusal = host.expect(await host.next(), "refuse");
    demand(refusalCodes[refusal.code] === "sequence", "It refused a broken session with another code than sequence.");
  }
  await host.bytes(host.frame({ type: "ask", request: host.nextRequest() }));
  await host.silence(300);
  await host.hello();
  await answersAsk(host);
}

/** The session and its credit. */
export const sessionCases: readonly ConformanceCase[] = [
  {
    name: "greets within a second and says what it is",
    run: async ({ host }) => {
      const welcome = await host.hello();
      demand(
        welcome.version === hardwareVersion,
        `It chose version ${welcome.version} of ${hardwareVersion} to ${hardwareVersion}.`,
      );
      demand(
        welcome.name !== "" && welcome.topology !== "" && welcome.firmware !== "",
        "Name, topology and firmware are for users: say something.",
      );
      demand(welcome.spins >= 1, "A device has at least one spin.");
    },
  },
  {
    name: "begins a new session whenever it is greeted",
    run: async ({ host }) => {
      for (let i = 0; i < 3; i++) {
        await host.hello();
        await answersAsk(host);
      }
    },
  },
  {
    name: "answers a version it does not know with its own, and waits",
    run: async ({ host }) => {
      const welcome = await host.hello({ version: 65_535 });
      demand(welcome.version !== 65_535, "It claims to speak a version that does not exist.");
      await host.bytes(host.frame({ type: "ask", request: host.nextRequest() }));
      await host.silence(300);
      await host.hello();
      await answersAsk(host);
    },
  },
  {
    name: "finds a hello after any garbage",
    run: async ({ host }) => {
      let word = 1;
      const noise = Uint8Array.from({ length: 5_000 }, () => {
        word = (Math.imul(word, 1_664_525) + 1_013_904_223) | 0;
        return word >>> 24;
      });
      for (const garbage of [noise, noise.map((byte) => byte | 1), new Uint8Array(300)]) {
        await host.bytes(garbage);
        await host.hello();
        await answersAsk(host);
      }
    },
  },
  {
    name: "ends the session at a damaged frame",
    run: async ({ host }) => {
      await host.hello();
      const frame = host.frame({ type: "ask", request: host.nextRequest() });
      frame[3] = frame[3] === 0x55 ? 0x56 : 0x55;
      await host.bytes(frame);
      await sessionIsOver(host);
    },
  },
  {
    name: "ends the session at a missing frame",
    run: async ({ host }) => {
      await host.hello();
      host.frame({ type: "ask", request: host.nextRequest() });
      await host.bytes(host.frame({ type: "ask", request: host.nextRequest() }));
      await sessionIsOver(host);
    },
  },
  {
    name: "grants credit as it uses frames up",
    run: async ({ host }) => {
      await host.hello();
      for (let i = 0; i < 100; i++) await answersAsk(host);
    },
  },
  {
    name: "keeps to the credit it is granted, and goes on where it stopped",
    run: async ({ host }) => {
      await host.hello({ window: 2, crediting: false });
      await loaded(host, instance(8));
      const request = await host.start({ ...schedule, samples: 8_192 });
      await host.settle(500);
      demand(host.waiting <= 1, "It sent more than the two frames it had credit for.");
      await host.grant();
      await host.finish(request, 8_192, 1);
    },
  },
];

/** Loading instances. */
export const programCases: readonly ConformanceCase[] = [
  {
    name: "refuses instances that make no sense, and takes a good one after each",
    run: async ({ host, edge: [a, b] }) => {
      const { spins } = await host.hello();
      const size = Math.max(a, b) + 1;
      const one = (edges: number[], couplings: number[]) =>
        instance(size, { edges: Uint16Array.from(edges), couplings: Int32Array.from(couplings) });
      const senseless: IsingInstance[] = [one([a, a], [1]), one([a, size], [1]), one([a, b, b, a], [1, 1])];
      for (const bad of senseless) {
        refused(host, await host.load(bad), ["invalid", "unsupported"]);
        await loaded(host, instance(size));
      }
      refused(host, await host.load(instance(size), 12_345), ["invalid"]);
      if (spins < isingLimits.spins) refused(host, await host.load(instance(spins + 1)), ["overflow"]);
      await loaded(host, instance(size));
    },
  },
  {
    name: "does not sample before it is programmed, nor after a new hello",
    run: async ({ host }) => {
      for (let i = 0; i < 2; i++) {
        await host.hello();
        const request = await host.start(schedule);
        host.expect(await host.answer(request), "refuse");
        await loaded(host, instance(1));
      }
    },
  },
];
