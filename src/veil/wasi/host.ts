/**
 * The WASI 0.2 host of one run: the objects that jco's glue takes, by interface. What a component takes was compared with
 * `component/wasi-interfaces.ts` before, so every function here is called with values of its types.
 * @module
 */
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { hostCosts } from "#protocol/veil/host-costs.ts";
import { type Datetime, Descriptor, DirectoryEntryStream, type FileContext, Identities } from "./filesystem.ts";
import { MonotonicClock, Pollable, poll } from "./poll.ts";
import { guardedClass, HandleCount, Resource } from "./resources.ts";
import { InputStream, IoError, OutputStream, type StreamContext } from "./streams.ts";
import { chargeBytes, type WasiSystem, wasiLimits } from "./system.ts";

/** Interfaces by name without version, as the glue asks for them. */
export type WasiHost = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Nobody is ever given a terminal: what a program writes is bytes, and equal for all who run it. */
class Terminal extends Resource {}

/** Makes the host of a run. */
export function wasiHost(system: WasiSystem): WasiHost {
  const { timeMs } = system.input;
  const time: Datetime = { seconds: BigInt(Math.floor(timeMs / 1_000)), nanoseconds: (timeMs % 1_000) * 1_000_000 };
  const context: FileContext = {
    system,
    handles: new HandleCount(),
    clock: new MonotonicClock(),
    time,
    identities: new Identities(),
  };
  return {
    ...standardStreams(context),
    ...commandLine(system),
    ...clocks(context, time),
    ...randomness(system),
    "wasi:io/error": { Error: guardedClass(system, "error", IoError) },
    "wasi:io/poll": {
      Pollable: guardedClass(system, "pollable", Pollable),
      poll: (list: readonly Pollable[]) => poll(system, context.clock, list),
    },
    "wasi:io/streams": {
      InputStream: guardedClass(system, "input-stream", InputStream),
      OutputStream: guardedClass(system, "output-stream", OutputStream),
    },
    "wasi:cli/terminal-input": { TerminalInput: guardedClass(system, "terminal-input", Terminal) },
    "wasi:cli/terminal-output": { TerminalOutput: guardedClass(system, "terminal-output", Terminal) },
    "wasi:filesystem/types": {
      Descriptor: guardedClass(system, "descriptor", Descriptor),
      DirectoryEntryStream: guardedClass(system, "directory-entry-stream", DirectoryEntryStream),
      filesystemErrorCode: (error: IoError) => error.code,
    },
    "wasi:filesystem/preopens": { getDirectories: () => [[new Descriptor(context, { path: "" }), "/"]] },
  };
}

function standardStreams(context: StreamContext): WasiHost {
  const { system } = context;
  const { input } = system.input;
  let at = 0;
  const none = (): undefined => undefined;
  return {
    "wasi:cli/stdin": {
      getStdin: () =>
        new InputStream(context, (most) => {
          const bytes = input.subarray(at, at + most);
          at += bytes.length;
          return bytes;
        }),
    },
    "wasi:cli/stdout": { getStdout: () => outputTo(context, "output") },
    "wasi:cli/stderr": { getStderr: () => outputTo(context, "error") },
    "wasi:cli/terminal-stdin": { getTerminalStdin: none },
    "wasi:cli/terminal-stdout": { getTerminalStdout: none },
    "wasi:cli/terminal-stderr": { getTerminalStderr: none },
  };
}

function outputTo(context: StreamContext, stream: "output" | "error"): OutputStream {
  return new OutputStream(context, (bytes) => {
    context.system.write(stream, bytes);
    return undefined;
  });
}

function commandLine(system: WasiSystem): WasiHost {
  const { input } = system;
  const paid = <T>(texts: readonly string[], value: T): T => {
    for (const text of texts) {
      system.charge(hostCosts.text);
      chargeBytes(system, utf8ToBytes(text).length);
    }
    return value;
  };
  return {
    "wasi:cli/environment": {
      getArguments: () => paid(input.arguments, input.arguments),
      getEnvironment: () => paid(input.environment.flat(), input.environment),
      initialCwd: () => "/",
    },
    "wasi:cli/exit": {
      exit: (status: { readonly tag: string }) => system.exit(status.tag === "ok" ? 0 : 1),
      exitWithCode: (code: number) => system.exit(code),
    },
  };
}

function clocks({ system, handles, clock }: StreamContext, time: Datetime): WasiHost {
  return {
    "wasi:clocks/monotonic-clock": {
      now: () => clock.now,
      resolution: () => 1n,
      subscribeInstant: (due: bigint) => new Pollable(system, handles, clock, due),
      subscribeDuration: (duration: bigint) => new Pollable(system, handles, clock, clock.now + duration),
    },
    "wasi:clocks/wall-clock": { now: () => time, resolution: () => ({ seconds: 0n, nanoseconds: 1_000_000 }) },
  };
}

function randomness(system: WasiSystem): WasiHost {
  const bytes = (count: bigint): Uint8Array => {
    if (count > BigInt(wasiLimits.randomBytes)) system.trap("more random bytes than it may take at once");
    system.charge(hostCosts.random + Number(count) * hostCosts.randomByte);
    return system.random.bytes(Number(count));
  };
  const number = (): bigint => new DataView(bytes(8n).buffer).getBigUint64(0, true);
  // "Insecure" only promises less: the same bytes serve it.
  return {
    "wasi:random/random": { getRandomBytes: bytes, getRandomU64: number },
    "wasi:random/insecure": { getInsecureRandomBytes: bytes, getInsecureRandomU64: number },
    "wasi:random/insecure-seed": { insecureSeed: () => [number(), number()] },
  };
}
