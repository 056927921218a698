/** Who counts as one client of a seed. */
import { expect, it } from "vitest";
import { clientName } from "./client-name.ts";

it("is one address of IPv4, however it is written, and one network of IPv6", () => {
  expect(clientName("192.0.2.1")).toBe("192.0.2.1");
  expect(clientName("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(clientName("192.0.2.1")).not.toBe(clientName("192.0.2.2"));
  const same = ["2001:db8:1:2::1", "2001:0db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::", "2001:DB8:1:2::9%eth0"];
  expect(new Set(same.map(clientName))).toEqual(new Set(["2001:db8:1:2::/64"]));
  expect(clientName("2001:db8:1:3::1")).not.toBe(clientName("2001:db8:1:2::1"));
  expect(clientName("::1")).toBe("0:0:0:0::/64");
  expect(clientName("fe80::1:2:3:4")).toBe("fe80:0:0:0::/64");
  expect(clientName(undefined)).toBe("");
});
