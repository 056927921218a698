/**
 * WebUSB as a byte stream: one bulk endpoint each way on an interface of the vendor's own class. Like Web Serial it needs
 * a key press or click just before, and exists in Chromium.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import type { ByteStream } from "../hardware/byte-stream.ts";
import { refusedChoice } from "./web-serial.ts";

interface UsbEndpoint {
  readonly endpointNumber: number;
  readonly direction: "in" | "out";
  readonly type: string;
}

interface UsbInterface {
  readonly interfaceNumber: number;
  readonly alternates: readonly { readonly interfaceClass: number; readonly endpoints: readonly UsbEndpoint[] }[];
}

/** A device as the browser gives it; TypeScript's DOM library has no WebUSB. */
export interface UsbDevice {
  readonly productName?: string | null;
  readonly configuration: { readonly interfaces: readonly UsbInterface[] } | null;
  open(): Promise<void>;
  close(): Promise<void>;
  selectConfiguration(value: number): Promise<void>;
  claimInterface(number: number): Promise<void>;
  clearHalt(direction: "in" | "out", endpoint: number): Promise<void>;
  transferIn(endpoint: number, length: number): Promise<{ readonly data?: DataView; readonly status?: string }>;
  transferOut(endpoint: number, data: Uint8Array): Promise<{ readonly status?: string }>;
}

/** `navigator.usb`. */
export interface Usb {
  requestDevice(options: { readonly filters: readonly { readonly classCode: number }[] }): Promise<UsbDevice>;
}

/** Class of interfaces whose protocol is the vendor's own. */
const vendorClass = 0xff;

/** Bytes asked for in one transfer: a multiple of every packet size, several frames. */
const transferBytes = 16_384;

/** Halts of an endpoint in a row that are cleared before it counts as dead. */
const mostHalts = 3;

/** Lets the user choose a device, opens it and finds its endpoints. */
export async function openUsb(usb: Usb): Promise<Result<ByteStream>> {
  let device: UsbDevice;
  try {
    device = await usb.requestDevice({ filters: [{ classCode: vendorClass }] });
  } catch (error) {
    return refusedChoice(error);
  }
  try {
    await device.open();
    if (device.configuration === null) await device.selectConfiguration(1);
    const found = endpointsOf(device);
    if (found === null) {
      await device.close();
      return rejected("bad-response", "The device has no pair of bulk endpoints: it is no sampling unit we know.");
    }
    await device.claimInterface(found.interfaceNumber);
    return accepted(streamOf(device, found.input, found.output));
  } catch (error) {
    return rejected(
      "disconnected",
      `The device cannot be opened: ${String(error)}. Is another tab or program using it? Close that and connect again.`,
    );
  }
}

function endpointsOf(device: UsbDevice): { interfaceNumber: number; input: number; output: number } | null {
  for (const { interfaceNumber, alternates } of device.configuration?.interfaces ?? []) {
    const [first] = alternates;
    if (first?.interfaceClass !== vendorClass) continue;
    const bulk = (direction: "in" | "out"): number | undefined =>
      first.endpoints.find((one) => one.type === "bulk" && one.direction === direction)?.endpointNumber;
    const [input, output] = [bulk("in"), bulk("out")];
    if (input !== undefined && output !== undefined) return { interfaceNumber, input, output };
  }
  return null;
}

function streamOf(device: UsbDevice, input: number, output: number): ByteStream {
  const readable = new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        for (let halts = 0; ; ) {
          const { data, status } = await device.transferIn(input, transferBytes);
          if (status === "stall") {
            if (++halts > mostHalts) throw new Error("the endpoint is halted");
            await device.clearHalt("in", input);
          } else if (data !== undefined && data.byteLength > 0) {
            return controller.enqueue(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
          }
        }
      },
    },
    { highWaterMark: 0 },
  );
  const writable = new WritableStream<Uint8Array>({
    write: async (bytes) => {
      const { status } = await device.transferOut(output, bytes);
      if (status !== "stall") return;
      await device.clearHalt("out", output);
      const again = await device.transferOut(output, bytes);
      if (again.status === "stall") throw new Error("the endpoint is halted");
    },
  });
  // Closing the device ends a transfer that waits.
  return {
    label: device.productName ?? "USB device",
    readable,
    writable,
    close: () => device.close().catch(() => undefined),
  };
}
