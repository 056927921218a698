/**
 * A page that plays scenarios of the simulator as Node does in the same test. Wiring only.
 */

import { parseScenario } from "../simulation/scenario.ts";
import { playScenario } from "../simulation/story.ts";
import type { SimulationPage } from "./contract.ts";

const page: SimulationPage = {
  play: async (text, seed) => {
    const scenario = parseScenario(text);
    if (!scenario.ok) throw new Error(scenario.message);
    return JSON.stringify(await playScenario(scenario.value, seed));
  },
};
(window as unknown as { simulation: SimulationPage }).simulation = page;
