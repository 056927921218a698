/**
 * An answer of the node that a window shows, asked again when something happens that may change it.
 * @module
 */
import { useCallback, useEffect, useState } from "react";
import type { Rejected, Result } from "#protocol/result.ts";
import type { Client, NodeEvent } from "#sdk/contract.ts";

/** What was answered; null while nothing was. A refusal does not take away what was there. */
export interface Answer<Value> {
  readonly value: Value | null;
  readonly refusal: Rejected | null;
}

/** An answer, and a way to ask again at once. */
export interface LiveAnswer<Value> extends Answer<Value> {
  renew(): void;
}

const none: Answer<never> = { value: null, refusal: null };

/** Asks now, after each of the events, and, if told so, every so many milliseconds. `ask` must be the same while the question is. */
export function useAnswer<Value>(
  client: Client,
  ask: () => Promise<Result<Value>>,
  renewOn: readonly NodeEvent["type"][],
  everyMs: number | null = null,
): LiveAnswer<Value> {
  const [answered, setAnswered] = useState<{ readonly ask: typeof ask; readonly answer: Answer<Value> } | null>(null);
  const events = renewOn.join();
  const renew = useCallback((): void => {
    void ask().then((result) => {
      setAnswered((before) => {
        const value = before?.ask === ask ? before.answer.value : null;
        return { ask, answer: result.ok ? { value: result.value, refusal: null } : { value, refusal: result } };
      });
    });
  }, [ask]);
  useEffect(() => {
    renew();
    const unsubscribe = client.subscribe(({ type }) => {
      if (events.split(",").includes(type)) renew();
    });
    // Nobody looks at a hidden page; what changed meanwhile is asked when it is seen again.
    const renewSeen = (): void => {
      if (document.visibilityState === "visible") renew();
    };
    const timer = everyMs === null ? null : setInterval(renewSeen, everyMs);
    document.addEventListener("visibilitychange", renewSeen);
    return () => {
      unsubscribe();
      if (timer !== null) clearInterval(timer);
      document.removeEventListener("visibilitychange", renewSeen);
    };
  }, [client, renew, events, everyMs]);
  // What was answered to another question is no answer to this one.
  return { ...(answered?.ask === ask ? answered.answer : none), renew };
}
