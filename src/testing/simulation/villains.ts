/**
 * Those who do not keep to the rules. Each is a member of the web with its own handlers; none has a way into the nodes
 * that a real peer would not have.
 * @module
 */
import type { Clock, NetworkHandlers } from "#node/ports.ts";
import { concatBytes } from "#protocol/codec/bytes.ts";
import { type Header, workHash, workPreimage } from "#protocol/consensus/header.ts";
import { meetsTarget } from "#protocol/consensus/work.ts";
import { prepareTransaction } from "#protocol/ledger/prepared.ts";
import { encodeGossip } from "#protocol/messages/gossip.ts";
import { decodeSyncRequest, encodeSyncRequest, syncAnswers } from "#protocol/messages/sync.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { Chain } from "../../node/chain.ts";
import { protocols } from "../../node/ports.ts";
import { BlockMaker } from "../block-maker.ts";
import { bodyOf, coin, type FixtureNetwork, type TestKey, testContext, testKey } from "../ledger-fixtures.ts";
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
  /** The rules of the network. */
  readonly rules: FixtureNetwork;
}

/** A villain at work. */
export interface ActiveVillain {
  /** Does one bad thing; gives its name for the count. */
  act(): string;
}

/** Handlers of a member that does not care who comes and goes. */
export const idle: Pick<NetworkHandlers, "onPeerConnected" | "onPeerDisconnected"> = {
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

/** Well-formed transactions that spend nothing that exists, headers on unknown parents, and requests without end. */
export function floodVillain({ network, random, clock, chain, rules }: VillainParts): ActiveVillain {
  const key = testKey(7_000);
  const maker = new BlockMaker(testContext(rules));
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
        network.inject(
          "transaction",
          encodeGossip({ type: "transaction", bytes: uselessTransaction(key, random, rules) }),
        );
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
function uselessTransaction(
  { publicKey, lock }: TestKey,
  random: Random,
  { networkId: network }: FixtureNetwork,
): Uint8Array {
  const inputs = [{ txId: random.bytes(32), index: 0 }];
  const body = bodyOf({ network, inputs, outputs: [coin(1_000_000n, lock)], feeNano: 20_000n });
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
export function eclipseVillain({ network, clock, random, rules }: VillainParts, clockLieMs: number): ActiveVillain {
  const nothing = {
    networkId: rules.networkId,
    head: rules.networkId,
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
