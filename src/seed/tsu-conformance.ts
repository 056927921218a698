/**
 * `npm run tsu-conformance`: the hardware protocol's conformance suite against a maker's device, over TCP or a serial line.
 * Prints a line for each demand; ends with 1 if any is not met.
 * @module
 */
import { constants, openSync } from "node:fs";
import { connect } from "node:net";
import { Readable, Writable } from "node:stream";
import { ReadStream as TtyReadStream, WriteStream as TtyWriteStream } from "node:tty";
import { parseArgs } from "node:util";
import { type ByteStream, streamPair } from "../platform/hardware/byte-stream.ts";
import { runConformance } from "../platform/hardware/conformance.ts";
import { serveDevice } from "../platform/hardware/device-endpoint.ts";
import { systemClock, systemEntropy } from "../platform/node/system.ts";
import { createEmulatedSampler } from "../platform/wasm/emulated-sampler.ts";
import { createSamplerKernel } from "../platform/wasm/sampler-kernel.ts";

const usage = `Usage: npm run tsu-conformance -- --tcp HOST:PORT | --serial PATH | --emulated [flags]

Tries every demand of src/protocol/hardware/README.md on a sampling unit.

  --tcp HOST:PORT   a device, or a bridge to one, that listens there
  --serial PATH     a serial line, set up before: stty -F PATH raw -echo 921600
  --emulated        the reference device, to see what passing looks like
  --edge A,B        two spins that the device couples        (0,1)
  --only WORDS      only demands whose names hold these words
  --json            one line of JSON at the end instead
  --help
`;

const flags = {
  tcp: { type: "string" },
  serial: { type: "string" },
  emulated: { type: "boolean" },
  edge: { type: "string", default: "0,1" },
  only: { type: "string", default: "" },
  json: { type: "boolean" },
  help: { type: "boolean" },
} as const;

function overTcp(address: string): Promise<ByteStream> {
  const colon = address.lastIndexOf(":");
  const socket = connect({ host: address.slice(0, colon), port: Number(address.slice(colon + 1)), noDelay: true });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.once("connect", () => resolve(streamOf(address, socket, socket)));
  });
}

function overSerial(path: string): ByteStream {
  const { O_RDWR, O_NOCTTY, O_NONBLOCK } = constants;
  const fd = openSync(path, O_RDWR | O_NOCTTY | O_NONBLOCK);
  // Not a file stream: its reads block a thread until the device says something, and with it the end of the process.
  return streamOf(path, new TtyReadStream(fd), new TtyWriteStream(fd));
}

function streamOf(label: string, readable: Readable, writable: Writable): ByteStream {
  return {
    label,
    readable: Readable.toWeb(readable) as unknown as ReadableStream<Uint8Array>,
    writable: Writable.toWeb(writable) as WritableStream<Uint8Array>,
    close: () => {
      readable.destroy();
      writable.destroy();
      return Promise.resolve();
    },
  };
}

async function reference(): Promise<ByteStream> {
  const [host, device] = streamPair("the reference device");
  const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  serveDevice(
    device,
    createEmulatedSampler({ kernel: await createSamplerKernel(), entropy: systemEntropy, pause }),
    systemClock,
  );
  return host;
}

/** Runs the suite as the flags say; gives the exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: flags });
  const { tcp, serial, emulated, edge, only, json } = values;
  const chosen = [tcp, serial, emulated].filter((one) => one !== undefined).length;
  if (values.help === true || chosen !== 1) {
    process.stdout.write(usage);
    return values.help === true ? 0 : 2;
  }
  const [a = Number.NaN, b = Number.NaN] = edge.split(",").map(Number);
  if (!Number.isInteger(a) || !Number.isInteger(b) || a < 0 || b < 0 || a === b) {
    process.stderr.write("--edge takes two different spins, for example 0,1.\n");
    return 2;
  }
  const stream = await (tcp !== undefined ? overTcp(tcp) : serial !== undefined ? overSerial(serial) : reference());
  const results = await runConformance({
    stream,
    clock: { ...systemClock, schedule: keepAlive },
    edge: [a, b],
    only,
    onResult: ({ name, passed, detail, elapsedMs }) => {
      if (json === true) return;
      process.stdout.write(
        `${passed ? "ok  " : "FAIL"} ${name} (${elapsedMs} ms)\n${passed ? "" : `     ${detail}\n`}`,
      );
    },
  });
  const failed = results.filter((result) => !result.passed).length;
  if (json === true) process.stdout.write(`${JSON.stringify(results)}\n`);
  else process.stdout.write(`${stream.label}: ${results.length - failed} of ${results.length} demands met\n`);
  return failed === 0 && results.length > 0 ? 0 : 1;
}

/** The node's timers let the process end; here they are what it waits for. */
function keepAlive(delayMs: number, action: () => void): () => void {
  const timer = setTimeout(action, delayMs);
  return () => clearTimeout(timer);
}

main(process.argv.slice(2)).then(
  // The open connection would keep the process for ever.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(2);
  },
);
