/**
 * `npm run bench`: every row runs its rival in the same run and reports medians. Prints a table, and JSON with `--json`.
 */
import { instantiateSecp256k1 } from "@bitauth/libauth";
import { createSHA256 } from "hash-wasm";
import * as tiny from "tiny-secp256k1";
import { bigEndian, concatBytes } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { publicKeyOf, type SignatureCheck, signDigest, verifySignature } from "#protocol/crypto/signature.ts";
import { applyBlock } from "#protocol/ledger/apply.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { emptyStateTree, type StateTree, type StateWrite } from "#protocol/ledger/state-tree.ts";
import { startComputeThread } from "../../platform/node/compute-threads.ts";
import { createComputePool } from "../../platform/wasm/compute-pool.ts";
import { createWasmSignatureCheck } from "../../platform/wasm/secp256k1.ts";
import { createSha256Kernel } from "../../platform/wasm/sha256-kernel.ts";
import { bodyOf, coin, signed, TestLedger, testContext, testKey } from "../ledger-fixtures.ts";
import { Random } from "../random.ts";

interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly rivals: Readonly<Record<string, number>>;
  readonly goal: string;
  readonly method: string;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Median seconds of several runs. */
async function seconds(runs: number, action: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    await action();
    times.push((performance.now() - startedMs) / 1_000);
  }
  return median(times);
}

const rate = (count: number, time: number): number => Math.round(count / time);

async function signatures(): Promise<Row> {
  const checks: SignatureCheck[] = Array.from({ length: 1_000 }, (_, i) => {
    const secret = sha256(bigEndian(i + 1, 8));
    const digest = sha256(secret);
    return { digest, signature: signDigest(digest, secret), publicKey: publicKeyOf(secret) };
  });
  const pool = createComputePool(
    () => startComputeThread(new URL("./compute-thread.js", import.meta.url)),
    2,
    () => performance.now(),
  );
  await pool.signatureVerifier.verifyBatch(checks);
  const wasm = await createWasmSignatureCheck();
  const libauth = await instantiateSecp256k1();
  const some = checks.slice(0, 100);
  const row: Row = {
    name: "ECDSA verify, batch of 1 000, 2 threads",
    value: rate(1_000, await seconds(7, () => pool.signatureVerifier.verifyBatch(checks))),
    unit: "/s",
    rivals: {
      "@noble/curves": rate(100, await seconds(5, () => some.map(verifySignature))),
      "our WASM, one thread": rate(1_000, await seconds(5, () => checks.map(wasm))),
      "tiny-secp256k1": rate(
        1_000,
        await seconds(5, () => checks.map((c) => tiny.verify(c.digest, c.publicKey, c.signature))),
      ),
      libauth: rate(
        1_000,
        await seconds(5, () =>
          checks.map((c) => libauth.verifySignatureCompactLowS(c.signature, c.publicKey, c.digest)),
        ),
      ),
    },
    goal: "≥ 10× noble, ≥ 1.5× single-thread WASM",
    method: "median of 7 runs (rivals 5), Node",
  };
  pool.close();
  return row;
}

async function nonces(): Promise<Row> {
  const kernel = await createSha256Kernel();
  const preimage = new Random(1).bytes(64);
  const target = new Uint8Array(32);
  const count = 1 << 20;
  const hasher = await createSHA256();
  const loop = (): void => {
    for (let i = 0; i < 100_000; i++)
      hasher
        .init()
        .update(concatBytes(preimage.subarray(0, 32), bigEndian(i, 8)))
        .digest("binary");
  };
  return {
    name: "nonce search, one thread",
    value: rate(count, await seconds(7, () => kernel.search(preimage, target, 0n, count))),
    unit: "/s",
    rivals: { "hash-wasm loop (40 B)": rate(100_000, await seconds(5, loop)) },
    goal: "≥ 1.5× per thread",
    method: "median of 7 × 2^20 nonces (rival 5 × 100 000 hashes of 40 bytes), Node",
  };
}

function randomWrites(random: Random, count: number): StateWrite[] {
  return Array.from({ length: count }, () => ({ key: random.bytes(32), value: random.bytes(40) }));
}

async function stateTree(): Promise<Row> {
  const { sha256: fast } = await createSha256Kernel();
  const random = new Random(2);
  let base: StateTree = emptyStateTree(fast);
  for (let i = 0; i < 10; i++) base = base.update(randomWrites(random, 10_000));
  base.root();
  const writes = randomWrites(random, 10_000);
  const batch = await seconds(5, () => base.update(writes).root());
  const naive = await seconds(3, () => {
    let tree = base;
    for (const write of writes) {
      tree = tree.update([write]);
      tree.root();
    }
  });
  return {
    name: "state tree, 10 000 keys into 100 000",
    value: rate(10_000, batch),
    unit: "keys/s",
    rivals: { "key by key": rate(10_000, naive) },
    goal: "≥ 5× (goal is stated for 1 000 000)",
    method: "median of 5 (rival 3), WASM SHA-256 in both, Node",
  };
}

async function blockApply(): Promise<Row> {
  const ledger = new TestLedger();
  const alice = testKey(1);
  const reward = ledger.mine(alice);
  const outputs = Array.from({ length: 64 }, () => coin(40_000_000n, alice.lock));
  const fan = signed(bodyOf({ inputs: [reward], outputs, feeNano: 2_800_000_000n - 64n * 40_000_000n }), alice);
  ledger.mine(alice, [fan]);
  const second = Array.from({ length: 16 }, (_, i) => {
    const parts = Array.from({ length: 63 }, () => coin(600_000n, alice.lock));
    return signed(
      bodyOf({ inputs: [{ txId: fan.id, index: i }], outputs: parts, feeNano: 40_000_000n - 63n * 600_000n }),
      alice,
    );
  });
  ledger.mine(alice, second);
  const payments = second.flatMap((transaction) =>
    transaction.transaction.outputs.map((_, index) =>
      signed(bodyOf({ inputs: [{ txId: transaction.id, index }], outputs: [coin(590_000n, alice.lock)] }), alice),
    ),
  );
  const { block } = ledger.build(testKey(2), payments);
  const count = block.transactions.length;
  const { sha256: fast } = await createSha256Kernel();
  const state = emptyStateTree(fast).update([...ledger.state.entries()].map(([key, value]) => ({ key, value })));
  state.root();
  const prepared = block.transactions.map((transaction) => prepareTransaction(transaction));
  const cached = testContext();
  for (const { leafHash } of prepared) cached.signatures.add(leafHash);
  const wasm = await createWasmSignatureCheck();
  const run = (context: ReturnType<typeof testContext>): void => {
    const applied = applyBlock(state, block, context, prepared);
    if (!applied.ok) throw new Error(applied.message);
    for (const { checks } of applied.value.unverified) if (!checks.every(wasm)) throw new Error("bad signature");
  };
  return {
    name: `block apply, ${count} simple payments, signatures known`,
    value: rate(count, await seconds(9, () => run(cached))),
    unit: "tx/s",
    rivals: { "without cache (one WASM thread)": rate(count, await seconds(3, () => run(testContext()))) },
    goal: "≥ 2 000 tx/s (stated for Chromium)",
    method: "median of 9 (rival 3), Node",
  };
}

const rows: Row[] = [];
for (const bench of [signatures, nonces, stateTree, blockApply]) rows.push(await bench());
if (process.argv.includes("--json")) console.log(JSON.stringify(rows));
else {
  for (const { name, value, unit, rivals, goal, method } of rows) {
    console.log(`${name}: ${value.toLocaleString("en")} ${unit}   (goal ${goal}; ${method})`);
    for (const [rival, figure] of Object.entries(rivals)) {
      console.log(`    ${rival}: ${figure.toLocaleString("en")} ${unit}, ratio ${(value / figure).toFixed(2)}`);
    }
  }
}
