/**
 * What keeping and carrying things between people needs of a node: messages and shared files alike.
 * @module
 */
import type { NetworkParameters } from "#protocol/parameters.ts";
import type { Offence } from "./peer-scores.ts";
import type { Clock, Network, NonceSearch } from "./ports.ts";

/** The node, as far as they see it; `Options` are what it was told about them. */
export interface KeepingNode<Options> {
  readonly ports: {
    readonly clock: Clock;
    readonly network: Network;
    readonly nonceSearch: Pick<NonceSearch, "start">;
  };
  /** The least stamp is that of the free lane. */
  readonly options: { readonly parameters: Pick<NetworkParameters, "freeLane"> } & Options;
  offend(peerId: string, offence: Offence, why: string): void;
}
