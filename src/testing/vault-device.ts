/**
 * A tab with files and a real vault of its own, on a simulated node: lines are typed into its shell.
 * @module
 */
import type { Clock } from "#node/ports.ts";
import type { HeldFile } from "#protocol/files/held-file.ts";
import type { Client, VaultRequests } from "#sdk/contract.ts";
import { createFileCipher } from "../platform/browser/files/file-cipher.ts";
import { createVaultService } from "../platform/browser/vault-service.ts";
import { must } from "./mail-fixtures.ts";
import { memoryVaultParts } from "./memory-vault.ts";
import { Random } from "./random.ts";
import { filesIn } from "./shell-on-files.ts";
import { type TypedLine, testEnvironment, typeLine } from "./shell-on-node.ts";
import type { SimulatedNode, Simulation } from "./simulator.ts";

/** A tab with files and a vault of its own. */
export class VaultDevice {
  readonly files = new Map<string, Uint8Array>();
  readonly vault: VaultRequests;
  readonly node: SimulatedNode;
  readonly random: Random;
  /** What stands in the way of the next changes of the vault. */
  fault: VaultRequests["changeHeldFiles"] | null = null;
  /** What the node or the vault says in the place of its answer. */
  requests: Partial<Client> = {};
  private readonly simulation: Simulation;

  /** `clock`: the vault's own. */
  constructor(simulation: Simulation, node: SimulatedNode, number: number, clock: Clock) {
    this.simulation = simulation;
    this.node = node;
    this.random = new Random(number);
    this.vault = createVaultService(memoryVaultParts(new Random(number + 50), clock));
  }

  private client(): Client {
    const { node } = this.node;
    return {
      ...this.vault,
      ...node.requests,
      ...this.requests,
      heldFiles: () => (this.requests.heldFiles ?? this.vault.heldFiles)(),
      changeHeldFiles: (change) => (this.fault ?? this.vault.changeHeldFiles)(change),
      subscribe: (listener) => node.subscribe(listener),
    } as Client;
  }

  /** Types a line; `answer` is what is said to every question. */
  type(line: string, answer: string | null = "y"): Promise<TypedLine> {
    const bytes = (length: number): Uint8Array => this.random.bytes(length);
    const environment = {
      ...testEnvironment(),
      randomBytes: bytes,
      nowMs: () => this.simulation.clock.nowMs(),
      files: filesIn(this.files),
      startFileCipher: () => ({ ...createFileCipher({ bytes }), end: () => undefined }),
      addressOf: (path: string) => `https://here${path}`,
    };
    return typeLine(this.simulation, this.client(), environment, line, answer);
  }

  /** What its vault remembers of files among peers. */
  async held(): Promise<readonly HeldFile[]> {
    return must(await this.vault.heldFiles());
  }
}

/** The link that a shell has shown, without the address of the app. */
export const linkIn = (text: string): string => /https:\/\/here\/#file=(\S+)/.exec(text)?.[1] ?? "";
