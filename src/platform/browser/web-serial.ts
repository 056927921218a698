/**
 * Web Serial as a byte stream. The browser asks the user which device; that needs a key press or click just before. Exists
 * in Chromium on desktops, in the window.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ByteStream } from "../hardware/byte-stream.ts";

/** A serial port as the browser gives it; TypeScript's DOM library has no Web Serial. */
export interface SerialPort {
  readonly readable: ReadableStream<Uint8Array> | null;
  readonly writable: WritableStream<Uint8Array> | null;
  open(options: { readonly baudRate: number; readonly bufferSize: number }): Promise<void>;
  close(): Promise<void>;
  getInfo(): { readonly usbVendorId?: number; readonly usbProductId?: number };
}

/** `navigator.serial`. */
export interface Serial {
  requestPort(): Promise<SerialPort>;
}

/** Devices that speak over USB ignore the rate; real lines of this speed carry 90 kB a second. */
const baudRate = 921_600;

/** The default of 255 bytes is less than a frame. */
const bufferSize = 16_384;

/** Errors of the line in a row after which it counts as dead. */
const mostLineErrors = 16;

/** Lets the user choose a port and opens it. */
export async function openSerial(serial: Serial): Promise<Result<ByteStream>> {
  let port: SerialPort;
  try {
    port = await serial.requestPort();
  } catch (error) {
    return refusedChoice(error);
  }
  try {
    await port.open({ baudRate, bufferSize });
  } catch (error) {
    return rejected(
      "disconnected",
      `The port cannot be opened: ${String(error)}. Is another tab or program using it? Close that and connect again.`,
    );
  }
  const { writable } = port;
  if (writable === null)
    return rejected("disconnected", "The port was gone before it could be used; plug it in again.");
  const { usbVendorId, usbProductId } = port.getInfo();
  const hex = (id: number): string => id.toString(16).padStart(4, "0");
  const label = usbVendorId === undefined ? "serial port" : `serial port ${hex(usbVendorId)}:${hex(usbProductId ?? 0)}`;
  return accepted({ label, readable: lasting(port), writable, close: () => port.close().catch(() => undefined) });
}

/** Why there is no device: nobody chose one, or the browser did not let us ask. */
export function refusedChoice(error: unknown): Result<never> {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotFoundError") return rejected("cancelled", "No device was chosen.");
  if (name === "SecurityError") {
    return rejected(
      "invalid-argument",
      "The browser lets you choose a device only right after a key press or click on this page: type the command and press Enter.",
    );
  }
  return rejected("disconnected", `The browser gave no device: ${String(error)}`);
}

/** After a fault of the line (framing, parity, overrun) the port offers a new stream; one that is gone offers none. */
function lasting(port: SerialPort): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | null = null;
  let errors = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        for (;;) {
          try {
            if (port.readable === null) return controller.close();
            reader ??= port.readable.getReader();
            const { value, done } = await reader.read();
            if (done) return controller.close();
            errors = 0;
            return controller.enqueue(value);
          } catch (error) {
            reader?.releaseLock();
            reader = null;
            if (port.readable === null || ++errors > mostLineErrors) return controller.error(error);
          }
        }
      },
      cancel: async () => {
        await reader?.cancel();
        reader?.releaseLock();
      },
    },
    { highWaterMark: 0 },
  );
}
