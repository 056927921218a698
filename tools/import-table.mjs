/**
 * Who may import whom: the rule as data. `npm run check` enforces it with dependency-cruiser (type imports included)
 * and compares it with the table in src/README.md.
 * @module
 */

/** Our modules (folders of src/) and the modules each may import besides itself. */
export const importTable = {
  protocol: [],
  identity: ["protocol"],
  sdk: ["protocol"],
  veil: ["protocol"],
  interchange: ["protocol"],
  wallet: ["protocol", "identity"],
  node: ["protocol", "identity", "wallet", "sdk"],
  platform: ["protocol", "identity", "node", "sdk", "veil"],
  shell: ["protocol", "identity", "wallet", "sdk", "veil", "interchange"],
  seed: ["protocol", "identity", "wallet", "node", "sdk", "veil", "interchange", "platform"],
};

/** Packages the protocol may stand on. Everything else reaches it through an interface. */
export const protocolPackages = ["@noble/curves", "@noble/hashes", "@noble/ciphers", "@scure/base"];
