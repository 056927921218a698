/**
 * Tells whether somebody is using a page of this profile right now: keys, clicks, touch, wheel. Each page passes what it
 * sees to the page that runs the node. Events cost next to nothing: what they cause is bounded by time, not by their number.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import { browserClock } from "./system.ts";

/** What counts as use. Mere movements of a pointer do not: who watches work being done would stop it. */
const events = ["keydown", "input", "pointerdown", "touchmove", "wheel"] as const;

/** A page in use says so this often at most. */
const pulseEveryMs = 400;

/** After the last pulse a page counts as in use for so long: longer than people wait between two words. */
export const quietAfterMs = 1_500;

/** The part of a BroadcastChannel used here: one for all pages of the profile; it does not hear itself. */
export interface PulseChannel {
  postMessage(message: null): void;
  addEventListener(type: "message", listener: () => void): void;
}

/**
 * Watches a page for its life, and the other pages over their channel. What comes back is for who runs the node: it tells
 * of beginnings and ends of use.
 */
export function watchUse(
  page: Pick<EventTarget, "addEventListener">,
  channel: PulseChannel,
  clock: Pick<Clock, "schedule"> = browserClock,
): (tell: (inUse: boolean) => void) => void {
  let mayPulse = true;
  let heard = (): void => undefined;
  const onEvent = (): void => {
    if (!mayPulse) return;
    mayPulse = false;
    clock.schedule(pulseEveryMs, () => {
      mayPulse = true;
    });
    channel.postMessage(null);
    heard();
  };
  for (const type of events) page.addEventListener(type, onEvent, { capture: true, passive: true });
  return (tell) => {
    let cancelEnd: (() => void) | null = null;
    heard = () => {
      if (cancelEnd === null) tell(true);
      else cancelEnd();
      cancelEnd = clock.schedule(quietAfterMs, () => {
        cancelEnd = null;
        tell(false);
      });
    };
    channel.addEventListener("message", () => heard());
  };
}
