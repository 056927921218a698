/**
 * Messages between a host and a sampling unit, version 1. README.md here says in words what each is for and in what order.
 * @module
 */
import { amount, byteString, nullable, type Schema, text, union, unsigned } from "../codec/schema.ts";
import { isingLimits } from "./ising.ts";

/** The version of the messages that this code speaks. */
export const hardwareVersion = 1;

/** Bounds of the wire. */
export const wireLimits = {
  /** Packed spins or a part of an instance in one frame: fits the memory of a microcontroller. */
  dataBytes: 1_024,
  /** Longest CBOR of a frame. */
  frameBytes: 1_152,
  nameBytes: 64,
  messageBytes: 200,
  /** Frames one side may let the other send ahead. */
  window: 64,
  /** A device that works on something says so at least this often. */
  workingMs: 2_000,
} as const;

/** Why a device refuses. */
export const refusalCodes = ["sequence", "invalid", "busy", "unsupported", "overflow", "failed"] as const;

/** One of {@link refusalCodes}. */
export type RefusalCode = (typeof refusalCodes)[number];

/** Everything either side says. `request` numbers what the host asks for; answers repeat it. */
export type HardwareMessage =
  | { readonly type: "hello"; readonly oldest: number; readonly newest: number; readonly session: number }
  | {
      readonly type: "begin";
      readonly request: number;
      readonly spins: number;
      readonly edges: number;
      readonly beta: number;
      /** CRC-32 of the whole packed instance. */
      readonly checksum: number;
    }
  | { readonly type: "part"; readonly request: number; readonly offset: number; readonly bytes: Uint8Array }
  | {
      readonly type: "sample";
      readonly request: number;
      readonly warmUpSteps: number;
      readonly warmUpBeta: number | null;
      readonly samples: number;
      readonly stepsPerSample: number;
      readonly seed: bigint | null;
    }
  | { readonly type: "stop"; readonly request: number }
  | { readonly type: "ask"; readonly request: number }
  | { readonly type: "credit" }
  | {
      readonly type: "welcome";
      readonly version: number;
      readonly session: number;
      readonly name: string;
      readonly spins: number;
      readonly edges: number;
      readonly topology: string;
      /** 1 for software, 0 for hardware. */
      readonly emulated: number;
      readonly firmware: string;
    }
  | { readonly type: "done"; readonly request: number }
  | { readonly type: "refuse"; readonly request: number; readonly code: number; readonly message: string }
  | {
      readonly type: "block";
      readonly request: number;
      /** Number of the first sample in it, from 0. */
      readonly first: number;
      readonly samples: number;
      readonly spins: Uint8Array;
    }
  | { readonly type: "working"; readonly request: number }
  | {
      readonly type: "report";
      readonly request: number;
      readonly good: number;
      readonly detail: string;
      readonly samples: number;
      readonly microjoules: number | null;
    };

const uint32 = unsigned(0xffff_ffff);
const request = uint32;

/** Wire form of {@link HardwareMessage}. */
export const hardwareMessageSchema: Schema<HardwareMessage> = union<HardwareMessage>("unknown-kind", {
  hello: { number: 0, fields: { oldest: unsigned(0xffff), newest: unsigned(0xffff), session: uint32 } },
  begin: {
    number: 1,
    fields: {
      request,
      spins: unsigned(isingLimits.spins),
      edges: unsigned(isingLimits.edges),
      beta: uint32,
      checksum: uint32,
    },
  },
  part: { number: 2, fields: { request, offset: uint32, bytes: byteString(1, wireLimits.dataBytes) } },
  sample: {
    number: 3,
    fields: {
      request,
      warmUpSteps: unsigned(isingLimits.steps),
      warmUpBeta: nullable(uint32),
      samples: unsigned(isingLimits.samples),
      stepsPerSample: unsigned(isingLimits.steps),
      seed: nullable(amount),
    },
  },
  stop: { number: 4, fields: { request } },
  ask: { number: 5, fields: { request } },
  credit: { number: 6, fields: {} },
  welcome: {
    number: 16,
    fields: {
      version: unsigned(0xffff),
      session: uint32,
      name: text(wireLimits.nameBytes),
      spins: unsigned(),
      edges: unsigned(),
      topology: text(wireLimits.nameBytes),
      emulated: unsigned(1),
      firmware: text(wireLimits.nameBytes),
    },
  },
  done: { number: 17, fields: { request } },
  refuse: { number: 18, fields: { request, code: unsigned(0xff), message: text(wireLimits.messageBytes) } },
  block: {
    number: 19,
    fields: {
      request,
      first: unsigned(isingLimits.samples),
      samples: unsigned(wireLimits.dataBytes),
      spins: byteString(1, wireLimits.dataBytes),
    },
  },
  working: { number: 20, fields: { request } },
  report: {
    number: 21,
    fields: {
      request,
      good: unsigned(1),
      detail: text(wireLimits.messageBytes),
      samples: unsigned(),
      microjoules: nullable(unsigned()),
    },
  },
});
