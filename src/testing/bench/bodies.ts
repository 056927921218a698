/**
 * The benchmarks that run both in Node and in a browser, by name.
 * @module
 */
import { measureApply } from "./apply.ts";
import { measureBeacon } from "./beacon.ts";
import { measureBls } from "./bls.ts";
import { measureDocuments } from "./documents.ts";
import { measureEcdsa } from "./ecdsa.ts";
import { measureErasure } from "./erasure.ts";
import { measureGrowth } from "./growth.ts";
import { measureMetering } from "./metering.ts";
import { measureNonceSearch } from "./nonce-search.ts";
import type { BenchBody } from "./platform.ts";
import { measureSampler } from "./sampler.ts";
import { measureSealing } from "./sealing.ts";
import { measureStateTree } from "./state-tree.ts";
import { measureSync } from "./sync.ts";

/** Benchmarks by name. */
export const bodies: Readonly<Record<string, BenchBody>> = {
  ecdsa: measureEcdsa,
  apply: measureApply,
  "nonce-search": measureNonceSearch,
  beacon: measureBeacon,
  bls: measureBls,
  sampler: measureSampler,
  erasure: measureErasure,
  sealing: measureSealing,
  documents: measureDocuments,
  "state-tree": () => measureStateTree(1_000_000),
  sync: measureSync,
  growth: measureGrowth,
  metering: measureMetering,
};
