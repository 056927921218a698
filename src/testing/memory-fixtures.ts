/**
 * Builders of transactions about memory and processes for tests and the simulator.
 * @module
 */
import { sha256 } from "#protocol/codec/hash.ts";
import { type Command, commitCommand } from "#protocol/ledger/command.ts";
import type { PreparedTransaction } from "#protocol/ledger/prepared.ts";
import type { ProcessReceipt } from "#protocol/ledger/process-receipt.ts";
import { type LeaseRecord, leaseOutput, type ProcessRecord, processOutput } from "#protocol/ledger/things.ts";
import type { OutPoint, Output } from "#protocol/ledger/transaction.ts";
import { leasePriceNano, type MemoryOffer } from "#protocol/programs/memory-market.ts";
import { encodeProcessInput, processInputDigest } from "#protocol/veil/process-input.ts";
import { bodyOf, coin, type FixtureNetwork, signed, type TestKey, testNetwork } from "./ledger-fixtures.ts";

/** A mebibyte: sixteen pages. */
export const mebibyte = 1_048_576;

/** Fee of every transaction made here; above the least. */
export const memoryFeeNano = 100_000n;

/** A coin to pay with, and what it holds. */
export interface Purse {
  readonly outPoint: OutPoint;
  readonly amountNano: bigint;
}

/** A thing that is no coin, and where it is. */
export interface Held<Thing> {
  readonly outPoint: OutPoint;
  readonly thing: Thing;
}

/** A transaction of one key, paid from one coin of which all that is not spent comes back. */
export function transact(
  key: TestKey,
  command: Command,
  things: { takes?: readonly OutPoint[]; makes?: readonly Output[] },
  purse: Purse,
  spentNano: bigint,
  nonce: bigint,
  { networkId: network }: FixtureNetwork,
): PreparedTransaction {
  const left = purse.amountNano - memoryFeeNano - spentNano;
  const outputs = [...(things.makes ?? []), ...(left > 0n ? [coin(left, key.lock)] : [])];
  const inputs = [...(things.takes ?? []), purse.outPoint];
  const commitment = commitCommand(command);
  return signed(bodyOf({ network, inputs, outputs, command, commitment, feeNano: memoryFeeNano, nonce }), key);
}

/** Offers memory, paid from one coin. */
export function memoryOffer(
  key: TestKey,
  purse: Purse,
  terms: Omit<Extract<Command, { type: "memory.offer" }>, "type">,
  nonce = 1n,
  network: FixtureNetwork = testNetwork,
): PreparedTransaction {
  return transact(key, { type: "memory.offer", ...terms }, {}, purse, terms.burnNano, nonce, network);
}

/** Takes an offer back. */
export function memoryWithdrawal(
  key: TestKey,
  purse: Purse,
  offer: Uint8Array,
  nonce = 1n,
  network: FixtureNetwork = testNetwork,
): PreparedTransaction {
  return transact(key, { type: "memory.withdraw", offer }, {}, purse, 0n, nonce, network);
}

/** The lease that an allocation makes. */
export function leaseFrom({ id, provider, untilHeight }: MemoryOffer, bytes: number, name = "demo"): LeaseRecord {
  return { offer: id, provider, bytes, untilHeight, name };
}

/** Allocates from an offer at its price. */
export function allocation(
  key: TestKey,
  purse: Purse,
  offer: MemoryOffer,
  bytes: number,
  nonce = 1n,
  network: FixtureNetwork = testNetwork,
): PreparedTransaction {
  const lease = leaseFrom(offer, bytes);
  const priceNano = leasePriceNano(bytes, offer.priceNano);
  const payment = coin(priceNano, { type: "key", keyHash: offer.provider });
  const makes = [leaseOutput(lease, key.lock), ...(priceNano > 0n ? [payment] : [])];
  const command: Command = { type: "memory.allocate", offer: offer.id, bytes, name: lease.name };
  return transact(key, command, { makes }, purse, priceNano, nonce, network);
}

/** Frees a lease. */
export function freeing(
  key: TestKey,
  purse: Purse,
  lease: Held<LeaseRecord>,
  nonce = 1n,
  network: FixtureNetwork = testNetwork,
): PreparedTransaction {
  return transact(key, { type: "memory.free" }, { takes: [lease.outPoint] }, purse, 0n, nonce, network);
}

const emptyInput = { arguments: [], environment: [], files: [], timeMs: 0, seed: new Uint8Array(32) };

/** Starts a process within a lease. */
export function processStart(
  key: TestKey,
  purse: Purse,
  { outPoint, thing: lease }: Held<LeaseRecord>,
  nonce = 1n,
  publicInput: Uint8Array | null = encodeProcessInput({ ...emptyInput, input: Uint8Array.of(1) }),
  network: FixtureNetwork = testNetwork,
): PreparedTransaction {
  const digests = {
    programDigest: sha256(Uint8Array.of(1)),
    inputDigest: publicInput === null ? sha256(Uint8Array.of(2)) : processInputDigest(publicInput),
  };
  const makes = [processOutput({ ...digests, lease }, key.lock)];
  return transact(
    key,
    { type: "process.start", ...digests, publicInput },
    { takes: [outPoint], makes },
    purse,
    0n,
    nonce,
    network,
  );
}

/** A receipt of a run that ended well within its limits. */
export const goodReceipt: ProcessReceipt = {
  exit: { type: "exit", code: 0 },
  outputDigest: new Uint8Array(32).fill(3),
  fuelUsed: 1_000,
  fuelLimit: 1_000_000,
  memoryPeakPages: 1,
  memoryPages: 1,
  meteringDigest: new Uint8Array(32).fill(4),
};

/** Stops a process, which gives its lease back. */
export function processStop(
  key: TestKey,
  purse: Purse,
  { outPoint, thing: { lease } }: Held<ProcessRecord>,
  receipt: ProcessReceipt | null = goodReceipt,
  nonce = 1n,
  network: FixtureNetwork = testNetwork,
): PreparedTransaction {
  const makes = [leaseOutput(lease, key.lock)];
  return transact(key, { type: "process.stop", receipt }, { takes: [outPoint], makes }, purse, 0n, nonce, network);
}
