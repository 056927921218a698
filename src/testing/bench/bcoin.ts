/**
 * A block of simple payments here and in bcoin. bcoin is no dependency: `npm run bench -- --rivals` installs it beside the
 * benchmarks; without it the row says that the rival could not run. Where its native signature check does not compile it
 * falls back to JavaScript, so it also runs with the WebAssembly check that we use ourselves.
 * @module
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { instantiateSecp256k1 } from "@bitauth/libauth";

/** Where rivals are installed. */
const rivals = fileURLToPath(new URL("../../../.cache/bench-rivals/package.json", import.meta.url));

/** Blocks after which a reward can be spent. */
const maturity = 101;

interface Coins {
  toTX(): unknown;
  readonly view: unknown;
}

interface Spend extends Coins {
  addTX(from: unknown, index: number): void;
  addOutput(address: unknown, value: number): void;
  sign(ring: unknown): void;
}

interface Chain {
  open(): Promise<void>;
  add(block: unknown): Promise<unknown>;
}

interface Mined {
  readonly txs: readonly { readonly outputs: readonly { readonly value: number }[] }[];
  toRaw(): Uint8Array;
}

interface Job {
  addTX(tx: unknown, view: unknown): void;
  refresh(): void;
  mineAsync(): Promise<Mined>;
}

/** What we use of bcoin. */
interface Bcoin {
  readonly Chain: new (options: object) => Chain;
  readonly Miner: new (options: object) => { open(): Promise<void>; readonly cpu: { createJob(): Promise<Job> } };
  readonly MTX: new () => Spend;
  readonly KeyRing: { generate(): { network: unknown; getAddress(): unknown } };
  readonly Block: { fromRaw(raw: Uint8Array): unknown };
  readonly Network: { get(name: string): unknown };
}

interface SignatureBackend {
  verifyDER(digest: Uint8Array, signature: Uint8Array, key: Uint8Array): boolean;
}

/** A bcoin that connects prepared blocks, one at each call, and tells how many payments each holds. */
export interface BcoinRival {
  /** With the signature check that it comes with. */
  connectNext(): Promise<number>;
  /** With libsecp256k1 in WebAssembly in the place of it. */
  connectNextWithWasm(): Promise<number>;
}

async function openChain({ Chain }: Bcoin): Promise<Chain> {
  const chain = new Chain({ memory: true, network: "regtest" });
  await chain.open();
  return chain;
}

/** Mines blocks of `payments` payments each, after what must come before; all as bytes. */
async function mineBlocks(
  bcoin: Bcoin,
  payments: number,
  count: number,
): Promise<{ before: Uint8Array[]; blocks: Uint8Array[] }> {
  const chain = await openChain(bcoin);
  const ring = bcoin.KeyRing.generate();
  ring.network = bcoin.Network.get("regtest");
  const address = ring.getAddress();
  const miner = new bcoin.Miner({ chain, addresses: [address], network: "regtest" });
  await miner.open();
  const mine = async (spends: readonly Coins[]): Promise<Mined> => {
    const job = await miner.cpu.createJob();
    for (const spend of spends) job.addTX(spend.toTX(), spend.view);
    job.refresh();
    const block = await job.mineAsync();
    if (!(await chain.add(block))) throw new Error("bcoin refuses its own block");
    return block;
  };
  const spend = (from: unknown, index: number, values: readonly number[]): Spend => {
    const transaction = new bcoin.MTX();
    transaction.addTX(from, index);
    for (const value of values) transaction.addOutput(address, value);
    transaction.sign(ring);
    return transaction;
  };
  const first = await mine([]);
  const before = [first.toRaw()];
  for (let i = 0; i < maturity; i++) before.push((await mine([])).toRaw());
  const reward = first.txs[0]?.outputs[0]?.value ?? 0;
  let value = Math.floor((reward * 0.9) / payments);
  const cut = spend(first.txs[0], 0, new Array<number>(payments).fill(value));
  before.push((await mine([cut])).toRaw());
  let coins = Array.from({ length: payments }, (_, index) => ({ from: cut.toTX(), index }));
  const blocks: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    value -= 1_000;
    const spends = coins.map(({ from, index }) => spend(from, index, [value]));
    const block = await mine(spends);
    if (block.txs.length !== payments + 1) throw new Error("bcoin left payments out");
    blocks.push(block.toRaw());
    coins = spends.map((one) => ({ from: one.toTX(), index: 0 }));
  }
  return { before, blocks };
}

/** Starts bcoin with `count` blocks to connect; null where it is not installed. */
export async function startBcoin(payments: number, count: number): Promise<BcoinRival | null> {
  if (!existsSync(rivals)) return null;
  const load = createRequire(rivals);
  const bcoin = load("bcoin") as Bcoin;
  const backend = createRequire(load.resolve("bcoin"))("bcrypto/lib/secp256k1") as SignatureBackend;
  const [own, { verifySignatureDER }] = [backend.verifyDER, await instantiateSecp256k1()];
  const wasm: SignatureBackend["verifyDER"] = (digest, signature, key) => verifySignatureDER(signature, key, digest);
  backend.verifyDER = wasm;
  const { before, blocks } = await mineBlocks(bcoin, payments, count);
  const connecter = async (verify: SignatureBackend["verifyDER"]): Promise<() => Promise<number>> => {
    const chain = await openChain(bcoin);
    for (const raw of before) await chain.add(bcoin.Block.fromRaw(raw));
    const rest = [...blocks];
    return async () => {
      const raw = rest.shift();
      if (raw === undefined) throw new Error("no block is left to connect");
      backend.verifyDER = verify;
      if (!(await chain.add(bcoin.Block.fromRaw(raw)))) throw new Error("bcoin refuses a block");
      return payments;
    };
  };
  return { connectNext: await connecter(own), connectNextWithWasm: await connecter(wasm) };
}
