/**
 * The thread that runs other people's programs in the sandbox's workers and watches them. Wiring only.
 * @module
 */
import { browserClock } from "../src/platform/browser/system.ts";
import { installTrustedTypes } from "../src/platform/browser/trusted-types.ts";
import { serveSupervisor } from "../src/platform/browser/veil/supervisor.ts";

installTrustedTypes(self);
serveSupervisor(self, browserClock);
