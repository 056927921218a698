/**
 * Beside the title: in which space the person is, and the way to another.
 * @module
 */
import { useCallback, useEffect } from "react";
import type { Client } from "#sdk/contract.ts";
import { type SpaceName, spaceNames } from "#sdk/spaces.ts";
import { text } from "./text.ts";
import { useAnswer } from "./windows/use-answer.ts";

/** What may change it. */
const renewing = ["vault", "leader"] as const;

/** The chosen space; null while there is no identity. The page takes its colours. */
export function useSpace(client: Client): SpaceName | null {
  const ask = useCallback(() => client.vaultStatus(), [client]);
  const { value } = useAnswer(client, ask, renewing);
  const space = value?.exists === true ? value.space : null;
  useEffect(() => {
    document.documentElement.dataset["space"] = space ?? spaceNames[0];
  }, [space]);
  return space;
}

interface SpaceSwitchProps {
  readonly space: SpaceName | null;
  readonly choose: (space: SpaceName) => void;
}

/** The field. Who has no identity yet has nothing to choose. */
export function SpaceSwitch({ space, choose }: SpaceSwitchProps) {
  if (space === null) return null;
  return (
    <select
      aria-label={text.space}
      className="space"
      value={space}
      onChange={({ target }) => {
        const chosen = spaceNames.find((name) => name === target.value);
        if (chosen !== undefined) choose(chosen);
      }}
    >
      {spaceNames.map((name) => (
        <option key={name} value={name}>
          {text.spaces[name]}
        </option>
      ))}
    </select>
  );
}
