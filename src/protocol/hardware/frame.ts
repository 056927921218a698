/**
 * Frames of the hardware protocol: `COBS(CBOR ‖ CRC-32) ‖ 0x00`. The decoder takes bytes as they come, drops what is no
 * frame and finds its feet at the next zero.
 * @module
 */
import { bigEndian, concatBytes, fromBigEndian } from "../codec/bytes.ts";
import { decode, encode, record, type Schema, unsigned } from "../codec/schema.ts";
import { type Result, rejected } from "../result.ts";
import { cobsDecode, cobsEncode } from "./cobs.ts";
import { crc32 } from "./crc32.ts";
import { type HardwareMessage, hardwareMessageSchema, wireLimits } from "./messages.ts";

/** The form of frames itself; messages have a version of their own, agreed on in `hello`. */
const frameFormat = 1;

const checksumBytes = 4;

/** Longest frame on the wire without its delimiter. */
const wireBytes = wireLimits.frameBytes + checksumBytes + Math.ceil((wireLimits.frameBytes + checksumBytes) / 254);

/** One frame. */
export interface Frame {
  /** Number of this frame in its direction and session; of the next one for frames that are not counted. */
  readonly sequence: number;
  /** The other side may send frames with numbers below this. */
  readonly limit: number;
  readonly message: HardwareMessage;
}

interface WireFrame extends Frame {
  readonly format: number;
}

const frameSchema: Schema<WireFrame> = record<WireFrame>({
  format: unsigned(frameFormat),
  sequence: unsigned(0xffff_ffff),
  limit: unsigned(0xffff_ffff),
  message: hardwareMessageSchema,
});

/** A frame's bytes, delimiter included. */
export function encodeFrame(frame: Frame): Uint8Array {
  const payload = encode(frameSchema, { format: frameFormat, ...frame });
  return concatBytes(cobsEncode(concatBytes(payload, bigEndian(crc32(payload), checksumBytes))), Uint8Array.of(0));
}

/** A frame from the bytes between two delimiters. */
export function decodeFrame(stuffed: Uint8Array): Result<Frame> {
  const bytes = cobsDecode(stuffed);
  if (bytes === null || bytes.length <= checksumBytes) {
    return rejected("bad-response", "The device sent bytes that are no frame.");
  }
  const payload = bytes.subarray(0, -checksumBytes);
  if (crc32(payload) !== Number(fromBigEndian(bytes.subarray(-checksumBytes)))) {
    return rejected("bad-response", "A frame was damaged on its way (checksum).");
  }
  const frame = decode(frameSchema, payload, wireLimits.frameBytes);
  if (!frame.ok) return frame;
  if (frame.value.format !== frameFormat) return rejected("unknown-version", "The device uses frames of another form.");
  const { sequence, limit, message } = frame.value;
  return { ok: true, value: { sequence, limit, message } };
}

/** Cuts a stream into frames. Holds at most one frame's bytes. */
export class FrameDecoder {
  private readonly buffer = new Uint8Array(wireBytes);
  private length = 0;
  private tooLong = false;

  /** Takes the next bytes; gives every frame they complete, and a refusal for each stretch that was none. */
  push(bytes: Uint8Array): readonly Result<Frame>[] {
    const frames: Result<Frame>[] = [];
    for (const byte of bytes) {
      if (byte === 0) this.endFrame(frames);
      else if (this.length < wireBytes) this.buffer[this.length++] = byte;
      else this.tooLong = true;
    }
    return frames;
  }

  private endFrame(frames: Result<Frame>[]): void {
    if (this.tooLong) frames.push(rejected("too-large", `A frame is longer than ${wireBytes} bytes.`));
    else if (this.length > 0) frames.push(decodeFrame(this.buffer.subarray(0, this.length)));
    this.length = 0;
    this.tooLong = false;
  }
}
