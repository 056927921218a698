/**
 * One client for the shell, whatever part this tab plays: it leads and runs the node itself, or it follows and talks to
 * the leading tab over a BroadcastChannel of its own. When the leader goes the follower takes over, under the same client.
 * @module
 */
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { Client, NodeEvent, NodeRequests, VaultRequests } from "#sdk/contract.ts";
import { connect, sendEvent, serve } from "#sdk/rpc.ts";
import { joinClient, vaultRequestNames } from "./leader-session.ts";
import { holdForLife, type Locks, takePart, whenReleased } from "./leadership.ts";

/** How long a request waits for a node to appear. */
const patienceMs = 20_000;

/** Followers served at once. */
const mostFollowers = 32;

/** What a session needs. */
export interface SessionParts {
  readonly name: string;
  readonly locks: Locks;
  /** The build that runs in this tab: tabs of two builds do not share a node. Null where the page does not say. */
  readonly build: number | null;
  /** Starts the node in this tab. */
  startLeader(): Promise<Result<Client>>;
}

type Hail =
  | { readonly type: "follower"; readonly id: string; readonly build: number | null }
  | { readonly type: "leader" }
  /** To a follower that is not served: the leader's build. */
  | { readonly type: "other-build"; readonly id: string; readonly build: number | null };

/** What a tab says that is not served by a leader of another build. */
function otherBuild(own: number | null, leaders: number | null): Rejected {
  const isNewer = (leaders ?? 0) > (own ?? 0);
  const message = isNewer
    ? "Another tab has the node and runs a newer build of this app. Nothing is lost, and nothing was done: reload this tab, and both are of one build."
    : "Another tab has the node and runs an older build of this app. Nothing is lost, and nothing was done: reload that tab or close it, and this one goes on.";
  return rejected("disconnected", message);
}

/** Requests that must not be made twice: the first may have succeeded unheard. All others come to the same either way. */
const onceOnly: ReadonlySet<string> = new Set([
  "createVault",
  "restoreVault",
  "restoreBackup",
  "changePassphrase",
  "addPasskey",
  "removeContact",
  "makeDocument",
  "forgetDocument",
  "beginRecovery",
  "finishRecovery",
  "pairConfirm",
  "pairTake",
  "removeDevice",
  "beginRotation",
  "finishRotation",
]);

/** Names of all requests, for serving them to followers. */
const requestNames: readonly (keyof NodeRequests | keyof VaultRequests)[] = [
  "status",
  "peers",
  "blocks",
  "block",
  "transaction",
  "sendTransaction",
  "mempool",
  "coins",
  "stateProof",
  "succession",
  "proofJob",
  "proofReceipt",
  "finality",
  "stateDocument",
  "validators",
  "stakes",
  "votingKey",
  "memoryOffers",
  "leases",
  "processes",
  "receipts",
  "process",
  "verifyReceipt",
  "setRole",
  "setRewardKey",
  "activity",
  "setCaps",
  "resources",
  "setResourceCaps",
  "doctor",
  "receiveMail",
  "mailKey",
  "sendMail",
  "collectMail",
  "mail",
  "sentMail",
  "markMailRead",
  "deleteMail",
  "fileKeepers",
  "placeStripe",
  "fetchStripe",
  "locateStripes",
  "releaseStripes",
  "pinStripes",
  "renewedUntil",
  "storageOffers",
  "answerableBlocks",
  "auditedBytes",
  "rememberDeal",
  "storageDeals",
  "storageOffer",
  "offerStorage",
  "ipfsPeers",
  "ipfsConnect",
  "ipfsBlock",
  "holdDocument",
  "appendUpdate",
  "documentNews",
  "tellPresence",
  "documentRotations",
  "rotateDocument",
  "documentStanding",
  "dropDocument",
  "pairNext",
  "pairReply",
  "pairAsk",
  "showDevices",
  "shownDevices",
  "devicePeers",
  "askDevice",
  "answerDevice",
  ...vaultRequestNames,
];

/** Resolves when the node has a peer or another tab leads; after so long in any case: a node may be alone. */
export function whenJoined(client: Pick<Client, "subscribe">, withinMs: number): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(settle, withinMs);
    const unsubscribe = client.subscribe((event) => {
      if (event.type === "peers" ? event.peers > 0 : event.type === "leader" && !event.leader) settle();
    });
  });
}

/** Starts the session of this tab. */
export function startSession(parts: SessionParts): Client {
  const listeners = new Set<(event: NodeEvent) => void>();
  const emit = (event: NodeEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  const backend = new Backend(emit);
  const hail = new BroadcastChannel(`${parts.name}/hail`);
  takePart(parts.locks, parts.name, {
    lead: () => void lead(parts, hail, backend, emit),
    follow: () => void follow(parts, hail, backend, emit),
  });
  const requests = Object.fromEntries(
    requestNames.map((name) => [name, (...args: readonly unknown[]) => backend.call(name, args)]),
  ) as unknown as NodeRequests & VaultRequests;
  return joinClient(requests, requests, (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  });
}

/** Whoever answers now; requests wait for one. */
class Backend {
  private client: Client | null = null;
  private failure: Rejected | null = null;
  private waiting: (() => void)[] = [];
  private unsubscribe: () => void = () => undefined;
  /** Refuses calls still open at the client that is being replaced. */
  onReplaced: () => void = () => undefined;
  private readonly emit: (event: NodeEvent) => void;

  constructor(emit: (event: NodeEvent) => void) {
    this.emit = emit;
  }

  set(client: Client): void {
    this.unsubscribe();
    if (client !== this.client) this.onReplaced();
    this.onReplaced = () => undefined;
    this.client = client;
    this.failure = null;
    this.unsubscribe = client.subscribe((event) => this.emit(event));
    for (const wake of this.waiting.splice(0)) wake();
  }

  fail(refusal: Rejected): void {
    this.failure = refusal;
    for (const wake of this.waiting.splice(0)) wake();
  }

  /** The node that answered is gone and another is starting: calls wait for it, those under way are made again. */
  leave(): void {
    this.client = null;
    this.failure = null;
    this.onReplaced();
    this.onReplaced = () => undefined;
  }

  async call(name: string, args: readonly unknown[]): Promise<Result<unknown>> {
    if (this.client === null && this.failure === null) await this.appearance();
    if (this.failure !== null) return this.failure;
    const { client } = this;
    if (client === null) return rejected("timeout", "The node has not started yet; try again in a moment.");
    const method = (client as unknown as Record<string, (...given: readonly unknown[]) => Promise<Result<unknown>>>)[
      name
    ];
    if (method === undefined) return rejected("invalid-argument", `No request ${name}.`);
    const answer = await method(...args);
    const lost = !answer.ok && answer.code === "disconnected" && this.client !== client;
    return lost && !onceOnly.has(name) ? this.call(name, args) : answer;
  }

  private appearance(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

async function lead(
  parts: SessionParts,
  hail: BroadcastChannel,
  backend: Backend,
  emit: (event: NodeEvent) => void,
): Promise<void> {
  backend.leave();
  const started = await parts.startLeader();
  if (!started.ok) {
    backend.fail(started);
    emit({ type: "notice", level: "error", message: started.message });
    return;
  }
  const client = started.value;
  backend.set(client);
  emit({ type: "leader", leader: true });
  const followers = new Set<string>();
  hail.addEventListener("message", ({ data }: MessageEvent<Hail>) => {
    if (data.type !== "follower" || followers.has(data.id)) return;
    if (data.build !== parts.build) {
      hail.postMessage({ type: "other-build", id: data.id, build: parts.build } satisfies Hail);
      return;
    }
    if (followers.size >= mostFollowers) return;
    followers.add(data.id);
    serveFollower(parts, client, data.id, () => followers.delete(data.id));
  });
  hail.postMessage({ type: "leader" } satisfies Hail);
}

function serveFollower(parts: SessionParts, client: Client, id: string, onEnd: () => void): void {
  const channel = new BroadcastChannel(`${parts.name}/${id}`);
  const own = Object.fromEntries(requestNames.map((name) => [name, client[name]])) as Parameters<typeof serve>[1];
  const stop = serve(channel, own);
  const unsubscribe = client.subscribe((event) => sendEvent(channel, event));
  // What a follower sent before this channel was open is lost, so it waits for this.
  sendEvent(channel, { type: "leader", leader: false } satisfies NodeEvent);
  whenReleased(parts.locks, `${parts.name}/${id}`, () => {
    stop();
    unsubscribe();
    channel.close();
    onEnd();
  });
}

async function follow(
  parts: SessionParts,
  hail: BroadcastChannel,
  backend: Backend,
  emit: (event: NodeEvent) => void,
): Promise<void> {
  const id = crypto.randomUUID();
  await holdForLife(parts.locks, `${parts.name}/${id}`);
  const channel = new BroadcastChannel(`${parts.name}/${id}`);
  const remote = connect<NodeRequests & VaultRequests>(channel);
  const { methods } = remote;
  const status: NodeRequests["status"] = async () => {
    const answer = await methods.status();
    return answer.ok ? accepted({ ...answer.value, leader: false }) : answer;
  };
  const node = new Proxy(methods, { get: (target, name) => (name === "status" ? status : Reflect.get(target, name)) });
  const client = joinClient(node, methods, (listener) => remote.onEvent((event) => listener(event as NodeEvent)));
  const join = (): void => hail.postMessage({ type: "follower", id, build: parts.build } satisfies Hail);
  remote.onEvent((event) => {
    if ((event as NodeEvent).type !== "leader") return;
    backend.set(client);
    backend.onReplaced = () => remote.close(rejected("disconnected", "The leading tab has gone; try that again."));
    emit({ type: "leader", leader: false });
  });
  hail.addEventListener("message", ({ data }: MessageEvent<Hail>) => {
    if (data.type === "leader") join();
    // Once another tab's term has ended, this one leads or asks the next.
    if (data.type !== "other-build" || data.id !== id) return;
    const refusal = otherBuild(parts.build, data.build);
    backend.fail(refusal);
    emit({ type: "notice", level: "warning", message: refusal.message });
  });
  join();
}
