/**
 * Finds the rule of a command.
 * @module
 */
import type { Result } from "../../result.ts";
import { coinPay } from "./coin-pay.ts";
import { coinRequest } from "./coin-request.ts";
import { dataAccept } from "./data-accept.ts";
import { dataDelete } from "./data-delete.ts";
import { dataProve } from "./data-prove.ts";
import { dataStore } from "./data-store.ts";
import { didRotate } from "./did-rotate.ts";
import { memoryAllocate } from "./memory-allocate.ts";
import { memoryFree } from "./memory-free.ts";
import { memoryOffer } from "./memory-offer.ts";
import { memoryWithdraw } from "./memory-withdraw.ts";
import { processStart } from "./process-start.ts";
import { processStop } from "./process-stop.ts";
import { proofPost } from "./proof-post.ts";
import type { Effect, RuleContext } from "./rule.ts";
import { stakeBond } from "./stake-bond.ts";
import { stakeExit } from "./stake-exit.ts";
import { stakeSlash } from "./stake-slash.ts";
import { stakeWithdraw } from "./stake-withdraw.ts";
import { storageOffer } from "./storage-offer.ts";
import { storageWithdraw } from "./storage-withdraw.ts";

/** Applies the rule of the transaction's command. */
export function applyRule(context: RuleContext): Result<Effect> {
  const { command } = context.transaction;
  switch (command.type) {
    case "coin.pay":
      return coinPay(command, context);
    case "coin.request":
      return coinRequest(command, context);
    case "proof.post":
      return proofPost(command, context);
    case "memory.offer":
      return memoryOffer(command, context);
    case "memory.withdraw":
      return memoryWithdraw(command, context);
    case "memory.allocate":
      return memoryAllocate(command, context);
    case "memory.free":
      return memoryFree(command, context);
    case "process.start":
      return processStart(command, context);
    case "process.stop":
      return processStop(command, context);
    case "stake.bond":
      return stakeBond(command, context);
    case "stake.exit":
      return stakeExit(command, context);
    case "stake.withdraw":
      return stakeWithdraw(command, context);
    case "stake.slash":
      return stakeSlash(command, context);
    case "did.rotate":
      return didRotate(command, context);
    case "storage.offer":
      return storageOffer(command, context);
    case "storage.withdraw":
      return storageWithdraw(command, context);
    case "data.store":
      return dataStore(command, context);
    case "data.accept":
      return dataAccept(command, context);
    case "data.prove":
      return dataProve(command, context);
    case "data.delete":
      return dataDelete(command, context);
  }
}
