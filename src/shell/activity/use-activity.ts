/**
 * What the window of activity stands on: the node's newest word, and commands run for the user.
 * @module
 */
import { useCallback } from "react";
import type { ActivityView } from "#sdk/compute.ts";
import type { Client } from "#sdk/contract.ts";
import type { ResourcesView } from "#sdk/resources.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import { useAnswer } from "../windows/use-answer.ts";
import { type Ran, useRun } from "../windows/use-run.ts";

/** The window is renewed this often while it is open. */
const renewEveryMs = 1_000;

/** The window hears of traffic that often. */
const renewResourcesEveryMs = 2_000;

/** The newest view, a way to run a command as if it were typed, and the command run last. */
export function useActivity(
  client: Client,
  environment: ShellEnvironment,
): {
  readonly view: ActivityView | null;
  readonly resources: ResourcesView | null;
  readonly ran: Ran | null;
  run(command: string): void;
} {
  const ask = useCallback(() => client.activity(), [client]);
  const askResources = useCallback(() => client.resources(), [client]);
  const { value, renew } = useAnswer(client, ask, [], renewEveryMs);
  const { value: resources, renew: renewResources } = useAnswer(client, askResources, [], renewResourcesEveryMs);
  const renewAll = useCallback(() => {
    renew();
    renewResources();
  }, [renew, renewResources]);
  return { view: value, resources, ...useRun(client, environment, renewAll) };
}
