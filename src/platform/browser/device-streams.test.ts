import { describe, expect, it } from "vitest";
import { openSerial, type SerialPort } from "./web-serial.ts";
import { openUsb, type UsbDevice } from "./web-usb.ts";

const refusing = (name: string) => () => Promise.reject(new DOMException("no", name));

/** A serial port whose reading end a test drives: each entry is a chunk, or an error of the line. */
function serialPort(script: readonly (Uint8Array | Error)[], options: { readonly goneAtError?: boolean } = {}) {
  const left = [...script];
  const written: number[] = [];
  let closed = false;
  const fresh = (): ReadableStream<Uint8Array> =>
    new ReadableStream<Uint8Array>(
      {
        pull: (controller) => {
          const next = left.shift();
          if (next === undefined) controller.close();
          else if (next instanceof Uint8Array) controller.enqueue(next);
          else {
            port.readable = options.goneAtError === true ? null : fresh();
            controller.error(next);
          }
        },
      },
      { highWaterMark: 0 },
    );
  const port = {
    readable: null as ReadableStream<Uint8Array> | null,
    writable: new WritableStream<Uint8Array>({ write: (bytes) => void written.push(...bytes) }),
    open: () => {
      port.readable = fresh();
      return Promise.resolve();
    },
    close: () => {
      closed = true;
      return Promise.resolve();
    },
    getInfo: () => ({ usbVendorId: 0x1209, usbProductId: 0x0001 }),
  };
  return { port: port satisfies SerialPort, written, wasClosed: () => closed };
}

async function readAll(readable: ReadableStream<Uint8Array>): Promise<number[]> {
  const bytes: number[] = [];
  const reader = readable.getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return bytes;
    bytes.push(...value);
  }
}

describe("Web Serial", () => {
  it("reads on over faults of the line, writes, and closes", async () => {
    const fault = new DOMException("framing", "FramingError");
    const { port, written, wasClosed } = serialPort([
      Uint8Array.of(1),
      fault,
      Uint8Array.of(2),
      fault,
      Uint8Array.of(3),
    ]);
    const opened = await openSerial({ requestPort: () => Promise.resolve(port) });
    if (!opened.ok) throw new Error(opened.message);
    expect(opened.value.label).toBe("serial port 1209:0001");
    expect(await readAll(opened.value.readable)).toEqual([1, 2, 3]);
    await opened.value.writable.getWriter().write(Uint8Array.of(9));
    expect(written).toEqual([9]);
    await opened.value.close();
    expect(wasClosed()).toBe(true);
  });

  it.each([
    ["the device is lost", [Uint8Array.of(1), new DOMException("lost", "NetworkError")], true],
    ["the line does nothing but fail", new Array<Error>(100).fill(new DOMException("noise", "ParityError")), false],
  ])("ends when %s", async (_name, script, goneAtError) => {
    const opened = await openSerial({ requestPort: () => Promise.resolve(serialPort(script, { goneAtError }).port) });
    await expect(opened.ok && readAll(opened.value.readable)).rejects.toThrow(/lost|noise/);
  });

  it.each([
    ["NotFoundError", "cancelled", /No device was chosen/],
    ["SecurityError", "invalid-argument", /key press or click/],
    ["NetworkError", "disconnected", /gave no device/],
  ])("says what %s means", async (name, code, words) => {
    for (const outcome of [
      await openSerial({ requestPort: refusing(name) }),
      await openUsb({ requestDevice: refusing(name) }),
    ]) {
      expect(outcome).toMatchObject({ ok: false, code });
      expect(!outcome.ok && outcome.message).toMatch(words);
    }
  });

  it("says so when another program holds the port", async () => {
    const { port } = serialPort([]);
    const outcome = await openSerial({
      requestPort: () => Promise.resolve({ ...port, open: refusing("InvalidStateError") }),
    });
    expect(outcome).toMatchObject({ code: "disconnected", message: expect.stringMatching(/Is another tab/) });
  });
});

type Transfer = { readonly data?: DataView; readonly status?: string };

/** A USB device whose answers a test writes. */
function usbDevice(script: readonly (Transfer | Error)[], interfaceClass = 0xff) {
  const left = [...script];
  const calls: string[] = [];
  const bulk = (endpointNumber: number, direction: "in" | "out") => ({ endpointNumber, direction, type: "bulk" });
  const call = (words: string): Promise<void> => Promise.resolve(void calls.push(words));
  const device: UsbDevice = {
    productName: "TSU",
    configuration: {
      interfaces: [
        { interfaceNumber: 0, alternates: [{ interfaceClass: 3, endpoints: [bulk(9, "in"), bulk(9, "out")] }] },
        { interfaceNumber: 1, alternates: [{ interfaceClass, endpoints: [bulk(2, "in"), bulk(3, "out")] }] },
      ],
    },
    open: () => call("open"),
    close: () => call("close"),
    selectConfiguration: (value) => call(`configuration ${value}`),
    claimInterface: (number) => call(`claim ${number}`),
    clearHalt: (direction, endpoint) => call(`clear ${direction} ${endpoint}`),
    transferIn: async (endpoint) => {
      calls.push(`in ${endpoint}`);
      const next = left.shift() ?? new DOMException("The device was disconnected.", "NotFoundError");
      if (next instanceof Error) throw next;
      return next;
    },
    transferOut: async (endpoint, data) => {
      calls.push(`out ${endpoint} ${data.length}`);
      return { status: calls.filter((one) => one.startsWith("out")).length === 1 ? "stall" : "ok" };
    },
  };
  return { device, calls };
}

const data = (...bytes: number[]): Transfer => ({ data: new DataView(Uint8Array.from(bytes).buffer), status: "ok" });

describe("WebUSB", () => {
  it("takes the vendor's interface, skips empty transfers, clears halts, and ends with the device", async () => {
    const { device, calls } = usbDevice([data(1, 2), data(), { status: "stall" }, data(3)]);
    const opened = await openUsb({ requestDevice: () => Promise.resolve(device) });
    if (!opened.ok) throw new Error(opened.message);
    expect(calls).toEqual(["open", "claim 1"]);
    const reader = opened.value.readable.getReader();
    expect([...((await reader.read()).value ?? [])]).toEqual([1, 2]);
    expect([...((await reader.read()).value ?? [])]).toEqual([3]);
    expect(calls).toContain("clear in 2");
    await opened.value.writable.getWriter().write(Uint8Array.of(7, 8));
    expect(calls.slice(-3)).toEqual(["out 3 2", "clear out 3", "out 3 2"]);
    await expect(reader.read()).rejects.toThrow(/disconnected/);
  });

  it("refuses a device without a pair of bulk endpoints, and one that stays halted", async () => {
    const { device, calls } = usbDevice([], 8);
    expect(await openUsb({ requestDevice: () => Promise.resolve(device) })).toMatchObject({ code: "bad-response" });
    expect(calls).toEqual(["open", "close"]);
    const halted = usbDevice(new Array<Transfer>(10).fill({ status: "stall" }));
    const opened = await openUsb({ requestDevice: () => Promise.resolve(halted.device) });
    await expect(opened.ok && opened.value.readable.getReader().read()).rejects.toThrow(/halted/);
  });
});
