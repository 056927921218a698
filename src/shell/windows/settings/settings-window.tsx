/**
 * Settings: how the page looks. Each choice shows the command that makes it.
 * @module
 */
import { useEffect, useState } from "react";
import { type Appearance, appearanceChoices } from "../../appearance.ts";
import { appearanceCommandFor } from "../../commands/appearance.ts";
import { text } from "../../text.ts";
import { useRun } from "../use-run.ts";
import { LastCommand, WindowFrame, type WindowProps } from "../window-frame.tsx";

const words = text.windows.settingsWords;

interface ChoiceProps<Name extends keyof Appearance> {
  readonly name: Name;
  readonly chosen: Appearance[Name];
  readonly run: (command: string) => void;
}

function Choice<Name extends keyof Appearance>({ name, chosen, run }: ChoiceProps<Name>) {
  return (
    <fieldset>
      <legend>{words.legends[name]}</legend>
      {appearanceChoices[name].map((choice) => {
        const command = appearanceCommandFor({ [name]: choice });
        return (
          <label key={choice} className="cap">
            <span>
              <input type="radio" name={name} checked={choice === chosen} onChange={() => run(command)} />{" "}
              {words.choices[choice]}
            </span>
            <code>{command}</code>
          </label>
        );
      })}
    </fieldset>
  );
}

/** The window. */
export function SettingsWindow({ client, environment, onClose }: WindowProps) {
  const control = environment.appearance;
  const [appearance, setAppearance] = useState(control.current());
  useEffect(() => control.follow(setAppearance), [control]);
  const { ran, run } = useRun(client, environment, () => undefined);
  return (
    <WindowFrame name="settings" busy={false} onClose={onClose}>
      <p>{words.lead}</p>
      <Choice name="theme" chosen={appearance.theme} run={run} />
      <Choice name="text" chosen={appearance.text} run={run} />
      <LastCommand ran={ran} />
      <p>{words.elsewhere}</p>
    </WindowFrame>
  );
}
