/**
 * snarkjs in a process of its own: it refuses to load in a worker thread, where tests run. Reads one request as JSON from
 * standard input: proofs to verify, or a key and witness file to prove with; answers with results and milliseconds each.
 */
import { readFileSync } from "node:fs";
import { groth16 } from "snarkjs";

const request = JSON.parse(readFileSync(0, "utf8"));
const answers = [];
for (const { key, signals, proof } of request.verify ?? []) {
  const startMs = performance.now();
  const good = await groth16.verify(key, signals, proof);
  answers.push({ good, ms: performance.now() - startMs });
}
for (let round = 0; round < (request.prove?.rounds ?? 0); round++) {
  const key = new Uint8Array(readFileSync(request.prove.key));
  const witness = new Uint8Array(readFileSync(request.prove.witness));
  const startMs = performance.now();
  const before = process.cpuUsage();
  const { proof, publicSignals } = await groth16.prove(key, witness, undefined, request.prove.options);
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(before);
  answers.push({
    processorMs: (user + system) / 1_000,
    good: await groth16.verify(request.prove.verificationKey, publicSignals, proof),
    ms,
  });
}
process.stdout.write(JSON.stringify({ answers, peakBytes: process.resourceUsage().maxRSS * 1024 }));
process.exit(0);
