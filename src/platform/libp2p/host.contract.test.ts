import { libp2pWorld } from "#testing/libp2p-members.ts";
import { networkContract } from "#testing/network-contract.ts";

networkContract("libp2p hosts over WebSockets", libp2pWorld);
