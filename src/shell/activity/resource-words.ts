/**
 * How storage and traffic of a node are said to people: the same words in the terminal and in the window.
 * @module
 */
import { type ResourceCaps, type ResourcesView, type StoragePart, storageParts } from "#sdk/resources.ts";
import { bytes } from "../format.ts";

const partWords: Readonly<Record<StoragePart, string>> = {
  blocks: "blocks",
  undo: "what undoes them",
  headers: "headers",
  state: "state",
  pool: "waiting transactions",
  mail: "messages",
  files: "shared files",
  documents: "documents",
  other: "the rest",
};

/** What the node keeps, in one number. */
export function storageWords({ storage, caps }: ResourcesView): string {
  const { totalBytes, blocks } = storage;
  const of = caps.storageBytes === null ? "" : ` of ${bytes(caps.storageBytes)}`;
  const over =
    caps.storageBytes !== null && totalBytes > caps.storageBytes
      ? "; more than the cap: state, headers and the newest blocks need it"
      : "";
  return `${bytes(totalBytes)}${of}, ${blocks.toLocaleString("en")} ${blocks === 1 ? "block" : "blocks"} kept whole${over}`;
}

/** What it is made of, the largest first. */
export function storagePartsWords({ storage }: ResourcesView): string {
  return storageParts
    .filter((part) => storage.parts[part] > 0)
    .toSorted((a, b) => storage.parts[b] - storage.parts[a])
    .map((part) => `${partWords[part]} ${bytes(storage.parts[part])}`)
    .join(", ");
}

/** What goes and comes now, and since the network started. */
export function trafficWords({ traffic }: ResourcesView): string {
  const { receivedBytes, sentBytes, receivedPerSecond, sentPerSecond } = traffic;
  const rate = (perSecond: number): string => `${bytes(Math.round(perSecond))}/s`;
  return `in ${rate(receivedPerSecond)}, out ${rate(sentPerSecond)}; ${bytes(receivedBytes)} in and ${bytes(sentBytes)} out so far`;
}

/** What of it went to who asked for the chain's data. */
export function servedWords({ traffic, caps }: ResourcesView): string {
  const { servedBytes, putOff } = traffic;
  const cap = caps.servedBytesPerSecond === null ? "" : `, at most ${bytes(caps.servedBytesPerSecond)}/s`;
  const later = putOff === 0 ? "" : `; ${putOff} ${putOff === 1 ? "request" : "requests"} put off`;
  return `${bytes(servedBytes)}${cap}${later}`;
}

/** The caps in a line. */
export function resourceCapsWords({ storageBytes, servedBytesPerSecond }: ResourceCaps): string {
  const storage = storageBytes === null ? "no cap" : bytes(storageBytes);
  const served = servedBytesPerSecond === null ? "no cap" : `${bytes(servedBytesPerSecond)}/s`;
  return `storage: ${storage}; chain data sent to others: ${served}`;
}

/** The command that sets one of the caps; sizes as they are typed, "none" for no cap. */
export const resourceCapCommands = {
  storage: (size: string) => `activity cap --storage ${size}`,
  serve: (size: string) => `activity cap --serve ${size}`,
} as const;
