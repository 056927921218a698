/**
 * Nodes of IPFS, as an interface sees them: this node gives them published blocks, and asks those of them for blocks that
 * its user has connected.
 * @module
 */
import type { Result } from "#protocol/result.ts";

/** A node of IPFS that is connected now. */
export interface IpfsPeer {
  readonly id: string;
  readonly address: string;
  /** Whether this node's user has connected it: only such a one is asked for blocks. */
  readonly isAsked: boolean;
}

/** Requests to a node about nodes of IPFS. */
export interface IpfsRequests {
  /** Those that are connected now. */
  ipfsPeers(): Promise<Result<readonly IpfsPeer[]>>;
  /** Connects one by its multiaddress, until this node stops or the other goes. */
  ipfsConnect(address: string): Promise<Result<IpfsPeer>>;
  /** Asks those that were connected for a block by its CID's bytes; what it gives was checked. */
  ipfsBlock(cid: Uint8Array): Promise<Result<Uint8Array>>;
}
