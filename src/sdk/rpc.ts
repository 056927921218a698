/**
 * Typed calls and events over any port that carries structured clones: a MessagePort, a worker, a BroadcastChannel.
 * Both ends may call and serve on one port. A call to a port that has died is refused, never left hanging.
 * @module
 */
import { type Rejected, rejected } from "#protocol/result.ts";

/** What all message ports have in common. */
export interface RpcPort {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  removeEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  start?(): void;
}

/** Calls one side may have open at once; more are refused. */
const mostOpenCalls = 10_000;

type Message =
  | { readonly kind: "call"; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | { readonly kind: "failure"; readonly id: number; readonly message: string }
  | { readonly kind: "event"; readonly event: unknown };

/** Methods by name; each answers with a promise. */
export type Methods<T> = { readonly [K in keyof T]: (...args: never[]) => Promise<unknown> };

/** Sends; answers with what went wrong: the message cannot be cloned, or the port is closed already. */
function post(port: RpcPort, message: Message): unknown {
  try {
    port.postMessage(message);
    return null;
  } catch (error) {
    return error;
  }
}

function onMessage(port: RpcPort, listener: (message: Message) => void): () => void {
  const receive = ({ data }: { data: unknown }): void => {
    if (data !== null && typeof data === "object" && "kind" in data) listener(data as Message);
  };
  port.addEventListener("message", receive);
  port.start?.();
  return () => port.removeEventListener("message", receive);
}

/** Answers calls from the other end with the object's own methods. The returned function ends it. */
export function serve<T extends object>(port: RpcPort, implementation: T & Methods<T>): () => void {
  return onMessage(port, (message) => {
    if (message.kind !== "call") return;
    const { id, method, args } = message;
    const fail = (reason: string): void => void post(port, { kind: "failure", id, message: reason });
    // Only own properties: a name like `constructor` must not reach the prototype.
    const found = Object.hasOwn(implementation, method)
      ? (implementation as Record<string, unknown>)[method]
      : undefined;
    if (typeof found !== "function") {
      fail(`there is no method ${method}`);
      return;
    }
    Promise.resolve()
      .then(() => (found as (...given: readonly unknown[]) => unknown)(...args))
      .then(
        (value) => {
          // The caller must hear of an answer that cannot be cloned; if the port has closed meanwhile nobody listens.
          const unsent = post(port, { kind: "answer", id, value });
          if (unsent !== null) fail(String(unsent));
        },
        (error: unknown) => fail(String(error)),
      );
  });
}

/** Sends an event to the other end; nobody hears it if the port is closed already. */
export function sendEvent(port: RpcPort, event: unknown): void {
  const unsent = post(port, { kind: "event", event });
  if (unsent instanceof Error && unsent.name === "DataCloneError") throw unsent;
}

/** The calling end of a port. */
export interface Remote<T> {
  /** Every method of the other end. */
  readonly methods: T;
  /** Listens to events; the returned function ends it. */
  onEvent(listener: (event: unknown) => void): () => void;
  /** Ends it: calls that are open, and all later ones, answer with this refusal. */
  close(refusal?: Rejected): void;
}

const portGone = rejected("disconnected", "The part of the app that answers this has gone; try again in a moment.");

/** Calls the other end of a port. All methods of `T` must answer with a Result or nothing of consequence. */
export function connect<T extends object>(port: RpcPort): Remote<T> {
  const open = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  const listeners = new Set<(event: unknown) => void>();
  let nextId = 1;
  let closed: Rejected | null = null;
  const stop = onMessage(port, (message) => {
    if (message.kind === "event") {
      for (const listener of [...listeners]) listener(message.event);
      return;
    }
    if (message.kind === "call") return;
    const call = open.get(message.id);
    open.delete(message.id);
    if (message.kind === "answer") call?.resolve(message.value);
    else call?.reject(new Error(message.message));
  });
  const call = (method: string, args: readonly unknown[]): Promise<unknown> => {
    if (closed !== null) return Promise.resolve(closed);
    if (open.size >= mostOpenCalls) return Promise.resolve(rejected("rate-limited", "Too many calls are open."));
    const id = nextId++;
    return new Promise((resolve, reject) => {
      open.set(id, { resolve, reject });
      const unsent = post(port, { kind: "call", id, method, args });
      if (unsent === null) return;
      open.delete(id);
      reject(new Error(`${method} was not sent: ${String(unsent)}`));
    });
  };
  const methods = new Proxy({} as T, {
    // A promise that resolves to this object would otherwise be asked for `then` and call the other end.
    get: (_target, name) =>
      typeof name === "string" && name !== "then" ? (...args: unknown[]) => call(name, args) : undefined,
  });
  return {
    methods,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: (refusal = portGone) => {
      closed = refusal;
      stop();
      for (const { resolve } of open.values()) resolve(refusal);
      open.clear();
    },
  };
}
