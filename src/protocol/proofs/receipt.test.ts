import { describe, expect, it } from "vitest";
import {
  bodyOf,
  coin,
  firstRewardNano,
  signed,
  TestLedger,
  testKey,
  testNetworkId,
  testParameters,
} from "../../testing/ledger-fixtures.ts";
import { headerHash } from "../consensus/header.ts";
import { segmentFor } from "../consensus/proof-of-compute.ts";
import { meetsTarget } from "../consensus/work.ts";
import { type Command, commitCommand } from "../ledger/command.ts";
import { assemble } from "./machine/assembler.ts";
import {
  decodeReceipt,
  encodeReceipt,
  openReceipt,
  type ProvedSegment,
  type Receipt,
  receiptVersion,
} from "./receipt.ts";

const alice = testKey(1);
const source = "lw r1, 0(r0)\n li r2, 1\nloop: sub r1, r1, r2\n bne r1, r0, loop\n li r3, 99\n sw r3, 1(r0)\n halt";

/** A job of two segments, proved by blocks (whose proofs nobody has verified). */
function provedJob(): Receipt {
  const assembled = assemble(source);
  if (!assembled.ok) throw new Error(assembled.message);
  const program = [...assembled.value.program.subarray(0, assembled.value.length)];
  const { leastSegmentFeeNano: segmentFeeNano } = testParameters.proofs;
  const command: Command = { type: "proof.post", program, input: [60], segments: 2, segmentFeeNano };
  const ledger = new TestLedger();
  const reward = ledger.mine(alice);
  const change = firstRewardNano - 2n * segmentFeeNano - 100_000n;
  const outputs = [coin(change, alice.lock)];
  const body = bodyOf({ inputs: [reward], outputs, command, commitment: commitCommand(command), feeNano: 100_000n });
  const job = signed(body, alice);
  ledger.mine(alice, [job]);
  const segments: ProvedSegment[] = [];
  for (let i = 0; i < 2; i++) {
    const before = ledger.state;
    ledger.mine(alice);
    const block = ledger.blocks.at(-1);
    if (block?.work == null) throw new Error("no work");
    let { header } = block;
    while (!meetsTarget(headerHash(header), header.target)) header = { ...header, nonce: header.nonce + 1n };
    segments[segmentFor(before, header).segment.index] = { header, proof: block.work.proof };
  }
  return { version: receiptVersion, network: testNetworkId, jobId: job.id, program, input: [60], segments };
}

const receipt = provedJob();
const refusal = (changed: Receipt): string => {
  const opened = openReceipt(changed);
  return opened.ok ? "accepted" : opened.code;
};

describe("receipts", () => {
  it("come back whole from their bytes and say what the program gives", () => {
    const decoded = decodeReceipt(encodeReceipt(receipt));
    expect(decoded).toEqual({ ok: true, value: receipt });
    const opened = openReceipt(receipt);
    expect(opened.ok && opened.value.output.slice(0, 2)).toEqual([60, 99]);
    expect(opened.ok && opened.value.claims.map(({ segment }) => segment.index)).toEqual([0, 1]);
  });

  it("claim exactly the segments that the chain assigned", () => {
    const opened = openReceipt(receipt);
    if (!opened.ok) throw new Error(opened.message);
    const [first, second] = opened.value.claims;
    expect(first?.segment.state.pc).toBe(0);
    expect(second?.segment.state.registers[1]).not.toBe(first?.segment.state.registers[1]);
    expect(first?.seed).not.toEqual(second?.seed);
  });

  it("are refused when anything was exchanged", () => {
    const [first, second] = receipt.segments as [ProvedSegment, ProvedSegment];
    expect(refusal({ ...receipt, segments: [first] })).toBe("bad-proof");
    expect(refusal({ ...receipt, segments: [{ ...first, proof: Uint8Array.of(9) }, second] })).toBe("bad-proof");
    const unworked = { ...first.header, target: new Uint8Array(32) };
    expect(refusal({ ...receipt, segments: [{ ...first, header: unworked }, second] })).toBe("bad-proof");
    expect(refusal({ ...receipt, input: [61_000] })).toBe("does-not-halt");
    expect(refusal({ ...receipt, program: [] })).toBe("too-many");
    const later = encodeReceipt({ ...receipt, version: 2 });
    expect(decodeReceipt(later)).toMatchObject({ ok: false, code: "unknown-version" });
  });
});
