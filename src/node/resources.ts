/**
 * What a node takes of its device's storage and connection, under the caps that its user chose.
 * @module
 */
import { accepted, type Result, rejected } from "#protocol/result.ts";
import { Turns } from "#protocol/turns.ts";
import {
  defaultResourceCaps,
  type ResourceCaps,
  type ResourceRequests,
  type ResourcesView,
  servedRange,
} from "#sdk/resources.ts";
import { records, resourceCapsKey } from "./chain-records.ts";
import { guarded } from "./guarded.ts";
import type { Clock, Network, Store } from "./ports.ts";
import { ServingBudget } from "./serving-budget.ts";
import { type BudgetedChain, StorageBudget } from "./storage-budget.ts";

/** What it is measured on. */
export interface ResourcePorts {
  readonly store: Store;
  readonly clock: Clock;
  readonly network: Pick<Network, "traffic">;
}

/** Caps that came over a port, in form; whether a storage cap can be kept only a measurement tells. */
function checkForm({ storageBytes, servedBytesPerSecond }: ResourceCaps): Result<null> {
  const { least, most } = servedRange;
  const isServed = Number.isSafeInteger(servedBytesPerSecond);
  const served = servedBytesPerSecond ?? least;
  if (servedBytesPerSecond !== null && !(isServed && served >= least && served <= most)) {
    const words = `What is sent to others is from ${least} to ${most} bytes a second. With less nobody could fetch a block from here in time. Nothing was changed.`;
    return rejected("invalid-argument", words);
  }
  if (storageBytes !== null && !(Number.isSafeInteger(storageBytes) && storageBytes > 0))
    return rejected("invalid-argument", "Storage is a number of bytes. Nothing was changed.");
  return accepted(null);
}

/** The resources of one node. */
export class Resources {
  readonly serving: ServingBudget;
  private readonly ports: ResourcePorts;
  private caps = defaultResourceCaps;
  private storage: StorageBudget | null = null;
  /** Choices made at once are taken one after the other, so that none is lost. */
  private readonly turns = new Turns();
  readonly requests: ResourceRequests = {
    resources: () => guarded(() => this.view()),
    setResourceCaps: (choice) => guarded(() => this.turns.take(() => this.choose(choice))),
  };

  constructor(ports: ResourcePorts) {
    this.ports = ports;
    this.serving = new ServingBudget(ports.clock);
  }

  /** Takes up what the user chose in an earlier session, for a chain that was loaded. */
  async begin(chain: BudgetedChain): Promise<void> {
    const { store, clock } = this.ports;
    this.storage = new StorageBudget(store, clock, chain);
    const kept = await store.get("meta", resourceCapsKey);
    const read = kept === undefined ? null : records.resourceCaps.decode(kept);
    if (!read?.ok) return;
    this.caps = read.value;
    this.serving.setCap(this.caps.servedBytesPerSecond);
    this.storage.begin(this.caps.storageBytes);
  }

  /** At intervals. */
  async tick(): Promise<void> {
    await this.storage?.tick();
  }

  private async view(): Promise<Result<ResourcesView>> {
    if (this.storage === null) return notStarted;
    const { servedBytes, putOff } = this.serving;
    return accepted({
      caps: this.caps,
      storage: await this.storage.view(),
      traffic: { ...this.ports.network.traffic(), servedBytes, putOff },
    });
  }

  /** Written first, so that what was answered holds after a crash too. */
  private async choose(choice: Partial<ResourceCaps>): Promise<Result<ResourceCaps>> {
    const { storage } = this;
    if (storage === null) return notStarted;
    const { storageBytes, servedBytesPerSecond } = { ...this.caps, ...choice };
    const caps = { storageBytes, servedBytesPerSecond };
    const form = checkForm(caps);
    if (!form.ok) return form;
    // A cap that was possible once and is no longer must not stand in the way of another choice.
    const isNew = storageBytes !== null && storageBytes !== this.caps.storageBytes;
    const refusal = isNew ? await storage.refusal(storageBytes) : null;
    if (refusal !== null) return refusal;
    await this.ports.store.commit([{ table: "meta", key: resourceCapsKey, value: records.resourceCaps.encode(caps) }]);
    const { servedBytesPerSecond: before } = this.caps;
    this.caps = caps;
    if (servedBytesPerSecond !== before) this.serving.setCap(servedBytesPerSecond);
    await storage.setCap(storageBytes);
    return accepted(caps);
  }
}

const notStarted = rejected("disconnected", "The node is still starting.");
