/**
 * The headers every answer carries. The content security policy is the page's outer wall: own scripts only, nothing
 * inline, no eval but WebAssembly's, Trusted Types for every script sink.
 * @module
 */

/** Directives of the page's policy. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  // xterm.js positions its rows through style elements it makes at run time; scripts stay strict.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  // WebRTC is not governed by connect-src; ws: and wss: reach seeds the user adds.
  "connect-src 'self' ws: wss:",
  "worker-src 'self'",
  // Only the sandbox's page lets itself be framed (veil-policy.ts); everything else here answers frame-ancestors 'none'.
  "frame-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types default",
].join("; ");

/** Headers of every answer. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(self), serial=(self)",
};
