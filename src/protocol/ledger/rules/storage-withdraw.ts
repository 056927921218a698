/**
 * `storage.withdraw`: the keeper takes an offer back, with the room and the bond that no deal has bound, but for what its place
 * costs: that comes back by itself with the last deal, and the bonds of deals with each.
 * @module
 */
import { toHex } from "../../codec/bytes.ts";
import {
  changeKeeperOffer,
  readKeeperOffer,
  storageEscrowWrite,
  withdrawnOffer,
} from "../../programs/storage-offers.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";
import { checkActor } from "./storage.ts";

/** The offer may have expired: its bond waits until it is fetched. */
export const storageWithdraw: Rule<Extract<Command, { type: "storage.withdraw" }>> = (command, context) => {
  const { values } = context;
  const offer = readKeeperOffer(values, command.offer);
  if (offer === null || offer.withdrawn === 1) {
    return rejected("no-such-offer", `There is no offer of storage ${toHex(command.offer)} to take back.`);
  }
  const foreign = checkActor(context, offer.keeper, "keeper");
  if (foreign !== null) return foreign;
  const { writes, backNano } = changeKeeperOffer(values, withdrawnOffer(offer));
  return accepted({ ...noEffect, lockedNano: -backNano, writes: [...writes, storageEscrowWrite(values, -backNano)] });
};
