/**
 * The sdk's requests about nodes of IPFS: the network speaks with them.
 * @module
 */
import { accepted, rejected } from "#protocol/result.ts";
import type { IpfsRequests } from "#sdk/ipfs.ts";
import type { Network } from "./ports.ts";

const noWay = Promise.resolve(rejected("unsupported-feature", "There is no way to IPFS here."));

/** Answers what an interface asks. */
export function ipfsRequests(network: Pick<Network, "ipfs">): IpfsRequests {
  return {
    ipfsPeers: async () => accepted((await network.ipfs?.peers()) ?? []),
    ipfsConnect: (address) => network.ipfs?.connect(address) ?? noWay,
    ipfsBlock: (cid) => network.ipfs?.fetch(cid) ?? noWay,
  };
}
