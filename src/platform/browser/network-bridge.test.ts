import { describe, expect, it } from "vitest";
import type { Network, NetworkHandlers } from "#node/ports.ts";
import { accepted } from "#protocol/result.ts";
import { noTraffic } from "#sdk/resources.ts";
import type { RpcPort } from "#sdk/rpc.ts";
import { libp2pWorld } from "#testing/libp2p-members.ts";
import { networkContract } from "#testing/network-contract.ts";
import { exposeNetwork, remoteNetwork } from "./network-bridge.ts";

/** A network as the worker sees it: behind the bridge, over a real message channel. */
function bridged(network: Network): Network {
  const { port1, port2 } = new MessageChannel();
  exposeNetwork(network, port1 as unknown as RpcPort);
  return remoteNetwork(port2 as unknown as RpcPort);
}

networkContract("the bridge between window and worker, over libp2p hosts", () => libp2pWorld(bridged));

describe("the bridge", () => {
  it("drops gossip that the worker does not judge, instead of piling it up", async () => {
    let handlers: NetworkHandlers | null = null;
    const network: Network = {
      start: (given) => {
        handlers = given;
        return Promise.resolve();
      },
      stop: () => Promise.resolve(),
      selfId: () => "me",
      peers: () => [],
      reach: () => Promise.resolve(accepted(null)),
      publish: () => Promise.resolve(0),
      request: () => Promise.resolve(accepted(new Uint8Array())),
      ban: () => undefined,
      timerDriftMs: () => 0,
      traffic: () => noTraffic,
    };
    const far = bridged(network);
    let judged = 0;
    await far.start({
      onGossip: () => {
        judged++;
        return new Promise(() => undefined);
      },
      onRequest: () => Promise.resolve(accepted(new Uint8Array())),
      onPeerConnected: () => undefined,
      onPeerDisconnected: () => undefined,
    });
    const verdicts = Array.from({ length: 300 }, () => handlers?.onGossip("peer", "block", new Uint8Array(1)));
    expect(await verdicts[299]).toBe("ignore");
    await expect.poll(() => judged).toBe(256);
    await far.stop();
  });
});
