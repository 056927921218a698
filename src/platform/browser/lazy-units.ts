/**
 * The sampling units behind a loader: their code is fetched when somebody first asks for them.
 * @module
 */
import type { SamplingUnits } from "#sdk/units.ts";

/** Loads once, at the first request. Listeners may come before. */
export function lazyUnits(load: () => Promise<SamplingUnits>): SamplingUnits {
  const listeners = new Set<(message: string) => void>();
  let loading: Promise<SamplingUnits> | null = null;
  const units = (): Promise<SamplingUnits> => {
    loading ??= load().then((loaded) => {
      loaded.onNotice((message) => {
        for (const listener of [...listeners]) listener(message);
      });
      return loaded;
    });
    // A fetch that failed is tried again by the next request.
    loading.catch(() => {
      loading = null;
    });
    return loading;
  };
  return {
    list: async () => (await units()).list(),
    connect: async (transport) => (await units()).connect(transport),
    disconnect: async () => (await units()).disconnect(),
    sample: async (request, stopped, onProgress) => (await units()).sample(request, stopped, onProgress),
    health: async () => (await units()).health(),
    onNotice: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
