import { storeContract } from "#testing/store-contract.ts";
import { MemoryStore } from "./memory-store.ts";

const stores = new Map<string, MemoryStore>();
storeContract("memory", {
  open: (name) => {
    const store = stores.get(name)?.reopen() ?? new MemoryStore();
    stores.set(name, store);
    return Promise.resolve(store);
  },
});
