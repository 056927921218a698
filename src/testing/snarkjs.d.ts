/** What the benchmarks call of snarkjs in a browser; it has no types of its own. */
declare module "snarkjs" {
  export const groth16: {
    prove(key: Uint8Array, witness: Uint8Array): Promise<{ proof: object; publicSignals: readonly string[] }>;
    verify(key: object, signals: readonly string[], proof: object): Promise<boolean>;
  };
}
