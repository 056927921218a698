/**
 * Erasure codes over chunks of a mebibyte: parity made, and chunks put together again without as many data shards as the code
 * bears, against a kept library.
 * @module
 */
import { ReedSolomonErasure } from "@digitaldefiance/reed-solomon-erasure.wasm";
import { equalBytes, joinBytes } from "#protocol/codec/bytes.ts";
import { type ErasureCode, parityOf, rebuildShards } from "#protocol/files/erasure-code.ts";
import { fileLimits } from "#protocol/files/limits.ts";
import { cut } from "#protocol/files/sealing.ts";
import type { Result } from "#protocol/result.ts";
import { ErasureKernel } from "../../platform/wasm/erasure-kernel.ts";
import { Random } from "../random.ts";
import type { BenchPlatform } from "./platform.ts";
import { atLeastTimes, compared, type MeasuredRow, medianOfRounds, medianRates } from "./row.ts";

const codes: readonly ErasureCode[] = [
  { data: 10, parity: 2 },
  { data: 10, parity: 4 },
];
/** Chunks in a turn. */
const chunks = 40;
const megabytes = (chunks * fileLimits.chunkBytes) / 1_000_000;
const library = "@digitaldefiance/reed-solomon-erasure.wasm";

/** A code on one chunk: what is timed. */
function subject(kernel: ErasureKernel, reference: ReedSolomonErasure, code: ErasureCode) {
  const { data, parity } = code;
  const shards = cut(new Random(1).bytes(fileLimits.chunkBytes), data);
  const size = shards[0]?.length ?? 0;
  const made = parityOf(shards, parity, kernel.combine);
  if (!made.ok) throw new Error(made.message);
  const lost = [...shards, ...made.value].map((shard, i) => (i < parity ? null : shard));
  const isThere = lost.map((shard) => shard !== null);
  const theirs = joinBytes([...shards, ...made.value]);
  const parityShard = made.value[0] as Uint8Array;
  const dataShard = shards[0] as Uint8Array;
  /** Does it for each chunk of a turn; the shard that the last one gave must be the right one. */
  const turn = (once: () => Uint8Array | null, right: Uint8Array) => (): number => {
    let given: Uint8Array | null = null;
    for (let chunk = 0; chunk < chunks; chunk++) given = once();
    if (given === null || !equalBytes(given, right)) throw new Error("wrong bytes");
    return megabytes;
  };
  const first = (result: Result<readonly Uint8Array[]>): Uint8Array | null =>
    result.ok ? (result.value[0] ?? null) : null;
  return {
    encode: turn(() => first(parityOf(shards, parity, kernel.combine)), parityShard),
    decode: turn(() => first(rebuildShards(code, lost, kernel.combine)), dataShard),
    theirEncode: turn(() => {
      const isDone = reference.encode(theirs, data, parity) === ReedSolomonErasure.RESULT_OK;
      return isDone ? theirs.subarray(data * size, (data + 1) * size) : null;
    }, parityShard),
    theirDecode: turn(() => {
      theirs.fill(0, 0, parity * size);
      const isDone = reference.reconstruct(theirs, data, parity, [...isThere]) === ReedSolomonErasure.RESULT_OK;
      return isDone ? theirs.subarray(0, size) : null;
    }, dataShard),
  };
}

/** Rows for erasure codes, on one thread. */
export async function measureErasure(platform: BenchPlatform): Promise<MeasuredRow[]> {
  const kernel = await ErasureKernel.start();
  const reference = ReedSolomonErasure.fromBytes(await platform.referenceErasureCode());
  const rows: MeasuredRow[] = [];
  for (const code of codes) {
    const rates = await medianRates(subject(kernel, reference, code));
    const head = {
      unit: "MB/s of data",
      goals: atLeastTimes(3),
      method: `${chunks} chunks of a mebibyte a turn, ${kernel.build} build, copies into and out of the kernel's memory counted, a shard of each turn checked; ${medianOfRounds}`,
    };
    const name = `${code.data} + ${code.parity} shards, one thread`;
    rows.push(
      compared({ ...head, name: `erasure encode, ${name}` }, rates.encode, { name: library, value: rates.theirEncode }),
      compared({ ...head, name: `erasure decode, ${code.parity} data shards missing, ${name}` }, rates.decode, {
        name: library,
        value: rates.theirDecode,
      }),
    );
  }
  return rows;
}
