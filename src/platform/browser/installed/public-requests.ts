/**
 * The service worker's side of `/ipfs/<cid>`: a tab that is open answers out of its node, else the server that the app came
 * from. Whoever does, it is under the policy that takes the app's origin from what strangers published.
 * @module
 */
import type { PublicPart, PublicQuestion, PublicWish } from "./public-words.ts";

/** How long tabs may take to say that they answer, and the one that does to begin (else the server is asked), and for each part. */
const takenWithinMs = 2_000;
const beginsWithinMs = 20_000;
const partWithinMs = 60_000;

/** Requests that wait for a tab to begin its answer, at once. */
const mostAtOnce = 16;

/** Statuses with which a tab says that it cannot: the server may know more. */
const cannot: ReadonlySet<number> = new Set([404, 502, 503, 504]);

let underWay = 0;

/** The next word on a port; null if none comes in time. */
function heard(port: MessagePort, withinMs: number): Promise<PublicPart | null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), withinMs);
    port.onmessage = ({ data }: MessageEvent<PublicPart>) => {
      clearTimeout(timer);
      resolve(data);
    };
  });
}

/** The port of the first tab that answers; null if none does. */
async function takenBy(scope: ServiceWorkerGlobalScope, request: Request): Promise<MessagePort | null> {
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const isApp = ({ url, frameType }: WindowClient): boolean =>
    frameType === "top-level" && ["/", "/index.html"].includes(new URL(url).pathname);
  const { pathname, search } = new URL(request.url);
  const header = (name: string): string | null => request.headers.get(name);
  const question: PublicQuestion = {
    type: "public",
    request: {
      method: "GET",
      path: pathname + search,
      range: header("range"),
      ifRange: header("if-range"),
      ifNoneMatch: header("if-none-match"),
    },
  };
  const ports = windows.filter(isApp).map((window) => {
    const { port1, port2 } = new MessageChannel();
    window.postMessage(question, [port2]);
    return port1;
  });
  const first = await Promise.any(
    ports.map(async (port) => ((await heard(port, takenWithinMs))?.type === "taken" ? port : Promise.reject())),
  ).catch(() => null);
  for (const port of ports) if (port !== first) port.close();
  return first;
}

/** The parts that a tab gives, each asked for when there is room for it. */
function bodyFrom(port: MessagePort): ReadableStream<Uint8Array> {
  const wish = (word: PublicWish): void => port.postMessage(word);
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        const part = heard(port, partWithinMs);
        wish("next");
        const came = await part;
        if (came?.type === "part") return controller.enqueue(came.bytes);
        port.close();
        if (came?.type === "end") controller.close();
        else controller.error(new Error("The file broke off."));
      },
      cancel: () => {
        wish("cancel");
        port.close();
      },
    },
    { highWaterMark: 0 },
  );
}

async function fromTab(scope: ServiceWorkerGlobalScope, request: Request): Promise<Response | null> {
  const port = await takenBy(scope, request);
  if (port === null) return null;
  const first = heard(port, beginsWithinMs);
  port.postMessage("answer" satisfies PublicWish);
  const head = await first;
  if (head?.type !== "head") {
    port.postMessage("cancel" satisfies PublicWish);
    port.close();
    return null;
  }
  const { status, headers, hasBody } = head;
  return new Response(hasBody ? bodyFrom(port) : null, { status, headers });
}

async function fromServer(request: Request, policy: string): Promise<Response | null> {
  const answer = await fetch(request).catch(() => null);
  // A redirect that a navigation is to follow itself has no form here.
  if (answer === null || answer.status === 0) return answer;
  const { body, status, statusText, headers } = answer;
  const stricter = new Headers(headers);
  stricter.append("content-security-policy", policy);
  stricter.set("x-content-type-options", "nosniff");
  // Of who is in a sandbox and says with whom it shares its windows browsers show nothing.
  stricter.delete("cross-origin-opener-policy");
  return new Response(body, { status, statusText, headers: stricter });
}

const nobody = (policy: string): Response =>
  new Response("No tab of the app is open here, and the server cannot be reached. Open the app, then try again.\n", {
    status: 503,
    headers: {
      "content-type": "text/plain; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-store",
    },
  });

/** Answers a request for what everybody may read. */
export async function answerPublic(
  scope: ServiceWorkerGlobalScope,
  request: Request,
  policy: string,
): Promise<Response> {
  if (underWay >= mostAtOnce) return (await fromServer(request, policy)) ?? nobody(policy);
  underWay++;
  const given = await fromTab(scope, request).finally(() => {
    underWay--;
  });
  if (given !== null && !cannot.has(given.status)) return given;
  const served = await fromServer(request, policy);
  if (served !== null && (given === null || served.status < 400)) {
    await given?.body?.cancel();
    return served;
  }
  return given ?? nobody(policy);
}
