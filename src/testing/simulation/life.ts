/**
 * One life of a node's process: its clock, which may be wrong, and its network, both of which end with it. Without this
 * the timers and requests of a killed process would go on in its successor's name.
 * @module
 */
import type { Clock, Network, NetworkHandlers, PeerInfo, Protocol, RequestLimits, Topic } from "#node/ports.ts";
import { type Result, rejected } from "#protocol/result.ts";

/** How far a clock is off. */
export interface ClockError {
  readonly skewMs: number;
  /** By how much too fast it runs. */
  readonly driftPerMillion: number;
}

/** A life. */
export class Life {
  alive = true;
  /** Resolves when the process ends. */
  readonly ended: Promise<null>;
  private tellEnd: (value: null) => void = () => undefined;
  readonly clock: Clock;
  readonly network: Network;

  /**
   * `startMs`: when the clock was right but for its skew; it has drifted since, whoever lived. `onPublish` hears what the
   * process tells the network, `onHear` what the network tells the process.
   */
  constructor(
    clock: Clock,
    startMs: number,
    error: ClockError,
    network: Network,
    onPublish: (topic: Topic, message: Uint8Array) => void,
    onHear: (topic: Topic, message: Uint8Array) => void,
  ) {
    this.ended = new Promise((resolve) => {
      this.tellEnd = resolve;
    });
    const rate = 1 + error.driftPerMillion / 1_000_000;
    this.clock = {
      nowMs: () => Math.round(startMs + error.skewMs + (clock.nowMs() - startMs) * rate),
      schedule: (delayMs, action) =>
        clock.schedule(Math.max(0, Math.round(delayMs / rate)), () => {
          if (this.alive) action();
        }),
    };
    this.network = new LivingNetwork(network, () => this.alive, onPublish, onHear);
  }

  /** Ends it. */
  end(): void {
    this.alive = false;
    this.tellEnd(null);
  }
}

/** A network that neither sends nor hears anything once its process is dead. */
class LivingNetwork implements Network {
  private readonly network: Network;
  private readonly isAlive: () => boolean;
  private readonly onPublish: (topic: Topic, message: Uint8Array) => void;
  private readonly onHear: (topic: Topic, message: Uint8Array) => void;

  constructor(
    network: Network,
    isAlive: () => boolean,
    onPublish: (topic: Topic, message: Uint8Array) => void,
    onHear: (topic: Topic, message: Uint8Array) => void,
  ) {
    this.network = network;
    this.isAlive = isAlive;
    this.onPublish = onPublish;
    this.onHear = onHear;
  }

  selfId(): string {
    return this.network.selfId();
  }

  start(handlers: NetworkHandlers): Promise<void> {
    if (!this.isAlive()) return Promise.resolve();
    return this.network.start({
      ...handlers,
      onGossip: (peerId, topic, message) => {
        this.onHear(topic, message);
        return handlers.onGossip(peerId, topic, message);
      },
    });
  }

  stop(): Promise<void> {
    return this.isAlive() ? this.network.stop() : Promise.resolve();
  }

  peers(): readonly PeerInfo[] {
    return this.isAlive() ? this.network.peers() : [];
  }

  timerDriftMs(): ReturnType<Network["timerDriftMs"]> {
    return this.network.timerDriftMs();
  }

  traffic(): ReturnType<Network["traffic"]> {
    return this.network.traffic();
  }

  publish(topic: Topic, message: Uint8Array): Promise<number> {
    if (!this.isAlive()) return Promise.resolve(0);
    this.onPublish(topic, message);
    return this.network.publish(topic, message);
  }

  reach(peerId: string): Promise<Result<null>> {
    return this.network.reach(peerId);
  }

  request(peerId: string, protocol: Protocol, request: Uint8Array, limits: RequestLimits): Promise<Result<Uint8Array>> {
    if (!this.isAlive()) return Promise.resolve(rejected("disconnected", "This process has ended."));
    return this.network.request(peerId, protocol, request, limits);
  }

  ban(peerId: string, durationMs: number, reason: string): void {
    if (this.isAlive()) this.network.ban(peerId, durationMs, reason);
  }
}
