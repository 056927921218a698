/**
 * One side's account of a session: numbers what it sends, sees gaps in what it receives, and keeps both sides within the
 * other's credit. Pure: bytes and time are the caller's.
 * @module
 */
import type { Frame } from "./frame.ts";
import type { HardwareMessage } from "./messages.ts";

/** These open a session or only carry credit: they have no number of their own. */
const uncounted: ReadonlySet<HardwareMessage["type"]> = new Set(["hello", "welcome", "credit"]);

/** What a received frame is to its session. */
export type Reception =
  /** A counted frame in its turn: handle it, then {@link Link.release} it. */
  | "message"
  /** Only credit, or the opening of a session. */
  | "notice"
  /** Frames before it were lost: the session is over. */
  | "gap"
  /** The other side sent more than it was allowed. */
  | "overrun";

/** The account. */
export class Link {
  private readonly window: number;
  private sent = 0;
  private mayReach = 0;
  private received = 0;
  private released = 0;
  private granted: number;

  /** `window` is how many frames the other side may be ahead. */
  constructor(window: number) {
    this.window = window;
    this.granted = window;
  }

  /** A new session begins: both sides count from 0 again and nothing may be sent until the other side grants it. */
  restart(): void {
    this.sent = 0;
    this.mayReach = 0;
    this.received = 0;
    this.released = 0;
    this.granted = this.window;
  }

  /** Whether the other side has room for one more counted frame. */
  get maySend(): boolean {
    return this.sent < this.mayReach;
  }

  /** Puts a message into a frame. Counted ones only while {@link maySend}. */
  frame(message: HardwareMessage): Frame {
    const sequence = this.sent;
    if (!uncounted.has(message.type)) this.sent++;
    this.granted = this.released + this.window;
    return { sequence, limit: this.granted, message };
  }

  /** Takes account of a frame that came in. */
  receive(frame: Frame): Reception {
    this.mayReach = Math.max(this.mayReach, frame.limit);
    if (frame.message.type === "hello" || frame.message.type === "welcome") return "notice";
    if (frame.sequence !== this.received) return "gap";
    if (frame.message.type === "credit") return "notice";
    if (this.received >= this.granted) return "overrun";
    this.received++;
    return "message";
  }

  /** One received frame has been used up. True when the other side should be told: half the window is free but ungranted. */
  release(): boolean {
    this.released++;
    return this.released + this.window - this.granted >= Math.max(1, this.window >> 1);
  }
}
