/**
 * What a test may ask of the page that runs the simulator.
 */

/** The page's functions. */
export interface SimulationPage {
  /** Plays a scenario, as JSON text, with a seed; gives the report as JSON text. */
  play(scenario: string, seed: number): Promise<string>;
}
