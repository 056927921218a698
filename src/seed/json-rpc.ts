/**
 * JSON-RPC 2.0 over a node's requests: eight methods, batches, strict parameters. Bytes travel as hexadecimal, 64-bit
 * amounts as decimal strings. Knows nothing of HTTP.
 * @module
 */
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { readCheckpoint } from "#protocol/consensus/checkpoint-text.ts";
import { type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { NodeRequests } from "#sdk/contract.ts";
import { seedLimits } from "./limits.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

type Parameters = readonly unknown[] | Readonly<Record<string, unknown>>;

type Method = (node: NodeRequests, parameter: (name: string, position: number) => unknown) => Promise<Result<unknown>>;

/** Error codes of JSON-RPC 2.0, and ours for a refusal by the node. */
export const rpcErrors = {
  parse: -32700,
  request: -32600,
  method: -32601,
  parameters: -32602,
  refused: -32000,
} as const;

/** Plain JSON of any value of the sdk contract. */
export function toJson(value: unknown): Json {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, toJson(entry)]));
  }
  return value === undefined ? null : (value as Json);
}

function invalid(message: string): Rejected {
  return rejected("invalid-argument", message);
}

function bytesParameter(value: unknown, name: string, length?: number): Result<Uint8Array> {
  const bytes = typeof value === "string" ? fromHex(value) : undefined;
  if (bytes === undefined || (length !== undefined && bytes.length !== length)) {
    return invalid(`${name} must be ${length === undefined ? "" : `${length} bytes in `}hexadecimal.`);
  }
  return { ok: true, value: bytes };
}

/** The methods by name. */
export const rpcMethods: Readonly<Record<string, Method>> = {
  chain_head: async (node) => {
    const status = await node.status();
    if (!status.ok) return status;
    const { network, networkId, height, headHash, headTimeMs, headWork, finalisedHeight } = status.value;
    return {
      ok: true,
      value: { network, networkId, height, hash: headHash, timeMs: headTimeMs, work: headWork, finalisedHeight },
    };
  },
  chain_getBlock: async (node, parameter) => {
    const id = parameter("id", 0);
    if (typeof id === "number") {
      return Number.isSafeInteger(id) && id >= 0 ? node.block(id) : invalid("id must be a height or a block hash.");
    }
    const hash = bytesParameter(id, "id", 32);
    return hash.ok
      ? node.block(hash.value)
      : invalid("id must be a height or a block hash of 32 bytes in hexadecimal.");
  },
  tx_send: async (node, parameter) => {
    const bytes = bytesParameter(parameter("transaction", 0), "transaction");
    return bytes.ok ? node.sendTransaction(bytes.value) : bytes;
  },
  tx_get: async (node, parameter) => {
    const id = bytesParameter(parameter("id", 0), "id", 32);
    return id.ok ? node.transaction(id.value) : id;
  },
  state_get: async (node, parameter) => {
    const key = bytesParameter(parameter("key", 0), "key", 32);
    if (!key.ok) return key;
    const proof = await node.stateProof(key.value);
    return proof.ok ? { ok: true, value: { height: proof.value.height, value: proof.value.value } } : proof;
  },
  /** With a document that can be checked without a node, by who knows `checkpoint` (HEIGHT:HASH) to be final. */
  state_proof: async (node, parameter) => {
    const key = bytesParameter(parameter("key", 0), "key", 32);
    if (!key.ok) return key;
    const known = parameter("checkpoint", 1) ?? null;
    const checkpoint = known === null ? null : readCheckpoint(String(known));
    if (checkpoint !== null && !checkpoint.ok) return checkpoint;
    const proof = await node.stateProof(key.value);
    if (!proof.ok) return proof;
    const document = await node.stateDocument(key.value, checkpoint?.value ?? null);
    // Somebody who names no checkpoint may do without.
    if (!document.ok && checkpoint !== null) return document;
    return { ok: true, value: { ...proof.value, document: document.ok ? document.value : null } };
  },
  net_peers: (node) => node.peers(),
  node_status: (node) => node.status(),
};

function failure(id: Json, code: number, message: string, data?: Json): Json {
  return { jsonrpc: "2.0", id, error: data === undefined ? { code, message } : { code, message, data } };
}

/** Answers one call; null for a notification, which JSON-RPC answers with silence. */
async function answerOne(node: NodeRequests, call: unknown): Promise<Json | null> {
  const { jsonrpc, id, method, params } = (call ?? {}) as Record<string, unknown>;
  const answerId: Json = typeof id === "string" || typeof id === "number" ? id : null;
  if (jsonrpc !== "2.0" || typeof method !== "string") {
    return failure(
      answerId,
      rpcErrors.request,
      'Not a JSON-RPC 2.0 call: "jsonrpc" must be "2.0" and "method" a string.',
    );
  }
  const found = Object.hasOwn(rpcMethods, method) ? rpcMethods[method] : undefined;
  if (found === undefined) {
    return failure(
      answerId,
      rpcErrors.method,
      `No method ${method.slice(0, 64)}; there are ${Object.keys(rpcMethods).join(", ")}.`,
    );
  }
  if (params !== undefined && (params === null || typeof params !== "object")) {
    return failure(answerId, rpcErrors.parameters, '"params" must be a list or an object.');
  }
  const given = (params ?? []) as Parameters;
  const parameter = (name: string, position: number): unknown =>
    Array.isArray(given)
      ? given[position]
      : Object.hasOwn(given, name)
        ? (given as Record<string, unknown>)[name]
        : undefined;
  const result = await found(node, parameter);
  if (id === undefined) return null;
  if (result.ok) return { jsonrpc: "2.0", id: answerId, result: toJson(result.value) };
  const code = result.code === "invalid-argument" ? rpcErrors.parameters : rpcErrors.refused;
  return failure(answerId, code, result.message, { code: result.code, ...(toJson(result.context ?? {}) as object) });
}

/** Answers the text of one HTTP body; null when nothing is to be answered. Never throws on it. */
export async function answerRpc(node: NodeRequests, body: string): Promise<Json | null> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return failure(null, rpcErrors.parse, "The body is not JSON.");
  }
  if (!Array.isArray(parsed)) return answerOne(node, parsed);
  if (parsed.length === 0 || parsed.length > seedLimits.batchCalls) {
    return failure(null, rpcErrors.request, `A batch holds 1 to ${seedLimits.batchCalls} calls.`);
  }
  const answers: Json[] = [];
  for (const call of parsed) {
    const answer = await answerOne(node, call);
    if (answer !== null) answers.push(answer);
  }
  return answers.length === 0 ? null : answers;
}
