/**
 * The desk with windows: the terminal, and beside it the windows that are open, one above the other; all edges between them
 * move. On a phone there is room for one at a time.
 * @module
 */
import { type ComponentType, Fragment, lazy, type ReactNode, Suspense } from "react";
import { Group, Panel, Separator } from "react-resizable-panels";
import { text } from "../text.ts";
import type { WindowName } from "./place.ts";
import { type TerminalElement, TerminalPlace } from "./terminal-place.tsx";
import type { Places } from "./use-places.ts";
import type { WindowProps } from "./window-frame.tsx";

/** A page that lost its server still has the terminal. */
const Missing = (): ReactNode => <p role="alert">{text.windows.missing}</p>;

/** A window that is fetched when it is opened for the first time. */
function late(load: () => Promise<ComponentType<WindowProps>>): ComponentType<WindowProps> {
  return lazy<ComponentType<WindowProps>>(() =>
    load().then(
      (component) => ({ default: component }),
      () => ({ default: Missing }),
    ),
  );
}

const windows: Readonly<Record<WindowName, ComponentType<WindowProps>>> = {
  wallet: late(() => import("./wallet/wallet-window.tsx").then(({ WalletWindow }) => WalletWindow)),
  messages: late(() => import("./messages/messages-window.tsx").then(({ MessagesWindow }) => MessagesWindow)),
  files: late(() => import("./files/files-window.tsx").then(({ FilesWindow }) => FilesWindow)),
  programs: late(() => import("./programs/programs-window.tsx").then(({ ProgramsWindow }) => ProgramsWindow)),
  explorer: late(() => import("./explorer/explorer-window.tsx").then(({ ExplorerWindow }) => ExplorerWindow)),
  network: late(() => import("./network/network-window.tsx").then(({ NetworkWindow }) => NetworkWindow)),
  settings: late(() => import("./settings/settings-window.tsx").then(({ SettingsWindow }) => SettingsWindow)),
  activity: late(() => import("../activity/activity-window.tsx").then(({ ActivityWindow }) => ActivityWindow)),
};

interface DeskProps extends Pick<WindowProps, "client" | "environment" | "leader" | "enter"> {
  readonly places: Places;
  readonly onClose: (name: WindowName) => void;
  readonly terminal: TerminalElement;
}

/** The windows that are open. */
function Stack({ places, onClose, terminal: _, ...props }: DeskProps) {
  const { open, go } = places;
  return (
    <Group orientation="vertical">
      {open.map(({ window: name, at }, i) => {
        const Window = windows[name];
        return (
          <Fragment key={name}>
            {i === 0 ? null : <Separator aria-label={text.windows.resize} className="edge level" />}
            <Panel id={`place-${name}`} minSize="6rem" className="place">
              <Suspense fallback={<p role="status">{text.windows.loading}</p>}>
                <Window
                  {...props}
                  at={at}
                  go={(to) => go({ window: name, at: to })}
                  goTo={(window, to) => go({ window, at: to })}
                  onClose={() => onClose(name)}
                />
              </Suspense>
            </Panel>
          </Fragment>
        );
      })}
    </Group>
  );
}

/** All of it. */
export function DeskWithWindows(props: DeskProps) {
  return (
    <Group orientation="horizontal" className="desk with-windows">
      <Panel id="place-terminal" minSize="16rem" className="place">
        <TerminalPlace terminal={props.terminal} />
      </Panel>
      <Separator aria-label={text.windows.resize} className="edge" />
      <Panel id="place-windows" defaultSize="26rem" minSize="18rem" className="place">
        <Stack {...props} />
      </Panel>
    </Group>
  );
}
