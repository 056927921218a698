/**
 * An answer of the node that a window shows, asked again when something happens that may change it.
 * @module
 */
import { useCallback, useEffect, useRef, useState } from "react";
import type { Rejected, Result } from "#protocol/result.ts";
import type { Client, NodeEvent } from "#sdk/contract.ts";
import { renewOnPage } from "./renewal.ts";

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

/** Asks now, after each of the events, and, if told so, every so many milliseconds; while the page is hidden not at all. `ask` must be the same while the question is. */
export function useAnswer<Value>(
  client: Client,
  ask: () => Promise<Result<Value>>,
  renewOn: readonly NodeEvent["type"][],
  everyMs: number | null = null,
): LiveAnswer<Value> {
  const [answered, setAnswered] = useState<{ readonly ask: typeof ask; readonly answer: Answer<Value> } | null>(null);
  const events = renewOn.join();
  const wanted = useRef((): void => undefined);
  useEffect(() => {
    let isAsked = true;
    const renewNow = async (): Promise<void> => {
      const result = await ask();
      if (!isAsked) return;
      setAnswered((before) => {
        const value = before?.ask === ask ? before.answer.value : null;
        return { ask, answer: result.ok ? { value: result.value, refusal: null } : { value, refusal: result } };
      });
    };
    const types = events.split(",");
    const stop = renewOnPage(renewNow, everyMs, (want) => {
      wanted.current = want;
      return client.subscribe(({ type }) => {
        if (types.includes(type)) want();
      });
    });
    return () => {
      isAsked = false;
      stop();
    };
  }, [client, ask, events, everyMs]);
  const renew = useCallback((): void => wanted.current(), []);
  // What was answered to another question is no answer to this one.
  return { ...(answered?.ask === ask ? answered.answer : none), renew };
}
