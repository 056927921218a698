/**
 * Kernels that are compiled twice from one source, with SIMD and without.
 * @module
 */
import { base64 } from "@scure/base";

/** Which build of a kernel runs. */
export type KernelBuild = "simd" | "scalar";

/** A kernel's builds: WebAssembly, base64. */
type KernelBuilds = Readonly<Record<KernelBuild, string>>;

const bytesOf = (builds: KernelBuilds, build: KernelBuild): Uint8Array<ArrayBuffer> =>
  base64.decode(builds[build]) as Uint8Array<ArrayBuffer>;

/** A kernel that has started. */
interface StartedKernel<Exports> {
  readonly build: KernelBuild;
  readonly kernel: Exports;
}

/** Starts an instance of its own: of the build asked for, or else of the fastest that this engine accepts. */
export async function startBuild<Exports>(builds: KernelBuilds, asked?: KernelBuild): Promise<StartedKernel<Exports>> {
  const build = asked ?? (WebAssembly.validate(bytesOf(builds, "simd")) ? "simd" : "scalar");
  const { instance } = await WebAssembly.instantiate(bytesOf(builds, build), {});
  return { build, kernel: instance.exports as unknown as Exports };
}
