/**
 * The first block of each network. Its hash is the network's id, so it fixes every parameter that is hashed here.
 * @module
 */
import { bigEndian, utf8ToBytes } from "../codec/bytes.ts";
import { taggedHash } from "../codec/hash.ts";
import type { Block } from "../ledger/block.ts";
import { emptyStateRoot } from "../ledger/state-tree.ts";
import { emptyTransactionRoot } from "../ledger/transaction-tree.ts";
import type { NetworkParameters } from "../parameters.ts";
import { headerHash, headerVersion } from "./header.ts";

const noHash = new Uint8Array(32);

function genesisVoterBytes({ genesis }: NetworkParameters): Uint8Array[] {
  return genesis.voters.flatMap(({ key, owner, beaconKey, stakeNano }) => [
    key,
    owner,
    beaconKey,
    bigEndian(stakeNano, 8),
  ]);
}

/** The genesis block: no transactions, no work, the network's message committed to in the proposer's key hash. */
export function genesisBlock(parameters: NetworkParameters): Block {
  return {
    header: {
      version: headerVersion,
      height: 0,
      parent: noHash,
      txRoot: emptyTransactionRoot,
      stateRoot: emptyStateRoot,
      timeMs: parameters.genesis.timeMs,
      target: parameters.initialTarget,
      proposer: {
        keyHash: taggedHash(
          "aether/header/1",
          utf8ToBytes(parameters.genesis.message),
          ...genesisVoterBytes(parameters),
        ),
        beaconKey: noHash,
      },
      beacon: new Uint8Array(),
      oracle: null,
      energy: null,
      finality: null,
      shreds: null,
      nonce: 0n,
    },
    transactions: [],
    work: null,
    certificate: null,
  };
}

/** Hash of the genesis header, 32 bytes: names the network in every transaction. */
export function networkIdOf(parameters: NetworkParameters): Uint8Array {
  return headerHash(genesisBlock(parameters).header);
}
