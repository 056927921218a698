import { describe, expect, it } from "vitest";
import { searchStamp } from "#protocol/ledger/stamp.ts";
import { encodeEnvelope, envelopeId } from "#protocol/mail/envelope.ts";
import { mailLimits } from "#protocol/mail/limits.ts";
import type { StampedEnvelope } from "#protocol/mail/requests.ts";
import { Random } from "#testing/random.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { VirtualDisk } from "#testing/virtual-disk.ts";
import { mailPlan } from "./mail-limits.ts";
import { PostOffice } from "./post-office.ts";

const startMs = 1_790_000_000_000;
const random = new Random(3);

function office() {
  const disk = new VirtualDisk();
  const clock = new VirtualClock(startMs);
  const parts = { store: disk, clock, stampBits: 2 };
  return { disk, clock, open: () => PostOffice.open(parts) };
}

const receiver = (n: number): Uint8Array => new Uint8Array(32).fill(n);

function message(to: Uint8Array, madeAtMs = startMs, bits = 10): StampedEnvelope {
  const encapsulation = random.bytes(1_120);
  const envelope = encodeEnvelope({ type: "x-wing", to, madeAtMs, encapsulation, sealed: new Uint8Array(528) });
  return { envelope, stamp: searchStamp(envelopeId(envelope), bits, 0, 1 << 22) as Uint8Array };
}

/** A stamp that is just not enough: it has the bits, and not one more. */
function weak(to: Uint8Array, bits: number): StampedEnvelope {
  for (;;) {
    const made = message(to, startMs, 0);
    if (searchStamp(envelopeId(made.envelope), bits, 0, 1) === null) return made;
  }
}

describe("boxes of others", () => {
  it("give the oldest first, keep what they hold through a restart, and let go what has arrived", async () => {
    const { open } = office();
    const first = await open();
    const [later, earlier] = [message(receiver(1), startMs), message(receiver(1), startMs - 5)];
    for (const one of [later, earlier, later]) expect(await first.keep(one, "ann")).toMatchObject({ ok: true });
    expect(await first.oldest(receiver(1))).toEqual([earlier, later]);
    expect(await first.oldest(receiver(2))).toEqual([]);
    const again = await open();
    expect(await again.oldest(receiver(1))).toEqual([earlier, later]);
    // Somebody else's owner names the id of a message that is not in his box.
    await again.letGo(receiver(2), [envelopeId(earlier.envelope)]);
    await again.letGo(receiver(1), [envelopeId(later.envelope), receiver(9)]);
    expect(await again.oldest(receiver(1))).toEqual([earlier]);
  });

  it("ask for stamps, and for harder ones the fuller a box is", async () => {
    const { open } = office();
    const boxes = await open();
    expect(await boxes.keep(weak(receiver(1), 2), "ann")).toMatchObject({ code: "stamp-too-weak" });
    expect(boxes.stampBitsFor(receiver(1))).toBe(2);
    for (let n = 0; n < mailPlan.bitsRiseEvery; n++) await boxes.keep(message(receiver(1), startMs, 4), `peer-${n}`);
    expect([boxes.stampBitsFor(receiver(1)), boxes.stampBitsFor(receiver(2))]).toEqual([3, 2]);
    expect(await boxes.keep(weak(receiver(1), 3), "ann")).toMatchObject({ code: "stamp-too-weak" });
  });

  it("are bounded for each receiver and each peer", async () => {
    const { open } = office();
    const boxes = await open();
    for (let n = 0; n < mailPlan.keptForOne; n++) {
      expect(await boxes.keep(message(receiver(1), startMs, 10), `peer-${n % 4}`)).toMatchObject({ ok: true });
    }
    expect(await boxes.keep(message(receiver(1)), "new")).toMatchObject({ code: "mailbox-full" });
    expect(await boxes.keep(message(receiver(2)), "new")).toMatchObject({ ok: true });
    for (let n = 1; n < mailPlan.keptFromOne; n++) await boxes.keep(message(receiver(10 + n), startMs, 4), "new");
    expect(await boxes.keep(message(receiver(3)), "new")).toMatchObject({ code: "mailbox-full" });
    expect(await boxes.keep(message(receiver(3)), "another")).toMatchObject({ ok: true });
  });

  it("let go by themselves of what has waited too long, and do not take it in", async () => {
    const { open, clock } = office();
    const boxes = await open();
    await boxes.keep(message(receiver(1)), "ann");
    await clock.run(startMs + mailLimits.envelopeLifeMs + 1);
    await boxes.sweep();
    expect(await boxes.oldest(receiver(1))).toEqual([]);
    expect(await boxes.keep(message(receiver(1)), "ann")).toMatchObject({ code: "expired" });
  });

  it("say so when the disk is full, and hold nothing that is not written", async () => {
    const { open, disk } = office();
    const boxes = await open();
    disk.full = true;
    await expect(boxes.keep(message(receiver(1)), "ann")).rejects.toMatchObject({ code: "storage-full" });
    expect(await boxes.oldest(receiver(1))).toEqual([]);
    disk.full = false;
    expect(await boxes.keep(message(receiver(1)), "ann")).toMatchObject({ ok: true });
  });
});
