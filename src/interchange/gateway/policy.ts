/**
 * What files that strangers published may do in a browser, though they come from the origin under which the app runs.
 * @module
 */

/** What anything under `/ipfs/` may do in a browser: be seen, and be downloaded. */
export const gatewayPolicy = [
  "sandbox allow-downloads",
  "default-src 'none'",
  "img-src 'self' data:",
  "media-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
