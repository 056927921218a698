/**
 * Lending the window's plugged-in unit to the node's thread: each loan is a port of its own, so that nothing late of an
 * earlier one is mistaken for an answer.
 * @module
 */
import type { DeviceSampler, Sampler } from "#node/ports.ts";
import { type Rejected, rejected } from "#protocol/result.ts";
import { exposeSampler, type RemoteSampler, remoteSampler } from "./sampler-bridge.ts";

/** What goes over the control port. */
interface Loan {
  /** Where the unit is reached; null: it was taken back. */
  readonly lent: MessagePort | null;
}

/** The window's end: lends a unit, or takes back the one that was lent. */
export function lendOver(control: MessagePort): (unit: Sampler | null) => void {
  let end: () => void = () => undefined;
  return (unit) => {
    end();
    end = () => undefined;
    if (unit === null) return control.postMessage({ lent: null } satisfies Loan);
    const { port1, port2 } = new MessageChannel();
    const stop = exposeSampler(Promise.resolve(unit), port1);
    end = () => {
      stop();
      port1.close();
    };
    control.postMessage({ lent: port2 } satisfies Loan, [port2]);
  };
}

const takenBack = rejected("disconnected", "The device was taken back.");

/** The node's end: hears of each loan and of its end. */
export function borrowOver(control: MessagePort, onLent: (device: DeviceSampler | null) => void): void {
  let loans = 0;
  let end: (refusal: Rejected) => void = () => undefined;
  control.addEventListener("message", ({ data }: MessageEvent<Loan>) => {
    const loan = ++loans;
    end(takenBack);
    end = () => undefined;
    onLent(null);
    if (data.lent === null) return;
    void remoteSampler(data.lent).then((unit) => {
      if (!unit.ok || loan !== loans) return;
      const device = loanedDevice(unit.value);
      end = device.end;
      onLent(device.sampler);
    });
  });
  control.start();
}

function loanedDevice(unit: RemoteSampler): { readonly sampler: DeviceSampler; end(refusal: Rejected): void } {
  let end: (refusal: Rejected) => void = () => undefined;
  const ended = new Promise<Rejected>((resolve) => {
    end = (refusal) => {
      unit.lost(refusal);
      resolve(refusal);
    };
  });
  return { sampler: { ...unit, ended }, end };
}
