/**
 * `npm run verify-state`: checks a proof of what the state holds from a file, without any network. Ends with 1 if it does
 * not hold.
 * @module
 */
import { parseArgs } from "node:util";
import { toHex } from "../protocol/codec/bytes.ts";
import { readCheckpoint } from "../protocol/consensus/checkpoint-text.ts";
import { documentLimits } from "../protocol/consensus/state-document.ts";
import { networks } from "../protocol/parameters.ts";
import { accepted, type Result, rejected } from "../protocol/result.ts";
import { type VerifiedState, verifyState } from "../sdk/verify-state.ts";
import { formatAmount } from "../wallet/amount.ts";
import { readBoundedFile, tellVerdict } from "./read-file.ts";

const usage = `Usage: npm run verify-state -- FILE --checkpoint HEIGHT:HASH [--network dev|main]

Checks what \`proof state\` (or state_proof over JSON-RPC) gave out, against a block that you know to be final, as
\`finality\` shows it on a device that you trust. No network is asked.
`;

interface Given {
  readonly file: string | undefined;
  readonly checkpoint: string | undefined;
  readonly network: string;
}

function readArguments(): Result<Given> {
  try {
    const { values, positionals } = parseArgs({
      options: { checkpoint: { type: "string" }, network: { type: "string" }, help: { type: "boolean" } },
      allowPositionals: true,
    });
    if (values.help === true) return accepted({ file: undefined, checkpoint: undefined, network: "dev" });
    const [file, ...others] = positionals;
    if (file === undefined || others.length > 0)
      return rejected("invalid-argument", `Name one file that \`proof state\` saved.\n\n${usage}`);
    return accepted({ file, checkpoint: values.checkpoint, network: values.network ?? "dev" });
  } catch (error) {
    return rejected("invalid-argument", error instanceof Error ? error.message : String(error));
  }
}

function linesOf({ height, hash, timeMs, key, value, output, by }: VerifiedState): readonly string[] {
  const held =
    value === null
      ? ["nothing: it was spent, or never was"]
      : output === null
        ? [`${value.length} bytes: ${toHex(value)}`]
        : [
            `an unspent output of ${toHex(output.outPoint.txId)}:${output.outPoint.index}, made in block ${output.height}`,
            `${formatAmount(output.output.amount)} AETH${output.output.lock.type === "key" ? ` for the key ${toHex(output.output.lock.keyHash)}` : ""}`,
          ];
  return [
    `After block ${height} (${new Date(timeMs).toISOString()}) the state holds under ${toHex(key)}`,
    ...held.map((line) => `  ${line}`),
    `Block  ${toHex(hash)}`,
    by === "checkpoint"
      ? "The checkpoint vouches for it by its hash."
      : "It is final by votes of those who voted at the checkpoint.",
  ];
}

async function verify({ file, checkpoint: text, network }: Given & { file: string }): Promise<Result<string>> {
  if (network !== "dev" && network !== "main")
    return rejected("invalid-argument", `--network takes dev or main, not "${network}".`);
  if (text === undefined)
    return rejected("invalid-argument", "Say which block you know to be final: --checkpoint HEIGHT:HASH.");
  const checkpoint = readCheckpoint(text);
  if (!checkpoint.ok) return checkpoint;
  const bytes = readBoundedFile(file, "proof of a state", documentLimits.bytes);
  if (!bytes.ok) return bytes;
  const given = { checkpoint: checkpoint.value, nowMs: Date.now(), parameters: networks[network] };
  const shown = await verifyState(bytes.value, given);
  return shown.ok ? accepted(linesOf(shown.value).join("\n")) : shown;
}

const given = readArguments();
if (given.ok && given.value.file === undefined) process.stdout.write(usage);
else tellVerdict(given.ok ? await verify({ ...given.value, file: given.value.file as string }) : given);
