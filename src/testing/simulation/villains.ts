/**
 * Those who do not keep to the rules. Each is a member of the web with its own handlers; none has a way into the nodes
 * that a real peer would not have.
 * @module
 */
import type { Clock, NetworkHandlers } from "#node/ports.ts";
import { concatBytes } from "#protocol/codec/bytes.ts";
import { type Header, headerHash, workHash, workPreimage } from "#protocol/consensus/header.ts";
import { meetsTarget, workOfTarget } from "#protocol/consensus/work.ts";
import { type Block, encodeBlock } from "#protocol/ledger/block.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { decodeSyncRequest, encodeSyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { Chain } from "../../node/chain.ts";
import { workBytes } from "../../node/chain-records.ts";
import type { HeaderEntry } from "../../node/header-index.ts";
import { protocols } from "../../node/ports.ts";
import { BlockMaker, type MadeBlock } from "../block-maker.ts";
import { bodyOf, coin, payment, type TestKey, testKey, testNetworkId } from "../ledger-fixtures.ts";
import type { Random } from "../random.ts";
import type { VirtualNetwork } from "../virtual-network.ts";

/** What a villain works with. */
export interface VillainParts {
  readonly network: VirtualNetwork;
  readonly clock: Clock;
  readonly random: Random;
  /** Somebody's chain to look at, as a villain that follows along would know it. */
  chain(): Chain | null;
  /** A coin owner whose signatures it has seen. */
  readonly owner: TestKey;
}

/** A villain at work. */
export interface ActiveVillain {
  /** Does one bad thing; gives its name for the count. */
  act(): string;
}

const idle: Pick<NetworkHandlers, "onPeerConnected" | "onPeerDisconnected"> = {
  onPeerConnected: () => undefined,
  onPeerDisconnected: () => undefined,
};

/** Noise, and real messages with a few bytes changed. */
export function garbageVillain({ network, random }: VillainParts): ActiveVillain {
  const heard: Uint8Array[] = [];
  void network.start({
    ...idle,
    onGossip: (_peer, _topic, message) => {
      if (heard.push(message) > 32) heard.shift();
      return Promise.resolve("ignore");
    },
    onRequest: () => Promise.resolve(accepted(random.bytes(random.between(0, 2_000)))),
  });
  return {
    act: () => {
      const original = heard[random.between(0, Math.max(0, heard.length - 1))];
      const topic = random.fraction() < 0.5 ? "block" : "transaction";
      if (original === undefined || random.fraction() < 0.3) {
        network.inject(topic, random.bytes(random.between(1, 400)));
        return "noise";
      }
      const damaged = original.slice(0, random.between(1, original.length));
      for (let i = random.between(1, 3); i > 0; i--)
        damaged[random.between(0, damaged.length - 1)] = random.between(0, 255);
      network.inject(topic, damaged);
      return "damaged-message";
    },
  };
}

/** Real work on blocks that break one rule each; headers are announced, and bodies served to whoever asks. */
export function invalidBlockVillain({ network, random, chain, clock, owner }: VillainParts): ActiveVillain {
  const maker = new BlockMaker();
  let newest: { readonly made: MadeBlock; readonly served: Block } | null = null;
  void network.start({
    ...idle,
    onGossip: () => Promise.resolve("ignore"),
    onRequest: (_peer, _protocol, request) => Promise.resolve(answer(request)),
  });

  function answer(request: Uint8Array): Result<Uint8Array> {
    const decoded = decodeSyncRequest(request);
    const known = chain();
    if (!decoded.ok || newest === null || known === null) return rejected("not-found", "Nothing.");
    const { header } = newest.made.block;
    const asked = decoded.value;
    switch (asked.type) {
      case "status": {
        const totalWork = workBytes((known.index.get(header.parent)?.totalWork ?? 0n) + workOfTarget(header.target));
        const status = {
          networkId: testNetworkId,
          head: newest.made.hash,
          height: header.height,
          totalWork,
          bodiesFrom: 0,
          justifiedEpoch: 0,
          finalisedHeight: 0,
        };
        const nowMs = clock.nowMs();
        return accepted(syncAnswers.status.encode({ status, receivedAtMs: nowMs, sentAtMs: nowMs }));
      }
      case "headers": {
        const shared = asked.locator
          .map((hash) => known.index.get(hash))
          .find((one) => one && known.index.isCanonical(one));
        const headers: Header[] = [];
        for (let height = (shared?.height ?? 0) + 1; height < header.height && headers.length < asked.count; height++) {
          headers.push((known.index.at(height) as HeaderEntry).header);
        }
        return accepted(syncAnswers.headers.encode([...headers, header]));
      }
      case "bodies":
        return accepted(syncAnswers.bodies.encode([encodeBlock(newest.served)]));
      case "pool":
        return accepted(syncAnswers.pool.encode([]));
      case "transactions":
        return accepted(syncAnswers.transactions.encode([]));
      default:
        return rejected("not-found", "Nothing.");
    }
  }

  return {
    act: () => {
      const known = chain();
      if (known === null || known.head.height === 0) return "waiting";
      const { head, state } = known;
      const { header, hash, height, beaconValue } = head;
      const parent: MadeBlock = {
        block: { header, transactions: [], work: null, certificate: null },
        hash,
        height,
        state,
        beaconValue,
      };
      const timeMs = Math.max(clock.nowMs(), header.timeMs + 1);
      const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 7 ? byte ^ 1 : byte));
      const good = maker.make(parent, [], testKey(9), { timeMs });
      const forge = (forged: Parameters<BlockMaker["make"]>[3]): MadeBlock =>
        maker.make(parent, [], testKey(9), { timeMs, ...forged });
      const name = ["state-root", "transaction-root", "beacon", "future", "signature", "body", "proof"][
        random.between(0, 6)
      ];
      let made = good;
      let served = good.block;
      if (name === "state-root") made = forge({ stateRoot: flipped(good.block.header.stateRoot) });
      if (name === "transaction-root") made = forge({ txRoot: flipped(good.block.header.txRoot) });
      if (name === "beacon") made = forge({ beacon: flipped(good.block.header.beacon) });
      if (name === "future") made = forge({ timeMs: timeMs + 600_000 });
      const [coin] = known.coins.coinsOf(owner.keyHash);
      if (name === "signature" && coin !== undefined) {
        const { transaction } = payment(owner, coin.outPoint, coin.output.amount, testKey(9).lock);
        const witnesses = transaction.witnesses.map((witness) => ({
          ...witness,
          signatures: witness.signatures.map((one) => ({ ...one, signature: flipped(one.signature) })),
        }));
        made = maker.make(parent, [prepareTransaction({ ...transaction, witnesses })], testKey(9), { timeMs });
      }
      served = made.block;
      if (name === "body")
        served = {
          header: made.block.header,
          transactions: [payment(owner, { txId: hash, index: 0 }, 20_000n, owner.lock).transaction],
          work: made.block.work,
          certificate: null,
        };
      newest = { made, served };
      network.inject("block", encodeGossip({ type: "header", header: made.block.header }));
      return `invalid-${name}`;
    },
  };
}

/** Well-formed transactions that spend nothing that exists, headers on unknown parents, and requests without end. */
export function floodVillain({ network, random, clock, chain }: VillainParts): ActiveVillain {
  const key = testKey(7_000);
  const maker = new BlockMaker();
  const orphan = maker.make(maker.genesis, [], key);
  void network.start({
    ...idle,
    onGossip: () => Promise.resolve("accept"),
    onRequest: () => Promise.resolve(rejected("not-found", "Nothing.")),
  });
  return {
    act: () => {
      const what = random.between(0, 3);
      if (what <= 1) {
        network.inject("transaction", encodeGossip({ type: "transaction", bytes: uselessTransaction(key, random) }));
        return "useless-transaction";
      }
      if (what === 2) {
        network.inject("block", encodeGossip({ type: "header", header: orphanOf(orphan.block.header, random, clock) }));
        return "orphan-header";
      }
      for (const { id } of network.peers()) {
        const hashes = [chain()?.head.hash ?? new Uint8Array(32)];
        const request =
          random.fraction() < 0.5
            ? ({ type: "bodies", hashes } as const)
            : ({ type: "headers", locator: [], count: 1_000 } as const);
        void network.request(id, protocols.sync as never, encodeSyncRequest(request), {
          timeoutMs: 1_000,
          maximumResponseBytes: 1 << 22,
        });
      }
      return "request";
    },
  };
}

/** Passes every check that comes before its inputs are looked for, at no cost to its maker. */
function uselessTransaction({ publicKey, lock }: TestKey, random: Random): Uint8Array {
  const inputs = [{ txId: random.bytes(32), index: 0 }];
  const body = bodyOf({ inputs, outputs: [coin(1_000_000n, lock)], feeNano: 20_000n });
  const witness = { preimage: null, signatures: [{ publicKey, signature: random.bytes(64) }] };
  return prepareTransaction({ ...body, stamp: null, witnesses: [witness] }).bytes;
}

/** A header with work and no known parent. */
function orphanOf(like: Header, random: Random, clock: Clock): Header {
  const header = { ...like, parent: random.bytes(32), height: random.between(2, 50), timeMs: clock.nowMs() };
  const preimage = workPreimage(header);
  let nonce = 0n;
  while (!meetsTarget(workHash(preimage, nonce), header.target)) nonce++;
  return { ...header, nonce };
}

/** One identity around an eclipsed node: tells of no chain and of a wrong time, and passes nothing on. */
export function eclipseVillain({ network, clock, random }: VillainParts, clockLieMs: number): ActiveVillain {
  const nothing = {
    networkId: testNetworkId,
    head: headerHash(new BlockMaker().genesis.block.header),
    height: 0,
    justifiedEpoch: 0,
    finalisedHeight: 0,
    totalWork: new Uint8Array(),
    bodiesFrom: 0,
  };
  void network.start({
    ...idle,
    onGossip: () => Promise.resolve("ignore"),
    onRequest: (_peer, _protocol, request) => {
      const asked = decodeSyncRequest(request);
      if (!asked.ok) return Promise.resolve(asked);
      const nowMs = clock.nowMs() + clockLieMs;
      const status = syncAnswers.status.encode({ status: nothing, receivedAtMs: nowMs, sentAtMs: nowMs });
      if (asked.value.type === "status") return Promise.resolve(accepted(status));
      // Half of the time it keeps silent, so that the victim waits for its time-out.
      return random.fraction() < 0.5
        ? new Promise(() => undefined)
        : Promise.resolve(accepted(concatBytes(Uint8Array.of(0x80))));
    },
  });
  return { act: () => "held-back" };
}
