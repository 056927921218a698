/**
 * What an interface and a node say to each other about how much of the processor may be taken.
 * @module
 */

/** What the user allows. */
export interface ComputeCaps {
  /** Share of each compute thread's time in per cent, 5 to 100. */
  readonly cpuPercent: number;
  readonly pauseInBackground: boolean;
  readonly pauseOnBattery: boolean;
}

/** What the device is doing: the window knows, the node's thread cannot see. */
export interface ComputeSituation {
  /** Whether the page can be seen. */
  readonly visible: boolean;
  /** Null where the browser does not tell. */
  readonly onBattery: boolean | null;
}
