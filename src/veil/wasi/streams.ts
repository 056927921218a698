/**
 * `wasi:io/streams` and `wasi:io/error`: streams over things that never block. A call moves at most
 * {@link wasiLimits.transferBytes}; a stream that has ended, or has failed, says so by what it throws, which the glue hands to
 * the guest as a value.
 * @module
 */
import { type MonotonicClock, Pollable } from "./poll.ts";
import { type HandleCount, Resource } from "./resources.ts";
import { chargeBytes, type WasiSystem, wasiLimits } from "./system.ts";

/** What a run's streams have in common. */
export interface StreamContext {
  readonly system: WasiSystem;
  readonly handles: HandleCount;
  readonly clock: MonotonicClock;
}

/** Why the last action on a stream failed. */
export class IoError extends Resource {
  /** A case of the enum `error-code` of `wasi:filesystem/types`. */
  readonly code: string;

  constructor({ system, handles }: StreamContext, code: string) {
    super(system, handles);
    this.code = code;
  }

  toDebugString(): string {
    return this.code;
  }
}

/** Where a stream's bytes come from: at most `most` of the next ones, a view; none at the end. */
export type Source = (most: number) => Uint8Array;

/** Where a stream's bytes go: nothing if all went well, else a case of `error-code`. */
export type Sink = (bytes: Uint8Array) => string | undefined;

const closed = { tag: "closed" } as const;

function transfer(length: bigint): number {
  return length < BigInt(wasiLimits.transferBytes) ? Number(length) : wasiLimits.transferBytes;
}

/** Bytes to be read. */
export class InputStream extends Resource {
  private readonly context: StreamContext;
  private readonly source: Source;

  constructor(context: StreamContext, source: Source) {
    super(context.system, context.handles);
    this.context = context;
    this.source = source;
  }

  read(length: bigint): Uint8Array {
    const most = transfer(length);
    const bytes = this.source(most);
    if (bytes.length === 0 && most > 0) throw closed;
    chargeBytes(this.system, bytes.length);
    return bytes;
  }

  blockingRead(length: bigint): Uint8Array {
    return this.read(length);
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  blockingSkip(length: bigint): bigint {
    return this.skip(length);
  }

  subscribe(): Pollable {
    return new Pollable(this.system, this.handles, this.context.clock);
  }
}

/** Bytes to be written. */
export class OutputStream extends Resource {
  private readonly context: StreamContext;
  private readonly sink: Sink;
  private isClosed = false;

  constructor(context: StreamContext, sink: Sink) {
    super(context.system, context.handles);
    this.context = context;
    this.sink = sink;
  }

  checkWrite(): bigint {
    if (this.isClosed) throw closed;
    return BigInt(wasiLimits.transferBytes);
  }

  /** The glue had the bytes paid for before it copied them. */
  write(bytes: Uint8Array): void {
    if (this.isClosed) throw closed;
    const error = this.sink(bytes);
    if (error === undefined) return;
    this.isClosed = true;
    throw { tag: "last-operation-failed", val: new IoError(this.context, error) };
  }

  blockingWriteAndFlush(bytes: Uint8Array): void {
    this.write(bytes);
  }

  flush(): void {
    if (this.isClosed) throw closed;
  }

  blockingFlush(): void {
    this.flush();
  }

  writeZeroes(length: bigint): void {
    const count = transfer(length);
    // All of it or nothing: unlike reads, there is no result to say how far it went.
    if (BigInt(count) < length) this.system.trap("writes more than it may at once");
    this.writeOwn(count, () => new Uint8Array(count));
  }

  /** Writes what no guest has handed over. */
  private writeOwn(count: number, bytes: () => Uint8Array): void {
    chargeBytes(this.system, count);
    this.write(bytes());
  }

  blockingWriteZeroesAndFlush(length: bigint): void {
    this.writeZeroes(length);
  }

  splice(source: InputStream, length: bigint): bigint {
    if (this.isClosed) throw closed;
    const bytes = source.read(length);
    this.writeOwn(bytes.length, () => bytes);
    return BigInt(bytes.length);
  }

  blockingSplice(source: InputStream, length: bigint): bigint {
    return this.splice(source, length);
  }

  subscribe(): Pollable {
    return new Pollable(this.system, this.handles, this.context.clock);
  }
}
