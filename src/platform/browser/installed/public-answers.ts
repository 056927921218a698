/**
 * A tab's side of `/ipfs/<cid>` under the service worker: one answer over one port, a part at a time as it is asked for.
 * @module
 */
import type { Result } from "#protocol/result.ts";
import type { PublicPart, PublicRequest, PublicWish } from "./public-words.ts";

/** An answer; behind a refusal in its body nothing follows. */
export interface PublicAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AsyncGenerator<Result<Uint8Array>, void> | null;
}

/** Answers when the worker has chosen this tab. */
export function answerOverPort(
  port: MessagePort,
  request: PublicRequest,
  answer: (request: PublicRequest) => Promise<PublicAnswer>,
): void {
  let body: PublicAnswer["body"] = null;
  const say = (part: PublicPart, transfer: Transferable[] = []): void => port.postMessage(part, transfer);
  const end = (type: "end" | "broken"): void => {
    say({ type });
    port.close();
  };
  const giveNext = async (): Promise<void> => {
    const next = await body?.next();
    if (next === undefined || next.done === true) return end("end");
    if (!next.value.ok) return end("broken");
    // Blocks are views of what others may hold: what is transferred is a copy.
    const bytes = next.value.value.slice();
    say({ type: "part", bytes }, [bytes.buffer]);
  };
  const begin = async (): Promise<void> => {
    const { status, headers, body: parts } = await answer(request);
    body = parts;
    say({ type: "head", status, headers, hasBody: parts !== null });
    if (parts === null) port.close();
  };
  // One wish at a time: the worker waits for what it asked for.
  port.onmessage = ({ data }: MessageEvent<PublicWish>) => {
    if (data === "cancel") {
      port.close();
      void body?.return();
    } else void (data === "answer" ? begin() : giveNext()).catch(() => end("broken"));
  };
  say({ type: "taken" });
}
