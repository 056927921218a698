import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concatBytes, fromHex, toHex } from "../codec/bytes.ts";
import { cobsDecode, cobsEncode } from "./cobs.ts";
import { crc32 } from "./crc32.ts";
import { decodeFrame, encodeFrame, type Frame, FrameDecoder } from "./frame.ts";
import { fixedPointOne, type IsingInstance, isingLimits } from "./ising.ts";
import { Link } from "./link.ts";
import { type HardwareMessage, wireLimits } from "./messages.ts";
import { packInstance, unpackInstance } from "./packed-instance.ts";

const uint32 = fc.nat(0xffff_ffff);
const words = fc.string({ maxLength: 16, unit: "binary-ascii" });
const data = fc.uint8Array({ minLength: 1, maxLength: 300 });
const nullableNumber = fc.option(uint32);
const messages: fc.Arbitrary<HardwareMessage> = fc.oneof(
  fc.record({ type: fc.constant("hello" as const), oldest: fc.nat(9), newest: fc.nat(0xffff), session: uint32 }),
  fc.record({
    type: fc.constant("begin" as const),
    request: uint32,
    spins: fc.nat(isingLimits.spins),
    edges: fc.nat(isingLimits.edges),
    beta: uint32,
    checksum: uint32,
  }),
  fc.record({ type: fc.constant("part" as const), request: uint32, offset: uint32, bytes: data }),
  fc.record({
    type: fc.constant("sample" as const),
    request: uint32,
    warmUpSteps: fc.nat(isingLimits.steps),
    warmUpBeta: nullableNumber,
    samples: fc.nat(isingLimits.samples),
    stepsPerSample: fc.nat(isingLimits.steps),
    seed: fc.option(fc.bigInt({ min: 0n, max: (1n << 64n) - 1n })),
  }),
  fc.record({
    type: fc.constantFrom("stop" as const, "ask" as const, "done" as const, "working" as const),
    request: uint32,
  }),
  fc.constant({ type: "credit" as const }),
  fc.record({
    type: fc.constant("welcome" as const),
    version: fc.nat(0xffff),
    session: uint32,
    name: words,
    spins: uint32,
    edges: uint32,
    topology: words,
    emulated: fc.nat(1),
    firmware: words,
  }),
  fc.record({ type: fc.constant("refuse" as const), request: uint32, code: fc.nat(255), message: words }),
  fc.record({
    type: fc.constant("block" as const),
    request: uint32,
    first: fc.nat(isingLimits.samples),
    samples: fc.nat(wireLimits.dataBytes),
    spins: data,
  }),
  fc.record({
    type: fc.constant("report" as const),
    request: uint32,
    good: fc.nat(1),
    detail: words,
    samples: fc.maxSafeNat(),
    microjoules: nullableNumber,
  }),
);
const frames: fc.Arbitrary<Frame> = fc.record({ sequence: uint32, limit: uint32, message: messages });

/** Cuts bytes into pieces of sizes a test draws, as a serial line does. */
function pieces(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = 1 + (sizes[i % sizes.length] ?? 0);
    cut.push(bytes.subarray(at, at + size));
    at += size;
  }
  return cut;
}

const goodOnes = (decoder: FrameDecoder, bytes: Uint8Array, sizes: readonly number[] = [7]): Frame[] =>
  pieces(bytes, sizes).flatMap((piece) => decoder.push(piece).flatMap((one) => (one.ok ? [one.value] : [])));

describe("byte stuffing", () => {
  it.each([
    ["00", "0101"],
    ["0000", "010101"],
    ["11220033", "0311220233"],
    ["11000000", "0211010101"],
    ["", "01"],
  ])("stuffs %s as its authors do", (plain, stuffed) => {
    expect(toHex(cobsEncode(fromHex(plain) as Uint8Array))).toBe(stuffed);
    expect(toHex(cobsDecode(fromHex(stuffed) as Uint8Array) ?? new Uint8Array(1))).toBe(plain);
  });

  it("keeps runs around 254 bytes, and every other string, without a zero in it", () => {
    for (const length of [253, 254, 255, 256, 507, 508, 509, 510]) {
      for (const tail of [[], [0], [0, 1], [1, 0]]) {
        const bytes = Uint8Array.from([...new Array<number>(length).fill(9), ...tail]);
        expect(cobsEncode(bytes)).not.toContain(0);
        expect(cobsDecode(cobsEncode(bytes))).toEqual(bytes);
        expect(cobsEncode(bytes).length).toBeLessThanOrEqual(bytes.length + Math.ceil(bytes.length / 254));
      }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600, max: 3 }), (bytes) => {
        expect(cobsDecode(cobsEncode(bytes))).toEqual(bytes);
      }),
    );
  });

  it("checks what it undoes", () => {
    for (const bad of ["", "00", "05", "0301", "020000"])
      expect(cobsDecode(fromHex(bad) as Uint8Array), bad).toBeNull();
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf43926);
  });
});

describe("frames", () => {
  it("come back whole however the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(frames, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(40), { minLength: 1, maxLength: 9 }),
        (sent, sizes) => {
          expect(goodOnes(new FrameDecoder(), concatBytes(...sent.map(encodeFrame)), sizes)).toEqual(sent);
        },
      ),
    );
  });

  it("are found again after any garbage: all but the first that follows it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3_000 }), frames, frames, (garbage, first, second) => {
        const decoder = new FrameDecoder();
        const found = goodOnes(decoder, concatBytes(garbage, encodeFrame(first), encodeFrame(second)), [200]);
        expect(found.at(-1)).toEqual(second);
        // A zero before a frame, as at the start of a session, loses none.
        const clean = goodOnes(decoder, concatBytes(garbage, Uint8Array.of(0), encodeFrame(first)), [200]);
        expect(clean.at(-1)).toEqual(first);
      }),
    );
  });

  it("are refused after any change of any byte, and never throw", () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, place, change) => {
        const bytes = encodeFrame(frame).slice(0, -1);
        const at = place % bytes.length;
        bytes[at] = (bytes[at] as number) ^ change;
        const decoded = decodeFrame(bytes);
        expect(decoded.ok).toBe(false);
      }),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => decodeFrame(noise).ok === false));
  });

  it("are refused when too long, of an unknown kind or form, and the memory for them is bounded", () => {
    const decoder = new FrameDecoder();
    const long = decoder.push(concatBytes(new Uint8Array(1_000_000).fill(1), Uint8Array.of(0, 0, 0)));
    expect(long).toMatchObject([{ ok: false, code: "too-large" }]);
    const wrapped = (payload: string): Uint8Array => {
      const bytes = fromHex(payload) as Uint8Array;
      const sum = crc32(bytes);
      return cobsEncode(concatBytes(bytes, Uint8Array.of(sum >>> 24, sum >>> 16, sum >>> 8, sum)));
    };
    expect(decodeFrame(wrapped("840100008106"))).toMatchObject({ ok: true, value: { message: { type: "credit" } } });
    expect(decodeFrame(wrapped("84010000811863"))).toMatchObject({ code: "unknown-kind" });
    expect(decodeFrame(wrapped("840000008106"))).toMatchObject({ code: "unknown-version" });
    expect(decodeFrame(wrapped("840200008106"))).toMatchObject({ code: "out-of-range" });
    expect(decodeFrame(wrapped("84010000810600"))).toMatchObject({ code: "trailing-bytes" });
  });

  it("hold the largest part and the largest block", () => {
    const bytes = new Uint8Array(wireLimits.dataBytes).fill(255);
    const top = 0xffff_ffff;
    const part: HardwareMessage = { type: "part", request: top, offset: top, bytes };
    const block: HardwareMessage = {
      type: "block",
      request: top,
      first: isingLimits.samples,
      samples: 1_024,
      spins: bytes,
    };
    for (const message of [part, block]) {
      const frame = { sequence: top, limit: top, message };
      expect(goodOnes(new FrameDecoder(), encodeFrame(frame))).toEqual([frame]);
    }
  });

  it("are the bytes that README.md shows to vendors", () => {
    const readme = readFileSync(new URL("./README.md", import.meta.url), "utf8");
    const shown = [...readme.matchAll(/^\| `(\w+)` +\| `([0-9a-f ]+)` +\|$/gm)];
    const examples: Record<string, Frame> = {
      hello: { sequence: 0, limit: 64, message: { type: "hello", oldest: 1, newest: 1, session: 7 } },
      welcome: {
        sequence: 0,
        limit: 8,
        message: {
          type: "welcome",
          version: 1,
          session: 7,
          name: "TSU",
          spins: 256,
          edges: 512,
          topology: "any",
          emulated: 0,
          firmware: "1.0",
        },
      },
      ask: { sequence: 0, limit: 64, message: { type: "ask", request: 1 } },
      credit: { sequence: 1, limit: 96, message: { type: "credit" } },
    };
    expect(Object.fromEntries(shown.map(([, name, hex]) => [name, (hex as string).replaceAll(" ", "")]))).toEqual(
      Object.fromEntries(Object.entries(examples).map(([name, frame]) => [name, toHex(encodeFrame(frame))])),
    );
  });
});

describe("a session's account", () => {
  const ask: HardwareMessage = { type: "ask", request: 1 };

  it("lets no side send more than the other granted, and grants again when half is free", () => {
    const [host, device] = [new Link(64), new Link(4)];
    expect(host.maySend).toBe(false);
    expect(device.receive(host.frame({ type: "hello", oldest: 1, newest: 1, session: 1 }))).toBe("notice");
    host.receive(device.frame({ type: "credit" }));
    for (let i = 0; i < 4; i++) {
      expect(host.maySend).toBe(true);
      expect(device.receive(host.frame(ask))).toBe("message");
    }
    expect(host.maySend).toBe(false);
    expect(device.release()).toBe(false);
    expect(device.release()).toBe(true);
    expect(host.receive(device.frame({ type: "credit" }))).toBe("notice");
    expect(host.maySend).toBe(true);
    expect([device.receive(host.frame(ask)), device.receive(host.frame(ask))]).toEqual(["message", "message"]);
    expect(host.maySend).toBe(false);
    // One that sends all the same is caught.
    expect(device.receive(host.frame(ask))).toBe("overrun");
  });

  it("sees every gap: a lost message by the next, by credit too", () => {
    for (const next of [ask, { type: "credit" as const }]) {
      const [host, device] = [new Link(64), new Link(4)];
      device.receive(host.frame({ type: "hello", oldest: 1, newest: 1, session: 1 }));
      host.receive(device.frame({ type: "credit" }));
      device.receive(host.frame(ask));
      host.frame(ask);
      expect(device.receive(host.frame(next))).toBe("gap");
      device.restart();
      host.restart();
      expect(device.receive(host.frame(ask))).toBe("message");
    }
  });
});

describe("packed instances", () => {
  it("come back equal, and are checked as if typed in", () => {
    const instance: IsingInstance = {
      spins: 3,
      edges: Uint16Array.of(0, 1, 1, 2),
      couplings: Int32Array.of(-fixedPointOne, 5),
      fields: Int32Array.of(1, -2, 0x7000_0000),
      beta: 9,
    };
    const bytes = packInstance(instance);
    expect(toHex(bytes)).toBe("00000100010002000000ffff0500000001000000feffffff00000070");
    expect(unpackInstance(bytes, 3, 2, 9)).toEqual({ ok: true, value: instance });
    expect(unpackInstance(bytes.subarray(1), 3, 2, 9)).toMatchObject({ code: "truncated" });
    expect(unpackInstance(bytes.fill(1, 0, 2), 3, 2, 9)).toMatchObject({ code: "invalid-argument" });
  });
});
