/**
 * What the sandbox's page (`veil.html`) is served with: a policy of its own under which nothing can be fetched, opened or
 * framed, and an opaque origin even if somebody opens the page by its address. The page is one file with one script
 * inside: a script file of its own would be a cross-origin request from an opaque origin, and would have to be
 * readable by every page of the world; a hash in the policy lets exactly this text run and nothing else inline.
 * @module
 */
import { createHash } from "node:crypto";

/** Where the sandbox's page is served. */
export const veilPagePath = "/veil.html";

/** What a meta element cannot say: an opaque origin, whoever opens the page, and nobody else's frames. */
export const veilFramePolicy = "sandbox allow-scripts; frame-ancestors 'self'";

/** The page's only script, between its tags. */
const script = /<script>([\s\S]*?)<\/script>/;

/** The directives that hold wherever the page is served from: they stand in the page itself as well. */
export function veilPagePolicy(scriptText: string): string {
  const hash = createHash("sha256").update(scriptText).digest("base64");
  return [
    "default-src 'none'",
    // blob: is for the glue of components, which the worker loads as a script after it has given up everything else.
    `script-src 'sha256-${hash}' blob: 'wasm-unsafe-eval'`,
    "worker-src blob:",
    "connect-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** Headers of the page, instead of the app's of the same names. */
export function veilPageHeaders(html: string): Readonly<Record<string, string>> {
  const policy = veilPagePolicy(script.exec(html)?.[1] ?? "");
  return {
    "content-security-policy": `${policy}; ${veilFramePolicy}`,
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=()",
  };
}
