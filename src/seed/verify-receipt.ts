/**
 * `npm run verify-receipt`: checks the receipt of a proved program from a file, without any network. Ends with 1 if it
 * does not hold.
 * @module
 */
import { checkReceipt } from "../node/receipt-check.ts";
import { SegmentStatements } from "../node/segment-statements.ts";
import { createComputeService } from "../platform/wasm/compute-service.ts";
import { toHex } from "../protocol/codec/bytes.ts";
import { poseidon } from "../protocol/proofs/poseidon.ts";
import { decodeReceipt, receiptBytes } from "../protocol/proofs/receipt.ts";
import type { Result } from "../protocol/result.ts";
import { readBoundedFile, tellVerdict } from "./read-file.ts";

const usage = `Usage: npm run verify-receipt -- FILE

Checks a receipt that \`proof export\` saved: that the program gives the output on that input, by its proofs alone.
What it says of job, network and blocks is not checked: no network is asked. \`proof verify -\` in a page does that.
Trust: development setup, in one party.
`;

async function verify(file: string): Promise<Result<string>> {
  const bytes = readBoundedFile(file, "receipt", receiptBytes);
  if (!bytes.ok) return bytes;
  const receipt = decodeReceipt(bytes.value);
  if (!receipt.ok) return { ...receipt, message: `This is no receipt: ${receipt.message}` };
  const service = createComputeService();
  const contents = await checkReceipt(receipt.value, new SegmentStatements(poseidon), (claims) =>
    service.verifyProofs(claims),
  );
  if (!contents.ok) return contents;
  const { claims, output } = contents.value;
  const { jobId, network, program, input } = receipt.value;
  const lines = [
    `Proved: a program of ${program.length} instructions turns memory`,
    `  ${input.join(" ") || "0"}`,
    "into",
    `  ${output.join(" ")}`,
    `${claims.length} proof${claims.length === 1 ? "" : "s"} checked.`,
    "It says of itself, which is not checked here:",
    `  job      ${toHex(jobId)}`,
    `  network  ${toHex(network)}`,
    "Trust: development setup, in one party.",
  ];
  return { ok: true, value: lines.join("\n") };
}

const [file] = process.argv.slice(2);
if (file === undefined || file === "--help") process.stdout.write(usage);
else tellVerdict(await verify(file));
