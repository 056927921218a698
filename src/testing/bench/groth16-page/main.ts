/**
 * The page that measures proofs in a browser: two threads that take turns. Wiring only.
 */
import { connect } from "#sdk/rpc.ts";
import type { ContenderThread, Groth16Page, Turn } from "./contract.ts";

const start = (worker: Worker): ContenderThread => {
  worker.addEventListener("error", (event) => console.error(event.message || "a worker's script did not load"));
  return connect<ContenderThread>(worker).methods;
};
const ours = start(new Worker(new URL("./ours.worker.ts", import.meta.url), { type: "module" }));
const theirs = start(new Worker(new URL("./snarkjs.worker.ts", import.meta.url), { type: "module" }));

const page: Groth16Page = {
  run: async (turns, signals, verificationKey) => {
    const measured = { ours: [] as Turn[], theirs: [] as Turn[] };
    for (let turn = 0; turn <= turns; turn++) {
      const mine = await ours.turn(signals, verificationKey);
      const other = await theirs.turn(signals, verificationKey);
      if (turn === 0) continue;
      measured.ours.push(mine);
      measured.theirs.push(other);
    }
    // The driver gets plain numbers: bytes do not cross to it.
    return { ours: measured.ours.map((turn) => ({ ...turn, proof: [...turn.proof] })), theirs: measured.theirs };
  },
};
(window as unknown as { groth16: Groth16Page }).groth16 = page;
