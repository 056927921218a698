/**
 * Looking for withheld bodies without fetching them: before a device takes over a state that others have executed, it asks
 * peers drawn at random for shreds drawn at random of the long bodies it skips. Who makes a body impossible to put together
 * must hold back more than half of its shreds, so each question finds that with a chance of more than a half.
 *
 * What it cannot find: somebody who answers exactly the questions of one device and nobody else's. It asks whoever it is
 * connected to, so a device all of whose peers are one liar's is told what that liar likes.
 * @module
 */
import { fromBigEndian } from "#protocol/codec/bytes.ts";
import { encodeShredRequest, shredAnswers, shredMessageLimits } from "#protocol/messages/shreds.ts";
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { checkShred, type Shred, shredCode } from "#protocol/shreds/shreds.ts";
import type { HeaderEntry } from "../header-index.ts";
import type { Offence } from "../peer-scores.ts";
import { type Clock, type Entropy, type Network, protocols } from "../ports.ts";

/** How much is looked at. */
export const samplingLimits = {
  /**
   * Shreds of a body, all different (all of them where there are fewer). A body that cannot be put together is missed with a
   * chance of at most 2^-16, one in 65 536; they are half a mebibyte of the longest body's two.
   */
  samples: 16,
  /** Blocks whose bodies are sampled: that of the state and those right below it, which peers still keep. */
  blocks: 4,
  /** Peers asked for a shred before it counts as withheld. */
  peers: 3,
  /** A peer that is busy is asked again after so long, so often. */
  busyMs: 1_000,
  busyTries: 4,
  timeoutMs: 10_000,
} as const;

/** What sampling works with. */
export interface DataSamplingParts {
  readonly network: Pick<Network, "peers" | "request">;
  readonly entropy: Entropy;
  readonly clock: Clock;
  offend(peerId: string, offence: Offence, why: string): void;
}

/** Whether a block's body can be had, as far as samples show; gives how many shreds were seen, 0 for a short body. */
export async function sampleBody(parts: DataSamplingParts, { header, hash }: HeaderEntry): Promise<Result<number>> {
  const root = header.shreds;
  if (root === null) return accepted(0);
  const withheld = (index: number): Result<never> =>
    rejected(
      "not-found",
      `No peer gives shred ${index} of block ${header.height}: its data may be withheld, so no state on it is taken over. This device goes on when the data can be had.`,
      { height: header.height, index },
    );
  // How many there are is bound by the root, so any shred says it; this one is no sample: it could be the only one there.
  const first = await shredFrom(parts, { hash, root, index: 0 });
  if (first === null) return withheld(0);
  const { data, parity } = shredCode(first.bodyBytes);
  const drawn = draw(parts.entropy, numbersBelow(data + parity), samplingLimits.samples);
  const seen = await Promise.all(drawn.map((index) => shredFrom(parts, { hash, root, index })));
  const missing = drawn.find((_, i) => seen[i] === null);
  return missing === undefined ? accepted(drawn.length) : withheld(missing);
}

const numbersBelow = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

/** Some of a list at random, each at most once. The remainder's bias is below 2^-24 for lists of hundreds. */
function draw<T>(entropy: Entropy, list: readonly T[], count: number): readonly T[] {
  const left = [...list];
  return Array.from({ length: Math.min(count, list.length) }, () => {
    const at = Number(fromBigEndian(entropy.bytes(4)) % BigInt(left.length));
    return left.splice(at, 1)[0] as T;
  });
}

/** One shred of a block. */
interface Wanted {
  readonly hash: Uint8Array;
  readonly root: Uint8Array;
  readonly index: number;
}

/** A shred from one of some peers; null if none of them gives it. */
async function shredFrom(parts: DataSamplingParts, wanted: Wanted): Promise<Shred | null> {
  const ids = parts.network.peers().map(({ id }) => id);
  for (const id of draw(parts.entropy, ids, samplingLimits.peers)) {
    const shred = await askPatiently(parts, id, wanted);
    if (shred !== null) return shred;
  }
  return null;
}

async function askPatiently(parts: DataSamplingParts, peerId: string, wanted: Wanted): Promise<Shred | null> {
  const { network, clock, offend } = parts;
  const request = encodeShredRequest({ type: "ask", block: wanted.hash, indices: [wanted.index] });
  const limits = { timeoutMs: samplingLimits.timeoutMs, maximumResponseBytes: shredMessageLimits.answerBytes };
  for (let tries = 1; ; tries++) {
    const bytes = await network.request(peerId, protocols.shred, request, limits);
    if (!bytes.ok && bytes.code === "rate-limited" && tries < samplingLimits.busyTries) {
      await new Promise<void>((resolve) => clock.schedule(samplingLimits.busyMs, resolve));
      continue;
    }
    const answer = bytes.ok ? shredAnswers.ask.decode(bytes.value) : bytes;
    const shred = answer.ok ? answer.value[0] : undefined;
    if (shred === undefined) return null;
    if (shred.index === wanted.index && checkShred(wanted.root, shred) === null) return shred;
    offend(peerId, "bad-shred", "a shred that the header does not name, or another than was asked for");
    return null;
  }
}
