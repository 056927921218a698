/**
 * Stands in for tiny-secp256k1's own loader in the benchmark page (vite.config.ts, mode bench): the package relies on a
 * bundler that hands out exported globals as objects, this instantiates the same binary by hand.
 * @module
 */
import instantiate from "../../../../node_modules/tiny-secp256k1/lib/secp256k1.wasm?init";

const { exports } = await instantiate({
  "./rand.js": { generateInt32: () => crypto.getRandomValues(new Int32Array(1))[0] },
  "./validate_error.js": {
    throwError: (code: number): never => {
      throw new Error(`tiny-secp256k1 refuses with code ${code}`);
    },
  },
});

export default exports;
