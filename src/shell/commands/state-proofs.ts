/**
 * `proof state`: a proof of what the state holds, for somebody who has no node.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { checkpointText, readCheckpoint } from "#protocol/consensus/checkpoint-text.ts";
import { outputKey } from "#protocol/ledger/state.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { CommandContext } from "./command.ts";

/** The state key that is meant by an output (TX:INDEX) or a key of 64 digits. */
function readKey(text: string): Result<Uint8Array> {
  const [, name = "", index] = /^([0-9a-fA-F]{64})(?::(\d{1,3}))?$/.exec(text) ?? [];
  const bytes = fromHex(name);
  if (bytes?.length !== 32) {
    return rejected("invalid-argument", "Give an output as TX:INDEX, or a state key of 64 hexadecimal digits.");
  }
  return accepted(index === undefined ? bytes : outputKey({ txId: bytes, index: Number(index) }));
}

/** Saves a proof that anyone can check who knows the checkpoint to be final. */
export async function saveStateProof(
  context: CommandContext,
  what: string,
  checkpoint: string | undefined,
  json: boolean,
): Promise<number> {
  const key = readKey(what);
  if (!key.ok) return context.refuse(key);
  const known = checkpoint === undefined ? accepted(null) : readCheckpoint(checkpoint);
  if (!known.ok) return context.refuse(known);
  const made = await context.client.stateDocument(key.value, known.value);
  if (!made.ok) return context.refuse(made);
  const { height, value, bytes, checkpoint: against } = made.value;
  const name = `aether-${toHex(key.value).slice(0, 12)}-${height}.state`;
  context.environment.saveFile(name, bytes);
  const command = `npm run verify-state -- ${name} --checkpoint ${checkpointText(against)}`;
  if (json) {
    context.json({ file: name, sizeBytes: bytes.length, height, value, checkpoint: checkpointText(against) });
    return 0;
  }
  const holds = value === null ? "nothing is there" : `${value.length} bytes are there`;
  context.print(`Saved as ${name}, ${bytes.length} bytes: after block ${height} ${holds}.`, "good");
  context.print(`Who knows block ${against.height} to be final checks it without a node: ${command}`, "dim");
  return 0;
}
