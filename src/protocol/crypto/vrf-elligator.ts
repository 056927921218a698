/**
 * ECVRF-EDWARDS25519-SHA512-ELL2 (RFC 9381, suite 0x04): the message becomes a point by Elligator 2 (RFC 9380), in time that
 * does not depend on it. For messages that are secret; the beacon's are public and use the suite of vrf.ts.
 * @module
 */
import { ed25519_hasher } from "@noble/curves/ed25519.js";
import { concatBytes } from "../codec/bytes.ts";
import { type CurvePoint, createVrf, type Vrf } from "./ecvrf.ts";

const octet = 4;
/** `"ECVRF_" ‖ h2c_suite_ID_string ‖ suite_string` (section 5.4.1.2). */
const DST = `ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_${String.fromCharCode(octet)}`;

/** The functions of the suite. */
export const elligatorVrf: Vrf = createVrf({
  octet,
  // The neutral point comes out with a chance of 2^-252.
  encodeToCurve: (salt, message) => ed25519_hasher.encodeToCurve(concatBytes(salt, message), { DST }) as CurvePoint,
});
