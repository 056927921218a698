/**
 * The app's supervisor with a preparation that lets hostile glue through. Wiring only.
 */
import { browserClock } from "../../platform/browser/system.ts";
import { installTrustedTypes } from "../../platform/browser/trusted-types.ts";
import { serveSupervisor } from "../../platform/browser/veil/supervisor.ts";

installTrustedTypes(self);
serveSupervisor(self, {
  spawn: () => new Worker(new URL("./preparation.worker.ts", import.meta.url), { type: "module" }),
  clock: browserClock,
});
