/** The prebuilt modules of wasmcurves: their code as base64 and addresses inside them. */
declare module "wasmcurves/build/bn128_wasm.js" {
  export const code: string;
  export const pG1gen: number;
  export const pG2gen: number;
  export const pG1b: number;
  export const pG2b: number;
  export const prePSize: number;
  export const preQSize: number;
}
declare module "wasmcurves/build/bls12381_wasm.js" {
  export const code: string;
  export const pG1gen: number;
  export const pG1b: number;
  export const pG2b: number;
  export const prePSize: number;
  export const preQSize: number;
}
