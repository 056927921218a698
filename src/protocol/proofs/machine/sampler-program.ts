/**
 * The built-in sampler: heat-bath (block Gibbs) updates of a ring of 32 Ising spins with couplings ±1, all spins of one
 * colour at once, one bit each. It is what blocks prove while no user's job waits; a pass of its loop is about one segment.
 * @module
 */
import { fromBigEndian } from "../../codec/bytes.ts";
import { taggedHash } from "../../codec/hash.ts";
import { assemble } from "./assembler.ts";
import type { MachineState, Program } from "./program.ts";

/** Memory words of the sampler. */
export const samplerMemory = { spins: 0, couplings: 1, random: 2, colour: 3, ones: 4, passes: 5 } as const;

/** Half-sweeps an instance runs before it halts. */
const samplerPasses = 1_000;

/**
 * A spin whose neighbours agree follows them with probability 3/4, one whose neighbours cancel is drawn evenly: the exact
 * conditional law at inverse temperature β = ln(3)/4. Random words are xorshift32's.
 */
const source = `
start:  lw   r1, 0(r0)       ; spins
        lw   r2, 1(r0)       ; couplings: bit i set makes i and i + 1 repel
        lw   r3, 2(r0)       ; random word
        lw   r4, 3(r0)       ; spins of this colour
        xor  r6, r1, r2      ; what each left neighbour asks for
        li   r7, 1
        shl  r5, r6, r7
        li   r7, 31
        shr  r6, r6, r7
        or   r6, r6, r5
        shl  r5, r1, r7      ; what each right neighbour asks for
        li   r7, 1
        shr  r0, r1, r7
        or   r5, r5, r0
        xor  r5, r5, r2
        xor  r5, r5, r6      ; where the two cancel
        li   r7, 13
        shl  r7, r3, r7
        xor  r3, r3, r7
        li   r7, 17
        shr  r7, r3, r7
        xor  r3, r3, r7
        li   r7, 5
        shl  r7, r3, r7
        xor  r3, r3, r7
        xor  r0, r6, r3
        and  r0, r0, r5
        xor  r0, r0, r6      ; neighbours' wish, or a fair coin
        li   r7, 13
        shl  r7, r3, r7
        xor  r3, r3, r7
        li   r7, 17
        shr  r7, r3, r7
        xor  r3, r3, r7
        li   r7, 5
        shl  r7, r3, r7
        xor  r3, r3, r7
        mov  r5, r3
        li   r7, 13
        shl  r7, r3, r7
        xor  r3, r3, r7
        li   r7, 17
        shr  r7, r3, r7
        xor  r3, r3, r7
        li   r7, 5
        shl  r7, r3, r7
        xor  r3, r3, r7
        and  r5, r5, r3      ; heat: one bit in four
        xor  r0, r0, r5
        xor  r0, r0, r1
        and  r0, r0, r4
        xor  r1, r1, r0
        sub  r0, r0, r0
        sw   r1, 0(r0)
        sw   r3, 2(r0)
        lw   r7, 4(r0)
        xor  r4, r4, r7      ; the other colour
        sw   r4, 3(r0)
        lw   r5, 5(r0)
        add  r5, r5, r7      ; one pass less: all ones is minus one
        sw   r5, 5(r0)
        bne  r5, r0, start
        halt
`;

function assembled(): Program {
  const result = assemble(source);
  if (!result.ok) throw new Error(result.message);
  return result.value.program;
}

/** The sampler's words. Its commitment is pinned by a test: changing it changes consensus. */
export const samplerProgram: Program = assembled();

/** The instance that a seed draws: spins, couplings and the first random word. */
export function samplerInstance(seed: Uint8Array): MachineState {
  const digest = taggedHash("aether/sampler/1", seed);
  const wordAt = (place: number): number => Number(fromBigEndian(digest.subarray(4 * place, 4 * place + 4)));
  const memory = new Uint32Array(16);
  memory[samplerMemory.spins] = wordAt(0);
  memory[samplerMemory.couplings] = wordAt(1);
  // Zero is the one word that xorshift never leaves.
  memory[samplerMemory.random] = wordAt(2) || 1;
  memory[samplerMemory.colour] = 0x55555555;
  memory[samplerMemory.ones] = 0xffffffff;
  memory[samplerMemory.passes] = samplerPasses;
  return { registers: new Uint32Array(8), memory, pc: 0 };
}
