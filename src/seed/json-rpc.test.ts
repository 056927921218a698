import { describe, expect, it } from "vitest";
import { fromHex, toHex } from "#protocol/codec/bytes.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { NodeRequests } from "#sdk/contract.ts";
import { answerRpc, rpcErrors, rpcMethods } from "./json-rpc.ts";
import { seedLimits } from "./limits.ts";

/** Records what reaches the node; the node itself is tested in src/node and end to end in e2e. */
function recordingNode() {
  const calls: unknown[][] = [];
  const record =
    (name: string, answer: unknown) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
      return Promise.resolve(answer);
    };
  const node = {
    status: record(
      "status",
      accepted({ network: "dev", height: 7, headWork: 12n ** 30n, headHash: new Uint8Array(32) }),
    ),
    peers: record("peers", accepted([])),
    block: record("block", rejected("not-found", "No block there.", { height: 9n })),
    sendTransaction: record("sendTransaction", accepted(new Uint8Array([1, 2]))),
    transaction: record("transaction", accepted({ id: new Uint8Array(32) })),
    stateProof: record(
      "stateProof",
      accepted({ height: 7, stateRoot: new Uint8Array(32), value: null, proof: new Uint8Array([9]) }),
    ),
    stateDocument: record("stateDocument", accepted({ height: 6, bytes: new Uint8Array([8]) })),
  };
  return { node: node as unknown as NodeRequests, calls };
}

const call = (method: string, params?: unknown, id: unknown = 1) =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });
const hash = "ab".repeat(32);

describe("JSON-RPC", () => {
  it("has exactly the eight methods of the issue", () => {
    expect(Object.keys(rpcMethods).sort()).toEqual(
      [
        "chain_head",
        "chain_getBlock",
        "tx_send",
        "tx_get",
        "state_get",
        "state_proof",
        "net_peers",
        "node_status",
      ].sort(),
    );
  });

  it("writes bytes as hexadecimal and big numbers as decimal strings", async () => {
    const { node } = recordingNode();
    expect(await answerRpc(node, call("chain_head"))).toMatchObject({
      id: 1,
      result: { height: 7, work: (12n ** 30n).toString(), hash: "00".repeat(32) },
    });
  });

  it("takes parameters by place and by name", async () => {
    const { node, calls } = recordingNode();
    await answerRpc(node, call("tx_get", [hash]));
    await answerRpc(node, call("tx_get", { id: hash }));
    await answerRpc(node, call("tx_send", ["0102ff"]));
    await answerRpc(node, call("chain_getBlock", [5]));
    expect(calls).toEqual([
      ["transaction", fromHex(hash)],
      ["transaction", fromHex(hash)],
      ["sendTransaction", new Uint8Array([1, 2, 255])],
      ["block", 5],
    ]);
  });

  it("passes the node's refusal on with its code and facts", async () => {
    const { node } = recordingNode();
    expect(await answerRpc(node, call("chain_getBlock", [9]))).toEqual({
      jsonrpc: "2.0",
      id: 1,
      error: { code: rpcErrors.refused, message: "No block there.", data: { code: "not-found", height: "9" } },
    });
  });

  it.each([
    ["{", rpcErrors.parse],
    ["[]", rpcErrors.request],
    ["3", rpcErrors.request],
    ["null", rpcErrors.request],
    [JSON.stringify({ id: 1, method: "chain_head" }), rpcErrors.request],
    [call("constructor"), rpcErrors.method],
    [call("__proto__"), rpcErrors.method],
    [call("chain_head", "x"), rpcErrors.parameters],
    [call("tx_get", ["zz"]), rpcErrors.parameters],
    [call("tx_get", ["abcd"]), rpcErrors.parameters],
    [call("chain_getBlock", [1.5]), rpcErrors.parameters],
    [call("chain_getBlock", [-1]), rpcErrors.parameters],
    [JSON.stringify(Array(seedLimits.batchCalls + 1).fill({})), rpcErrors.request],
  ])("refuses %s with %d and never reaches the node", async (body, code) => {
    const { node, calls } = recordingNode();
    expect(await answerRpc(node, body)).toMatchObject({ error: { code } });
    expect(calls).toEqual([]);
  });

  it("answers a batch in order and keeps silent on notifications", async () => {
    const { node } = recordingNode();
    const notification = JSON.stringify({ jsonrpc: "2.0", method: "net_peers" });
    expect(await answerRpc(node, notification)).toBeNull();
    const answers = await answerRpc(
      node,
      `[${call("net_peers", [], "a")},${notification},${call("nothing", [], "b")}]`,
    );
    expect(answers).toMatchObject([
      { id: "a", result: [] },
      { id: "b", error: { code: rpcErrors.method } },
    ]);
  });

  it("gives the state's value and its proof", async () => {
    const { node, calls } = recordingNode();
    expect(await answerRpc(node, call("state_proof", [hash]))).toMatchObject({
      result: { proof: toHex(new Uint8Array([9])), document: { height: 6, bytes: "08" } },
    });
    expect(await answerRpc(node, call("state_proof", [hash, `5:${hash}`]))).toMatchObject({ result: { height: 7 } });
    expect(calls.filter(([name]) => name === "stateDocument").map(([, ...given]) => given[1])).toEqual([
      null,
      { height: 5, hash: new Uint8Array(32).fill(0xab) },
    ]);
    expect(await answerRpc(node, call("state_proof", [hash, "5"]))).toMatchObject({ error: { code: -32602 } });
    expect(await answerRpc(node, call("state_get", [hash]))).toMatchObject({ result: { height: 7, value: null } });
  });
});
