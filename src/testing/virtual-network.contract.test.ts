import type { Network } from "#node/ports.ts";
import { networkLimits } from "../platform/libp2p/limits.ts";
import { type NetworkWorld, networkContract } from "./network-contract.ts";
import { Random } from "./random.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { VirtualWeb } from "./virtual-network.ts";

const longestMs = 120_000;

networkContract("the simulator's network", (): Promise<NetworkWorld> => {
  const clock = new VirtualClock(0);
  const web = new VirtualWeb(clock, new Random(1), { leastDelayMs: 5, mostDelayMs: 60, loss: 0, duplication: 0 });
  const links = new Set<string>();
  web.mayLink = (a, b) => links.has(`${a} ${b}`) || links.has(`${b} ${a}`);
  const until = async (condition: () => boolean): Promise<void> => {
    if (!(await clock.run(clock.nowMs() + longestMs, condition))) throw new Error("it never held");
  };
  return Promise.resolve({
    bounds: { requestBytes: networkLimits.requestBytes, openRequests: networkLimits.streamsPerPeer },
    join: async (handlers): Promise<Network> => {
      const network = web.join(`node-${web.members.size}`);
      await network.start(handlers);
      return network;
    },
    link: (a, b) => {
      links.add(`${a.selfId()} ${b.selfId()}`);
      const [one, other] = [a, b].map((network) => web.members.get(network.selfId()));
      if (one !== undefined && other !== undefined) {
        one.refresh(other);
        other.refresh(one);
      }
      return Promise.resolve();
    },
    until,
    settle: async (promise) => {
      let settled = false;
      const mark = (): void => {
        settled = true;
      };
      promise.then(mark, mark);
      await until(() => settled);
      return promise;
    },
    end: () => Promise.resolve(),
  });
});
