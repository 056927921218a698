/**
 * The window of activity: what is computed now, why not, what it costs, how much it may, what else is under way, and stop.
 * @module
 */
import type { ActivityView } from "#sdk/compute.ts";
import { text, trustLabel } from "../text.ts";
import { LastCommand, WindowFrame, type WindowProps } from "../windows/window-frame.tsx";
import {
  blocksWords,
  energyBasis,
  energyWords,
  paidWords,
  producingWords,
  proofWords,
  sampleWords,
  searchWords,
  weightWords,
} from "./activity-words.ts";
import { CapsControls } from "./caps-controls.tsx";
import { ResourcesPart } from "./resources-part.tsx";
import { RunningPart } from "./running-part.tsx";
import { useActivity } from "./use-activity.ts";

const words = text.activity;

interface FactProps {
  readonly name: string;
  readonly value: string;
  readonly note: string;
  /** Share done, 0 to 1; null: nothing to show a bar for. */
  readonly share?: number | null;
}

function Fact({ name, value, note, share = null }: FactProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        {share === null ? null : <progress aria-label={name} max={1} value={share} />}
        <small>{note}</small>
      </dd>
    </div>
  );
}

function Facts({ view }: { readonly view: ActivityView }) {
  const { work, energy } = view;
  return (
    <dl>
      <Fact name={words.sample} value={sampleWords(work.sample)} note={words.sampleNote} />
      <Fact name={words.proof} value={proofWords(work)} note={words.proofNote} share={work.progress?.share ?? null} />
      <Fact name={words.search} value={searchWords(view.search)} note={words.searchNote} />
      <Fact name={words.weight} value={weightWords(view.proposer)} note={words.weightNote} />
      <Fact name={words.paid} value={paidWords(view.proposer)} note={words.paidNote} />
      <Fact name={words.blocks} value={blocksWords(view)} note={words.blocksNote} />
      <Fact name={words.energy} value={energyWords(energy)} note={energyBasis(energy)} />
      <Fact name={words.trust} value={trustLabel} note={words.trustNote} />
    </dl>
  );
}

function Switch({ producing, run }: { readonly producing: boolean; readonly run: (command: string) => void }) {
  const command = producing ? "role produce off" : "role produce on";
  return (
    <button type="button" className={producing ? "stop" : "start"} onClick={() => run(command)}>
      {producing ? words.stop : words.start} <code>{command}</code>
    </button>
  );
}

/** The window. */
export function ActivityWindow({ client, environment, leader, running, onClose }: WindowProps) {
  const { view, resources, ran, run } = useActivity(client, environment);
  return (
    <WindowFrame name="activity" busy={view === null} onClose={onClose}>
      <p>{words.lead}</p>
      {leader ? null : <p>{words.follows}</p>}
      {view === null ? null : (
        <>
          <p className="state">
            {words.making} <strong>{producingWords(view)}</strong>
          </p>
          <Switch producing={view.producing} run={run} />
          <LastCommand ran={ran} />
          <Facts view={view} />
          <RunningPart {...{ client, environment, running }} />
          <CapsControls view={view} run={run} />
          {resources === null ? null : <ResourcesPart view={resources} run={run} />}
        </>
      )}
    </WindowFrame>
  );
}
