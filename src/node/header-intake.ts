/**
 * Taking headers in: each is checked by itself and against its ancestors and put into the index; the beacon proofs of all
 * that came together are checked in one batch. Below a final block that is still to come, they are not: the chain of hashes
 * that ends in it vouches for them, and no branch that does not end in it is ever taken over.
 * @module
 */
import { nextBeaconValue } from "#protocol/consensus/beacon.ts";
import type { Header } from "#protocol/consensus/header.ts";
import { type BeaconCheck, validateHeaderAlone, validateHeaderInContext } from "#protocol/consensus/validate-header.ts";
import { vrfClaimedOutput } from "#protocol/crypto/vrf.ts";
import type { NetworkParameters } from "#protocol/parameters.ts";
import { accepted, type Rejected, type Result, rejected } from "#protocol/result.ts";
import type { ChainReader } from "./chain-reader.ts";
import type { FinalityView } from "./finality-view.ts";
import type { HeaderEntry } from "./header-index.ts";
import type { BeaconVerifier } from "./ports.ts";

/** The way of headers into an index. Its calls must not overlap. */
export class HeaderIntake {
  private readonly reader: ChainReader;
  private readonly parameters: NetworkParameters;
  private readonly beaconVerifier: BeaconVerifier;
  private readonly finality: Pick<FinalityView, "isSettled" | "finalised">;

  constructor(
    reader: ChainReader,
    parameters: NetworkParameters,
    beaconVerifier: BeaconVerifier,
    finality: Pick<FinalityView, "isSettled" | "finalised">,
  ) {
    this.finality = finality;
    this.reader = reader;
    this.parameters = parameters;
    this.beaconVerifier = beaconVerifier;
  }

  /** Adds headers that follow each other, parents first; gives their entries, new or known. */
  async connect(headers: readonly Header[], networkTimeMs: number): Promise<Result<readonly HeaderEntry[]>> {
    const entries: HeaderEntry[] = [];
    const fresh: HeaderEntry[] = [];
    const checks: BeaconCheck[] = [];
    let refusal: Rejected | null = null;
    for (const header of headers) {
      const placed = await this.placeHeader(header, networkTimeMs);
      if (!placed.ok) {
        refusal = placed;
        break;
      }
      entries.push(placed.value.entry);
      if (placed.value.check === null) continue;
      fresh.push(placed.value.entry);
      checks.push(placed.value.check);
    }
    // Children need their parents in the index, so headers enter it before their proofs are checked, all in one batch.
    const good = checks.length === 0 ? [] : await this.beaconVerifier.verifyBatch(checks);
    const bad = fresh.filter((_, i) => good[i] !== true);
    if (bad.length === 0) return refusal ?? accepted(entries);
    const wrong = rejected("wrong-beacon", "The beacon proof is not the proposer's.");
    // All of them: headers that came together need not be one branch.
    for (const entry of bad) this.reader.index.invalidate(entry, wrong);
    return wrong;
  }

  /** Puts one header into the index; gives the beacon proof that is still to be checked, null if none is. */
  private async placeHeader(
    header: Header,
    networkTimeMs: number,
  ): Promise<Result<{ entry: HeaderEntry; check: BeaconCheck | null }>> {
    const alone = validateHeaderAlone(header, this.parameters);
    if (!alone.ok) return alone;
    const known = this.reader.index.get(alone.value);
    if (known !== undefined) return known.invalid ?? accepted({ entry: known, check: null });
    if (this.finality.isSettled(header.height, alone.value) && (await this.reader.find(alone.value)) === undefined) {
      const message = `Another block is final at height ${header.height}: this branch cannot be taken any more.`;
      return rejected("below-finalised", message, { height: header.height });
    }
    const parent = await this.reader.find(header.parent);
    if (parent === undefined) return rejected("unknown-parent", "The block's parent is not known here.");
    if (parent.invalid !== null) return { ...parent.invalid, code: "invalid-ancestor" };
    const context = await this.reader.contextAfter(parent, networkTimeMs);
    const check = validateHeaderInContext(header, context, this.parameters);
    if (!check.ok) return check;
    const output = vrfClaimedOutput(header.beacon);
    if (output === null) return rejected("wrong-beacon", "The beacon proof is malformed.");
    this.reader.index.put(parent);
    const entry = this.reader.index.add(header, alone.value, nextBeaconValue(parent.beaconValue, output));
    return accepted({ entry, check: header.height <= this.finality.finalised.height ? null : check.value });
  }
}
