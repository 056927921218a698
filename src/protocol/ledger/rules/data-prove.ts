/**
 * `data.prove`: the keeper shows the leaves that the running audit has drawn, and is paid for that period.
 * @module
 */
import { checkAuditLeaf, drawnLeaves } from "../../files/audit-tree.ts";
import { dealWrites } from "../../programs/storage-deals.ts";
import { readKeeperOffer, storageEscrowWrite } from "../../programs/storage-offers.ts";
import { accepted, rejected } from "../../result.ts";
import type { Command } from "../command.ts";
import { noEffect, type Rule } from "./rule.ts";
import { checkActor, runningDeal } from "./storage.ts";

/** Every leaf that was drawn, in the order of the draw, once a period. */
export const dataProve: Rule<Extract<Command, { type: "data.prove" }>> = (command, context) => {
  const { values, parameters } = context;
  const running = runningDeal(context, command);
  if (!running.ok) return running;
  const deal = running.value;
  if (deal.draw === null) return rejected("not-drawn", "The deal's first audit is not drawn yet.");
  if (command.period !== deal.audited) {
    const message = `The audit that runs has number ${deal.audited}, not ${command.period}.`;
    return rejected("not-drawn", message, { period: deal.audited });
  }
  if (deal.passed === 1) return rejected("rule-violated", "This audit is passed already.");
  const keeper = readKeeperOffer(values, deal.offer)?.keeper;
  if (keeper === undefined) throw new Error("a deal has outlived its offer");
  const foreign = checkActor(context, keeper, "keeper");
  if (foreign !== null) return foreign;
  const drawn = drawnLeaves(deal.draw, deal.bytes, parameters.storage.leavesPerAudit);
  const { leaves } = command;
  if (leaves.length !== drawn.length) {
    return rejected("bad-proof", `The audit asks for ${drawn.length} leaves, not ${leaves.length}.`);
  }
  const wrong = leaves.findIndex((leaf, i) => !checkAuditLeaf(deal, drawn[i] as number, leaf));
  if (wrong >= 0) {
    const leaf = drawn[wrong] as number;
    return rejected("bad-proof", `That is not leaf ${leaf} of what was left with the keeper.`, { leaf });
  }
  const paid = { ...deal, passed: 1, escrowNano: deal.escrowNano - deal.periodNano };
  return accepted({
    ...noEffect,
    lockedNano: -deal.periodNano,
    writes: [...dealWrites(deal, paid), storageEscrowWrite(values, -deal.periodNano)],
  });
};
