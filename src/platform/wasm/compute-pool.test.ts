import { afterEach, describe, expect, it } from "vitest";
import { bigEndian } from "#protocol/codec/bytes.ts";
import { sha256 } from "#protocol/codec/hash.ts";
import { workHash } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { publicKeyOf, type SignatureCheck, signDigest } from "#protocol/crypto/signature.ts";
import { vrfProve, vrfPublicKey } from "#protocol/crypto/vrf.ts";
import { type RpcPort, serve } from "#sdk/rpc.ts";
import { type ComputePool, type ComputeThread, createComputePool } from "./compute-pool.ts";
import { createComputeService } from "./compute-service.ts";

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A "thread" over a real message channel; `mute` never answers, as one that has hung, until it is declared dead. */
function thread(mute = false): ComputeThread & { die(): void } {
  const { port1, port2 } = new MessageChannel();
  if (!mute) serve(port2 as unknown as RpcPort, createComputeService());
  let onDeath: () => void = () => undefined;
  ends.push(() => port1.close());
  return {
    port: port1 as unknown as RpcPort,
    onDeath: (action) => {
      onDeath = action;
    },
    end: () => port1.close(),
    die: () => onDeath(),
  };
}

function poolOf(...threads: ComputeThread[]): ComputePool {
  const left = [...threads];
  return createComputePool(
    () => left.shift() as ComputeThread,
    threads.length,
    () => performance.now(),
  );
}

function checks(count: number): SignatureCheck[] {
  return Array.from({ length: count }, (_, i) => {
    const secret = sha256(bigEndian(i + 1, 4));
    const digest = sha256(secret);
    return { digest, signature: signDigest(digest, secret), publicKey: publicKeyOf(secret) };
  });
}

describe("compute pool", () => {
  it.each([0, 1, 7, 8, 41])("answers a batch of %i in order, bad and malformed ones included", async (count) => {
    const pool = poolOf(thread(), thread());
    const batch = checks(count).map((check, i) =>
      i % 3 === 1
        ? { ...check, digest: sha256(check.digest) }
        : i % 5 === 4
          ? { ...check, publicKey: new Uint8Array(2) }
          : check,
    );
    const expected = batch.map((_, i) => i % 3 !== 1 && i % 5 !== 4);
    expect(await pool.signatureVerifier.verifyBatch(batch)).toEqual(expected);
  });

  it("does the part of a thread that dies itself", async () => {
    const dying = thread(true);
    const pool = poolOf(dying, thread());
    const verifying = pool.signatureVerifier.verifyBatch(checks(20));
    dying.die();
    expect(await verifying).toEqual(Array(20).fill(true));
    expect(await pool.signatureVerifier.verifyBatch(checks(20))).toEqual(Array(20).fill(true));
  });

  it("checks beacon proofs", async () => {
    const secret = new Uint8Array(32).fill(3);
    const message = new Uint8Array(32);
    const check = { publicKey: vrfPublicKey(secret), message, proof: vrfProve(secret, message) };
    const wrong = { ...check, message: new Uint8Array(32).fill(1) };
    expect(await poolOf(thread()).beaconVerifier.verifyBatch([check, wrong])).toEqual([true, false]);
  });

  it("finds a nonce, and stops at once when cancelled", async () => {
    const pool = poolOf(thread(), thread());
    const preimage = new Uint8Array(64).fill(9);
    const target = new Uint8Array(32).fill(0xff).fill(0, 0, 2);
    const nonce = await pool.nonceSearch.start(preimage, target, 5n).result;
    expect(nonce !== null && meetsTarget(workHash(preimage, nonce), target)).toBe(true);
    const hopeless = pool.nonceSearch.start(preimage, new Uint8Array(32), 0n);
    hopeless.cancel();
    expect(await hopeless.result).toBeNull();
  });
});
