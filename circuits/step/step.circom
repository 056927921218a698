pragma circom 2.2.0;
include "bits.circom";
include "poseidon.circom";
include "machine.circom";
// 64 steps of the Veil machine from one committed state to the next, under a committed program, bound to a context.
// Statement, order of the public signals and duties of the verifier: circuits/README.md.

// Poseidon over the hashes of four times 16 words, as src/protocol/proofs/machine/commitment.ts. Unpacked words need no
// range check here: an executed word is checked where it is fetched, the others mean nothing.
template ProgramCommitment() {
    signal input program[64];
    signal output out;
    component chunks[4];
    component root = Poseidon(4);
    for (var i = 0; i < 4; i++) {
        chunks[i] = Poseidon(16);
        for (var j = 0; j < 16; j++) chunks[i].inputs[j] <== program[16 * i + j];
        root.inputs[i] <== chunks[i].out;
    }
    out <== root.out;
}

// Poseidon over registers, memory and pc, seven 32-bit words to an element, and the blinding.
// Duty of the caller: all are in range, else two states could share a packing.
template StateCommitment() {
    signal input registers[8];
    signal input memory[16];
    signal input pc;
    signal input blinding;
    signal output out;
    component hash = Poseidon(5);
    for (var element = 0; element < 4; element++) {
        var packed = 0;
        for (var i = 0; i < 7; i++) {
            var word = 7 * element + i;
            if (word < 8) packed += registers[word] * (1 << (32 * i));
            else if (word < 24) packed += memory[word - 8] * (1 << (32 * i));
            else if (word == 24) packed += pc * (1 << (32 * i));
        }
        hash.inputs[element] <== packed;
    }
    hash.inputs[4] <== blinding;
    out <== hash.out;
}

template Segment(steps) {
    // Public, in this order.
    signal input programCommitment;
    signal input commitmentBefore;
    signal input commitmentAfter;
    signal input context;
    // Private.
    signal input program[64];
    signal input registers[8];
    signal input memory[16];
    signal input pc;
    signal input blindingBefore;
    signal input blindingAfter;

    // The context takes part in nothing; its square keeps it inside the constraints.
    signal contextSquare;
    contextSquare <== context * context;

    component program_ = ProgramCommitment();
    for (var i = 0; i < 64; i++) program_.program[i] <== program[i];
    program_.out === programCommitment;

    // The first state is in range; every step keeps it there.
    component registerRange[8];
    for (var i = 0; i < 8; i++) { registerRange[i] = Bits(32); registerRange[i].in <== registers[i]; }
    component memoryRange[16];
    for (var i = 0; i < 16; i++) { memoryRange[i] = Bits(32); memoryRange[i].in <== memory[i]; }
    component pcRange = Bits(6);
    pcRange.in <== pc;

    component before = StateCommitment();
    for (var i = 0; i < 8; i++) before.registers[i] <== registers[i];
    for (var i = 0; i < 16; i++) before.memory[i] <== memory[i];
    before.pc <== pc;
    before.blinding <== blindingBefore;
    before.out === commitmentBefore;

    // The steps.
    component step[steps];
    for (var k = 0; k < steps; k++) {
        step[k] = Step();
        for (var i = 0; i < 64; i++) step[k].program[i] <== program[i];
        step[k].pc <== k == 0 ? pc : step[k - 1].nextPc;
        for (var i = 0; i < 8; i++) step[k].registers[i] <== k == 0 ? registers[i] : step[k - 1].nextRegisters[i];
        for (var i = 0; i < 16; i++) step[k].memory[i] <== k == 0 ? memory[i] : step[k - 1].nextMemory[i];
    }

    // The last pc modulo 64, as the next segment's first fetch would read it.
    component lastPc = Bits(7);
    lastPc.in <== step[steps - 1].nextPc;
    var place = 0;
    for (var i = 0; i < 6; i++) place += lastPc.out[i] * (1 << i);

    component after = StateCommitment();
    for (var i = 0; i < 8; i++) after.registers[i] <== step[steps - 1].nextRegisters[i];
    for (var i = 0; i < 16; i++) after.memory[i] <== step[steps - 1].nextMemory[i];
    after.pc <== place;
    after.blinding <== blindingAfter;
    after.out === commitmentAfter;
}

component main {public [programCommitment, commitmentBefore, commitmentAfter, context]} = Segment(64);
