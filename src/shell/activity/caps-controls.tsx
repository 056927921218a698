/**
 * Controls of how much may be computed. Each shows the command it runs; what it shows is what the node holds.
 * @module
 */
import { useState } from "react";
import { type ActivityView, cpuPercentRange } from "#sdk/compute.ts";
import { text } from "../text.ts";
import { capCommands } from "./activity-words.ts";

interface ControlProps {
  readonly view: ActivityView;
  readonly run: (command: string) => void;
}

/** The share of each thread. Runs its command when the user lets go, not at every step on the way. */
function ShareControl({ view, run }: ControlProps) {
  /** Where the user has drawn it to; null: the node's word counts. */
  const [drawn, setDrawn] = useState<number | null>(null);
  const percent = drawn ?? view.caps.cpuPercent;
  const letGo = (): void => {
    if (drawn !== null && drawn !== view.caps.cpuPercent) run(capCommands.cpu(drawn));
    setDrawn(null);
  };
  return (
    <label className="cap">
      <span>
        {text.activity.share} <strong>{percent} %</strong>
      </span>
      <input
        type="range"
        min={cpuPercentRange.least}
        max={cpuPercentRange.most}
        step={1}
        value={percent}
        onChange={(event) => setDrawn(Number(event.target.value))}
        onPointerUp={letGo}
        onKeyUp={letGo}
        onBlur={letGo}
      />
      <code>{capCommands.cpu(percent)}</code>
    </label>
  );
}

interface PauseProps {
  readonly label: string;
  readonly note?: string;
  readonly pauses: boolean;
  readonly command: (pauses: boolean) => string;
  readonly run: (command: string) => void;
}

function PauseControl({ label, note, pauses, command, run }: PauseProps) {
  return (
    <label className="cap">
      <span>
        <input type="checkbox" checked={pauses} onChange={() => run(command(!pauses))} /> {label}
      </span>
      {note === undefined ? null : <small>{note}</small>}
      <code>{command(!pauses)}</code>
    </label>
  );
}

/** All of them. */
export function CapsControls({ view, run }: ControlProps) {
  const { pauseInBackground, pauseOnBattery, pauseWhileTyping } = view.caps;
  return (
    <fieldset>
      <legend>{text.activity.caps}</legend>
      <ShareControl view={view} run={run} />
      <PauseControl
        label={text.activity.pauseInBackground}
        pauses={pauseInBackground}
        command={capCommands.background}
        run={run}
      />
      <PauseControl
        label={text.activity.pauseOnBattery}
        {...(view.onBattery === null ? { note: text.activity.batteryUnknown } : {})}
        pauses={pauseOnBattery}
        command={capCommands.battery}
        run={run}
      />
      <PauseControl
        label={text.activity.pauseWhileTyping}
        note={text.activity.typingNote}
        pauses={pauseWhileTyping}
        command={capCommands.typing}
        run={run}
      />
    </fieldset>
  );
}
