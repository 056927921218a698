/**
 * `install`, `update`: the app itself, with a window of its own, without a network, and how a newer build takes over; and
 * what `doctor` says about them.
 * @module
 */
import type { Finding } from "#sdk/contract.ts";
import type { AppState, InstallWay } from "#sdk/installed-app.ts";
import { buildDate } from "../format.ts";
import { type Command, type CommandContext, isYes } from "./command.ts";

/** What to do by hand. */
const steps: Readonly<Record<Exclude<InstallWay, "prompt">, string>> = {
  ios: "On this device: open this page in Safari, touch Share (the square with an arrow), then Add to Home Screen, then Add. Open the new icon: it has its own storage, so make your keys there.",
  menu: "This browser has not offered it. Look in its menu for Install, Add to Home Screen or Add to Dock; a private window, or a page without HTTPS, cannot be installed.",
};

/** What installing is for. */
export const whyInstall =
  "An installed app has a window of its own, starts without a network, and browsers do not throw away its data when space runs short. Nothing is downloaded that this page has not loaded.";

/** Lets the browser ask. Its dialogue may stay open for ever; Ctrl-C ends the wait, and what it still comes to counts. */
async function installNow({ environment: { app }, interrupted, print }: CommandContext): Promise<boolean> {
  const answer = await Promise.race([app.install(), interrupted.then(() => "dismissed" as const)]);
  if (answer === "accepted") print("Installed. Its window opens from your device's list of apps.", "good");
  else print("Not installed; everything works as before. Your browser's menu still offers it.");
  return answer === "accepted";
}

/**
 * Offers the installation to who is about to make keys, once in a session and where it can be had: a question with an answer
 * of its own. False if the keys are not to be made now.
 */
export async function offerInstall(context: CommandContext): Promise<boolean> {
  if (!context.isByHand) return true;
  const { installed, installWay } = context.environment.app.state();
  if (installed || installWay === "menu" || !context.isFirst("install-offer")) return true;
  context.print(
    installWay === "ios"
      ? "On this device an installed app has storage of its own: keys that you make in this page are not in the app. So install first, or stay with the page."
      : "Before that: installed as an app, your keys are not thrown away when space runs short, and all starts without a network. Nothing needs it.",
  );
  const said = await context.ask("Install the app first? [y/N] ");
  if (said === null) return false;
  if (!isYes(said)) return true;
  if (installWay === "prompt") {
    await installNow(context);
    return !context.job.isStopped;
  }
  context.print(steps.ios);
  return false;
}

const install: Command = {
  name: "install",
  group: "system",
  summary: "makes this page an app of your device",
  usage: "install",
  options: {},
  examples: ["install"],
  spec: { positionals: { least: 0, most: 0 } },
  run: async (context) => {
    const { print } = context;
    const { installed, installWay } = context.environment.app.state();
    if (installed) {
      print("This is the installed app.", "good");
      return 0;
    }
    if (installWay !== "prompt") {
      print(`${whyInstall}\n${steps[installWay]}`);
      return 0;
    }
    return (await installNow(context)) ? 0 : 1;
  },
};

async function switchOver(context: CommandContext, to: number): Promise<number> {
  const { app } = context.environment;
  const running = context.jobs.list().length;
  const others = running === 1 ? "The line that runs" : `The ${running} lines that run`;
  if (running > 0 && !(await context.confirm(`${others} behind the prompt would end. Switch now?`))) {
    context.print("Not switched. It waits; `update` again when you are ready.");
    return 1;
  }
  context.print(`Switching to the build of ${buildDate(to)}. The chain, your keys and files stay as they are.`);
  app.update();
  return 0;
}

const update: Command = {
  name: "update",
  group: "system",
  summary: "switches to a newer build of the app",
  usage: "update [--json]",
  options: { "--json": "only tell where the app stands, as one line of JSON" },
  examples: ["update", "update --json"],
  spec: { flags: ["json"], positionals: { least: 0, most: 0 } },
  run: async (context, { flags }) => {
    const { app } = context.environment;
    await app.look();
    const state = app.state();
    if (flags.has("json")) {
      context.json(state);
      return 0;
    }
    const next = state.waiting ?? state.elsewhere;
    if (next !== null) return switchOver(context, next);
    for (const { detail, advice } of appFindings(state).filter(({ name }) => name === "build"))
      context.print(`${detail}${advice === "" ? "" : `\n${advice}`}`);
    return 0;
  },
};

function buildFinding({ build, waiting, elsewhere, refused }: AppState): Finding {
  const name = "build";
  if (build === null)
    return { name, level: "warning", detail: "this page does not say which build it is", advice: "Reload it." };
  const own = `build of ${buildDate(build)}`;
  if (refused !== null)
    return {
      name,
      level: "warning",
      detail: `${own}; the server offers an older one, of ${buildDate(refused)}, which was refused`,
      advice:
        "What runs here goes on. If the older one is meant, delete this site's data in your browser first (that deletes keys: back up with `id backup`).",
    };
  if (waiting !== null)
    return { name, level: "good", detail: `${own}; one of ${buildDate(waiting)} waits`, advice: "Type `update`." };
  if (elsewhere !== null)
    return {
      name,
      level: "warning",
      detail: `${own}; another tab has switched to one of ${buildDate(elsewhere)}`,
      advice: "Type `update` here too, when it suits you.",
    };
  return { name, level: "good", detail: `${own}, the newest`, advice: "" };
}

const offlineWords: Readonly<Record<AppState["offlineStart"], string>> = {
  ready: "starts without a network",
  preparing: "being prepared",
  unavailable:
    "needs the network to start: no service worker here (a private window, a setting or an extension that blocks them, or a server without one)",
};

/** What `doctor` says about the app. */
export function appFindings(state: AppState): readonly Finding[] {
  return [
    buildFinding(state),
    {
      name: "offline start",
      level: state.offlineStart === "unavailable" ? "warning" : "good",
      detail: offlineWords[state.offlineStart],
      advice: state.offlineStart === "unavailable" ? "Open it over HTTPS in a normal window." : "",
    },
    {
      name: "installed",
      level: "good",
      detail: state.installed ? "an app of this device" : "a page of the browser",
      advice: state.installed ? "" : "`install` makes it an app, whose data browsers keep.",
    },
  ];
}

/** Commands about the app itself. */
export const installedCommands: readonly Command[] = [install, update];
