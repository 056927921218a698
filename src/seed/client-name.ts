/**
 * Under which name a client's share of a seed is counted: its address, but of IPv6 the network of 64 bits, which is what one
 * household is given; with each of its addresses counted apart, one client would be as many as it likes.
 * @module
 */
import { isIPv6 } from "node:net";

/** The name of who has this address. */
export function clientName(address = ""): string {
  const [bare = ""] = address.split("%", 1);
  const [, mapped] = /^::ffff:([\d.]+)$/i.exec(bare) ?? [];
  if (mapped !== undefined || !isIPv6(bare)) return mapped ?? address;
  const [head = "", tail] = bare.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after].slice(0, 4);
  return `${groups.map((group) => Number.parseInt(group, 16).toString(16)).join(":")}::/64`;
}
