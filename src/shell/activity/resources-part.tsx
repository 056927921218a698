/**
 * Storage and traffic in the window of activity, and their caps. Each control shows the command it runs.
 * @module
 */
import { useState } from "react";
import type { ResourcesView } from "#sdk/resources.ts";
import { bytes } from "../format.ts";
import { text } from "../text.ts";
import { resourceCapCommands, servedWords, storagePartsWords, storageWords, trafficWords } from "./resource-words.ts";

const words = text.activity;

interface PartProps {
  readonly view: ResourcesView;
  readonly run: (command: string) => void;
}

interface SizeCapProps {
  readonly label: string;
  readonly note: string;
  /** The cap that holds, as it would be typed. */
  readonly holds: string;
  readonly command: (size: string) => string;
  readonly run: (command: string) => void;
}

/** A size that is typed; the command that stands beside it runs when it is set. */
function SizeCap({ label, note, holds, command, run }: SizeCapProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const size = (typed ?? holds).trim();
  return (
    <form
      className="cap"
      onSubmit={(event) => {
        event.preventDefault();
        // A word with a blank or a sign in it would be another command.
        if (/^[\w.]+$/.test(size)) run(command(size));
        setTyped(null);
      }}
    >
      <label>
        {label} <input type="text" size={8} value={typed ?? holds} onChange={({ target }) => setTyped(target.value)} />
      </label>
      <button type="submit">
        {words.setCap} <code>{command(size)}</code>
      </button>
      <small>{note}</small>
    </form>
  );
}

/** A size as it is typed: "200MB". */
function sizeText(size: number | null): string {
  if (size === null) return words.noCap;
  for (const [unit, factor] of [
    ["GB", 1e9],
    ["MB", 1e6],
    ["kB", 1e3],
  ] as const)
    if (size >= factor && size % (factor / 1_000) === 0) return `${size / factor}${unit}`;
  return `${size}`;
}

/** All of it. */
export function ResourcesPart({ view, run }: PartProps) {
  const { storage, caps } = view;
  const facts = [
    [words.storage, storageWords(view), storagePartsWords(view)],
    [words.traffic, trafficWords(view), words.trafficNote],
    [words.served, servedWords(view), words.servedNote],
  ] as const;
  return (
    <>
      <dl>
        {facts.map(([name, value, note]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {value}
              <small>{note}</small>
            </dd>
          </div>
        ))}
      </dl>
      <fieldset>
        <legend>{words.resources}</legend>
        <SizeCap
          label={words.storageCap}
          note={`${words.storageCapNote} ${bytes(storage.leastCapBytes)}`}
          holds={sizeText(caps.storageBytes)}
          command={resourceCapCommands.storage}
          run={run}
        />
        <SizeCap
          label={words.serveCap}
          note={words.serveCapNote}
          holds={sizeText(caps.servedBytesPerSecond)}
          command={resourceCapCommands.serve}
          run={run}
        />
      </fieldset>
    </>
  );
}
