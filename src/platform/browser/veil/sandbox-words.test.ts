import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FileSystem } from "#veil/file-system.ts";
import type { RunLimits } from "#veil/run.ts";
import { mostBatches, OutputBatches, outputBatchBytes, readBatch } from "./sandbox/output-batches.ts";
import { SandboxWords } from "./sandbox-words.ts";

const limits: RunLimits = { fuel: 1_000, memoryPages: 4, outputBytes: 100, fileBytes: 10, wallMs: 100 };
const end = { type: "end", end: { type: "exit", code: 0 }, fuelUsed: 1_000, memoryPeakPages: 4, files: [] };
const bytes = (length: number): ArrayBuffer => new ArrayBuffer(length);

function batch(...pieces: readonly (readonly [stream: "output" | "error", text: string])[]): ArrayBuffer {
  let sent = bytes(0);
  const batches = new OutputBatches((one) => {
    sent = one;
  });
  for (const [stream, text] of pieces) batches.write(new TextEncoder().encode(text), stream);
  batches.flush();
  return sent;
}

describe("words of a sandbox", () => {
  it("takes what our script says", () => {
    const words = new SandboxWords(limits);
    expect(words.read({ type: "output", batch: batch(["output", "ab"], ["error", "c"]) })).toMatchObject({
      type: "output",
      pieces: [{ stream: "output" }, { stream: "error" }],
    });
    expect(words.read({ type: "progress", fuelUsed: 1_000 })).toEqual({ type: "progress", fuelUsed: 1_000 });
    for (const fuelUsed of [1_001, -1, 0.5, "1", undefined])
      expect(new SandboxWords(limits).read({ type: "progress", fuelUsed }).type).toBe("wrong");
    const files = [{ path: "a/b", bytes: bytes(10) }];
    expect(words.read({ ...end, files })).toMatchObject({ type: "end", result: { files: [{ path: "a/b" }] } });
    expect(new SandboxWords(limits).read({ type: "refused", code: "not-granted", message: "no\n" })).toMatchObject({
      refusal: { code: "not-granted", message: "no" },
    });
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["text", "end"],
    ["an unknown word", { type: "ready" }],
    ["more fuel than there was", { ...end, fuelUsed: 1_001 }],
    ["half a unit of fuel", { ...end, fuelUsed: 0.5 }],
    ["no figure", { ...end, fuelUsed: Number.NaN }],
    ["a figure as text", { ...end, fuelUsed: "1" }],
    ["more memory than there was", { ...end, memoryPeakPages: 5 }],
    ["an unknown end", { ...end, end: { type: "constructor" } }],
    ["an end from outside", { ...end, end: { type: "killed" } }],
    ["a code that is none", { ...end, end: { type: "exit", code: -1 } }],
    ["a trap without a message", { ...end, end: { type: "trap" } }],
    ["a path out of the system", { ...end, files: [{ path: "../a", bytes: bytes(1) }] }],
    ["an absolute path", { ...end, files: [{ path: "/a", bytes: bytes(1) }] }],
    ["a path with a zero", { ...end, files: [{ path: "a\0", bytes: bytes(1) }] }],
    ["two files at one path", { ...end, files: [1, 2].map(() => ({ path: "a", bytes: bytes(1) })) }],
    ["more than its files may have", { ...end, files: [{ path: "a", bytes: bytes(11) }] }],
    ["files that are none", { ...end, files: { length: 1 } }],
    ["bytes that can change their length", { ...end, files: [{ path: "a", bytes: resizable(1) }] }],
    ["more output than it may", { type: "output", batch: batch(["output", "x".repeat(101)]) }],
    ["a batch that is too large", { type: "output", batch: bytes(outputBatchBytes + 1) }],
    ["a batch that is none", { type: "output", batch: new Uint8Array([7, 1, 0, 0, 0, 1]).buffer }],
    ["a piece longer than its batch", { type: "output", batch: new Uint8Array([0, 2, 0, 0, 0, 1]).buffer }],
    ["an empty piece", { type: "output", batch: new Uint8Array([0, 0, 0, 0, 0]).buffer }],
    ["another's refusal", { type: "refused", code: "insufficient-funds", message: "pay" }],
  ])("does not take %s", (_name, word) => {
    expect(new SandboxWords(limits).read(word).type).toBe("wrong");
  });

  it("takes every path that a run's file system has, as other nodes do", () => {
    const system = FileSystem.withFiles([{ path: "a\nb\u001b[2J", bytes: Uint8Array.of(1) }], 10);
    if (!system.ok) throw new Error(system.message);
    const long = "n".repeat(255);
    // As deep as it may be, then each folder from the innermost on with a longer name than it could be made with.
    const names = Array.from({ length: 32 }, () => "d");
    for (let i = 1; i < 32; i++) system.value.makeFolder(names.slice(0, i).join("/"));
    system.value.open(names.join("/"), { create: true });
    for (let i = 32; i > 0; i--) {
      const above = names.slice(0, i - 1);
      expect(system.value.rename([...above, "d"].join("/"), [...above, long].join("/")).ok).toBe(true);
    }
    const files = system.value.files();
    expect(files.map(({ path }) => path.length).toSorted((a, b) => a - b)).toEqual([7, 32 * 256 - 1]);
    const words = new SandboxWords(limits).read({
      ...end,
      files: files.map(({ path, bytes: { buffer } }) => ({ path, bytes: buffer })),
    });
    expect(words.type).toBe("end");
  });

  it("makes few pieces of many", () => {
    const many = Array.from(
      { length: 100 },
      (_, i) => [i % 2 === 0 ? "output" : "error", String.fromCharCode(i)] as const,
    );
    const word = new SandboxWords(limits).read({ type: "output", batch: batch(...many) });
    expect(word.type === "output" && word.pieces.map(({ stream, bytes: { length } }) => [stream, length])).toEqual([
      ["output", 50],
      ["error", 50],
    ]);
    expect(word.type === "output" && word.pieces[1]?.bytes.subarray(0, 3)).toEqual(Uint8Array.of(1, 3, 5));
  });

  it("hears only so many", () => {
    const words = new SandboxWords(limits);
    const heard = Array.from({ length: 1_000 }, () => words.read({ type: "output", batch: bytes(0) }).type);
    const most = heard.indexOf("wrong");
    expect(most).toBeGreaterThan(limits.wallMs / 50);
    expect(most).toBeLessThan(50);
    expect(new Set(heard.slice(most))).toEqual(new Set(["wrong"]));
  });

  it("takes out of a message what must not be printed", () => {
    const message = `a\u0000b\u001b[31mc\u202ed\n${"e".repeat(1_000)}`;
    const word = new SandboxWords(limits).read({ ...end, end: { type: "trap", message } });
    const said = word.type === "end" && word.result.end.type === "trap" ? word.result.end.message : "";
    expect(said).toMatch(/^a b \[31mc d e+$/);
    expect(said.length).toBeLessThanOrEqual(400);
  });
});

function resizable(length: number): ArrayBuffer {
  const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
  return new Resizable(length, { maxByteLength: 8 });
}

describe("batches of output", () => {
  it("give back every byte of both streams in order, in no more batches than are allowed", () => {
    const write = fc.record({
      stream: fc.constantFrom("output" as const, "error" as const),
      bytes: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        fc.nat(200_000).map((length) => new Uint8Array(length).fill(7)),
      ),
    });
    fc.assert(
      fc.property(fc.array(write, { maxLength: 60 }), (writes) => {
        const sent: ArrayBuffer[] = [];
        const batches = new OutputBatches((one) => sent.push(one));
        for (const one of writes) batches.write(one.bytes, one.stream);
        batches.flush();
        expect(sent.length).toBeLessThanOrEqual(mostBatches(writes.reduce((sum, one) => sum + one.bytes.length, 0)));
        const got: Record<"output" | "error", number[]> = { output: [], error: [] };
        for (const one of sent) {
          expect(one.byteLength).toBeLessThanOrEqual(outputBatchBytes);
          for (const piece of readBatch(new Uint8Array(one)) ?? []) got[piece.stream].push(...piece.bytes.values());
        }
        for (const stream of ["output", "error"] as const) {
          const wanted = writes.filter((one) => one.stream === stream).flatMap((one) => [...one.bytes]);
          expect(Buffer.from(got[stream]).equals(Buffer.from(wanted))).toBe(true);
        }
      }),
      { numRuns: 15 },
    );
  });

  it("are sent when they have waited, and not before", () => {
    const sent: ArrayBuffer[] = [];
    const batches = new OutputBatches((one) => sent.push(one));
    batches.tick(0);
    batches.write(new Uint8Array(1), "output");
    batches.tick(1_000);
    batches.write(new Uint8Array(1), "output");
    batches.tick(1_049);
    expect(sent).toHaveLength(1);
    batches.tick(1_050);
    expect(sent).toHaveLength(2);
  });
});
