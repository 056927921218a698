/**
 * Keys that keyboards of phones lack: complete, recall, move, paste. Shown where a finger is what points.
 * @module
 */
import { text } from "../text.ts";

/** What these keys do. */
export interface KeyControls {
  /** Does what a key does that sends this. */
  press(data: string): void;
  /** Puts in what was copied, if the browser lets us read it. */
  paste(): Promise<void>;
}

/** What terminals send for them. */
const keys = [
  { shown: "Tab", name: text.keys.complete, data: "\t" },
  { shown: "↑", name: text.keys.earlier, data: "\x1b[A" },
  { shown: "↓", name: text.keys.later, data: "\x1b[B" },
  { shown: "←", name: text.keys.left, data: "\x1b[D" },
  { shown: "→", name: text.keys.right, data: "\x1b[C" },
] as const;

/** The row of keys. */
export function TouchKeys({
  controls,
  onFind,
}: {
  readonly controls: KeyControls | null;
  /** Opens the search in what the terminal has shown. */
  readonly onFind?: () => void;
}) {
  return (
    <div className="touch-keys" role="toolbar" aria-label={text.keys.all}>
      {keys.map(({ shown, name, data }) => (
        <button
          key={name}
          type="button"
          aria-label={name}
          disabled={controls === null}
          // The phone's keyboard stays as it is.
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => controls?.press(data)}
        >
          {shown}
        </button>
      ))}
      <button
        type="button"
        disabled={controls === null}
        onMouseDown={(event) => event.preventDefault()}
        onClick={() => void controls?.paste()}
      >
        {text.keys.paste}
      </button>
      <button type="button" disabled={controls === null} onClick={onFind}>
        {text.keys.find}
      </button>
    </div>
  );
}
