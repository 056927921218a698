/**
 * Composition of the window's sampling units, loaded when `tsu` is first used.
 * @module
 */
import { SamplingUnitService } from "./node/sampling-units.ts";
import { browserClock, browserEntropy } from "./platform/browser/system.ts";
import { lendOver } from "./platform/browser/unit-lending.ts";
import { emulatedUnit, openUnit, pageBuses, pageTransports } from "./platform/browser/unit-ports.ts";
import { main } from "./protocol/parameters.ts";

/** Starts the service behind `tsu` on this page; what is plugged in is lent to the node at the other end of the port. */
export function startSamplingUnits(node: MessagePort): SamplingUnitService {
  return new SamplingUnitService({
    createEmulated: () =>
      emulatedUnit(new Worker(new URL("../workers/sampler.worker.ts", import.meta.url), { type: "module" })),
    transports: pageTransports(pageBuses()),
    open: (transport) => openUnit(pageBuses(), transport),
    clock: browserClock,
    entropy: browserEntropy,
    // The bar is the same on all networks.
    parameters: main,
    lend: lendOver(node),
  });
}
