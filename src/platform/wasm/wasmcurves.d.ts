/** The prebuilt module of wasmcurves: its code as base64 and addresses inside it. */
declare module "wasmcurves/build/bn128_wasm.js" {
  export const code: string;
  export const pG1gen: number;
  export const pG2gen: number;
  export const pG1b: number;
  export const pG2b: number;
  export const prePSize: number;
  export const preQSize: number;
}
