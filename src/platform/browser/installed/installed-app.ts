/**
 * The window's side of the installed app: registers the service worker once the page has come to rest, hears which
 * build waits, was switched to elsewhere or is refused, and passes on the browser's offer to install. Where there is no
 * service worker (private windows, no HTTPS, a server without one) the app works as ever, only not offline.
 * @module
 */
import type { AppState, HandedOver, InstallAnswer, InstalledApp, InstallWay, OpenedFile } from "#sdk/installed-app.ts";
import { serviceWorkerPath } from "../trusted-types.ts";
import { lockOfBuild, readBuild } from "./builds.ts";
import { handedOverIn, withoutHandedOver } from "./handed-over.ts";
import { OpenedFiles } from "./opened-files.ts";
import { readNewestBuild, type WindowWord, type WorkerWord } from "./worker-words.ts";

/** Tabs that stay open ask for a newer build this often. */
const lookEveryMs = 3_600_000;

/** The page is at rest by then even if the browser never says so. */
const restWithinMs = 5_000;

/** How long a worker may take to say which build it is. */
const answerWithinMs = 5_000;

/** The browser's offer, as Chromium's browsers make it. */
interface InstallOffer extends Event {
  prompt(): Promise<{ readonly outcome: "accepted" | "dismissed" }>;
}

/** The build a page is of. */
export function pageBuild(document: Document): number | null {
  return readBuild(document.querySelector<HTMLMetaElement>('meta[name="aether-build"]')?.content);
}

/** The browser's service workers; undefined where it has none, or does not let this page have any. */
export function workersOf(navigator: Navigator): ServiceWorkerContainer | undefined {
  try {
    return navigator.serviceWorker as ServiceWorkerContainer | undefined;
  } catch {
    return undefined;
  }
}

/** Asks a worker which build it is. */
function buildOf(worker: ServiceWorker): Promise<number | null> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const give = (build: number | null): void => {
      port1.close();
      resolve(build);
    };
    const timer = setTimeout(() => give(null), answerWithinMs);
    port1.onmessage = ({ data }: MessageEvent<WorkerWord>) => {
      clearTimeout(timer);
      give(data.build);
    };
    worker.postMessage({ type: "which" } satisfies WindowWord, [port2]);
  });
}

function isStandalone(window: Window): boolean {
  const modes = ["standalone", "window-controls-overlay", "minimal-ui", "fullscreen"];
  const onIos = (window.navigator as { readonly standalone?: boolean }).standalone === true;
  return onIos || modes.some((mode) => window.matchMedia(`(display-mode: ${mode})`).matches);
}

/** Resolves when the page has loaded and the browser has nothing more urgent to do. */
function atRest(window: Window): Promise<void> {
  return new Promise((resolve) => {
    const wait = (): void => {
      if ("requestIdleCallback" in window) window.requestIdleCallback(() => resolve(), { timeout: restWithinMs });
      else setTimeout(resolve, restWithinMs);
    };
    if (window.document.readyState === "complete") wait();
    else window.addEventListener("load", wait, { once: true });
  });
}

/** The app in one window. */
class WindowApp implements InstalledApp {
  private readonly window: Window;
  private readonly started: Promise<void>;
  private readonly listeners = new Set<() => void>();
  private current: AppState;
  private offer: InstallOffer | null = null;
  private registration: ServiceWorkerRegistration | null = null;
  private handedOver: HandedOver | null;
  private isUpdating = false;
  private readonly openedFiles: OpenedFiles;

  constructor(window: Window, started: Promise<void>) {
    this.window = window;
    this.started = started;
    this.openedFiles = new OpenedFiles(window);
    const installWay: InstallWay = "standalone" in window.navigator ? "ios" : "menu";
    const build = pageBuild(window.document);
    const quiet = { waiting: null, elsewhere: null, refused: null };
    this.current = { build, installed: isStandalone(window), installWay, offlineStart: "preparing", ...quiet };
    this.handedOver = handedOverIn(window.location);
    // What was taken is not taken again by a reload, nor kept in the browser's history.
    if (this.handedOver !== null) window.history.replaceState(null, "", withoutHandedOver(window.location));
  }

  state(): AppState {
    return this.current;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onOpenedFile(listener: (file: OpenedFile) => void): () => void {
    return this.openedFiles.follow(listener);
  }

  takeHandedOver(): HandedOver | null {
    const taken = this.handedOver;
    this.handedOver = null;
    return taken;
  }

  async install(): Promise<InstallAnswer> {
    const { offer } = this;
    if (offer === null) return "unavailable";
    // A browser's offer can be used once.
    this.offer = null;
    this.change({ installWay: "menu" });
    const { outcome } = await offer.prompt();
    return outcome;
  }

  async look(): Promise<void> {
    await this.registration?.update().catch(() => undefined);
    const coming = this.registration?.installing;
    if (coming) await new Promise<void>((resolve) => whenSettled(coming, resolve));
    await this.readWorkers();
  }

  update(): void {
    const waiting = this.registration?.waiting;
    if (!waiting) return this.window.location.reload();
    this.isUpdating = true;
    waiting.postMessage({ type: "activate" } satisfies WindowWord);
  }

  /** Follows browser and worker. */
  async start(): Promise<void> {
    const { window } = this;
    window.addEventListener("beforeinstallprompt", (event) => {
      event.preventDefault();
      this.offer = event as InstallOffer;
      this.change({ installWay: "prompt" });
    });
    window.addEventListener("appinstalled", () => this.change({ installed: true }));
    const { build } = this.current;
    const workers = workersOf(window.navigator);
    if (workers === undefined || build === null) return this.change({ offlineStart: "unavailable" });
    void window.navigator.locks.request(lockOfBuild(build), { mode: "shared" }, () => new Promise(() => undefined));
    workers.addEventListener("message", ({ data }: MessageEvent<WorkerWord>) => {
      if (data.type === "refused") this.change({ refused: data.build });
    });
    workers.addEventListener("controllerchange", () => {
      if (this.isUpdating) window.location.reload();
      else void this.readWorkers();
    });
    workers.startMessages();
    // All files of the app are loaded and checked then: that takes the processor from whoever waits for the first peer.
    await this.started;
    await atRest(window);
    await this.register(workers);
  }

  private async register(workers: ServiceWorkerContainer): Promise<void> {
    // No such file, no room, or not allowed here; what blocks workers may also answer with nothing.
    const registered = workers.register(serviceWorkerPath, { updateViaCache: "none" });
    const registration = ((await registered.catch(() => null)) ?? null) as ServiceWorkerRegistration | null;
    this.registration = registration;
    if (registration === null) return this.change({ offlineStart: "unavailable" });
    const follow = (): void => {
      if (registration.installing) whenSettled(registration.installing, () => void this.readWorkers());
    };
    registration.addEventListener("updatefound", follow);
    follow();
    await this.readWorkers();
    // The browser looks for a newer worker at each navigation, but what that one says may come before this page listens.
    if (registration.active !== null) await this.look();
    setInterval(() => void this.look(), lookEveryMs);
  }

  /** Asks the workers which builds they are. */
  private async readWorkers(): Promise<void> {
    const { registration, current } = this;
    if (registration === null || current.build === null) return;
    const { active, waiting } = registration;
    const runs = active === null ? null : await buildOf(active);
    const waits = waiting === null ? null : await buildOf(waiting);
    const newest = (await readNewestBuild(this.window.caches).catch(() => null)) ?? 0;
    this.change({
      offlineStart: runs === null ? (registration.installing ? "preparing" : "unavailable") : "ready",
      waiting: waits !== null && waits !== current.build ? waits : null,
      elsewhere: runs !== null && runs > current.build ? runs : null,
      // A page that was loaded past the worker is as old as the server's.
      ...(current.build < newest &&
      runs !== null &&
      newest === runs &&
      (workersOf(this.window.navigator)?.controller ?? null) === null
        ? { refused: current.build, elsewhere: null }
        : {}),
    });
  }

  private change(change: Partial<AppState>): void {
    this.current = { ...this.current, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}

/** Calls back once a worker is installed, or has failed. */
function whenSettled(worker: ServiceWorker, settled: () => void): void {
  const look = (): void => {
    if (worker.state === "installing") return;
    worker.removeEventListener("statechange", look);
    settled();
  };
  worker.addEventListener("statechange", look);
  look();
}

/**
 * Starts watching; to be called before the page's `load` event, after which browsers make their offer. The app's files are
 * loaded for a start without a network once `started` has resolved.
 */
export function watchInstalledApp(window: Window, started: Promise<void>): InstalledApp {
  const app = new WindowApp(window, started);
  void app.start();
  return app;
}
