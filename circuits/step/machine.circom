pragma circom 2.2.0;
include "bits.circom";
include "select.circom";
// One step of the Veil machine (src/protocol/proofs/machine/): 8 registers, 16 words of memory, 64 instructions.
// Word: immediate16 | rt3 | rs3 | rd3 | opcode4, lowest bits last.
// Opcodes: 0 halt 1 add 2 sub 3 mul 4 and 5 or 6 xor 7 sltu 8 addi 9 shl 10 shr 11 lw 12 sw 13 beq 14 bne 15 li
// Duty of the caller: registers and memory are 32-bit words. The step hands on words in the same range.

// Takes the instruction at pc apart. pc comes as 7 bits at most (63 + 1); its highest bit is dropped, so that it wraps.
template Fetch() {
    signal input program[64];
    signal input pc;
    signal output place;          // pc modulo 64
    signal output operation[16];  // one-hot
    signal output rd[8];          // one-hot
    signal output rs[3];
    signal output rt[3];
    signal output immediate;
    signal output target;         // immediate modulo 64: where a branch goes

    // pc: 7 bits, the low 6 are the place.
    component pcBits = Bits(7);
    pcBits.in <== pc;
    var low = 0;
    for (var i = 0; i < 6; i++) low += pcBits.out[i] * (1 << i);
    place <== low;

    // The word at the place.
    component word = Select(6);
    for (var i = 0; i < 64; i++) word.choices[i] <== program[i];
    for (var i = 0; i < 6; i++) word.selector[i] <== pcBits.out[i];

    // 29 bits: no other decomposition exists, so an executed word is in range.
    component bits = Bits(29);
    bits.in <== word.out;
    component operationFlags = OneHot(4);
    for (var i = 0; i < 4; i++) operationFlags.selector[i] <== bits.out[i];
    for (var i = 0; i < 16; i++) operation[i] <== operationFlags.out[i];
    component rdFlags = OneHot(3);
    for (var i = 0; i < 3; i++) rdFlags.selector[i] <== bits.out[4 + i];
    for (var i = 0; i < 8; i++) rd[i] <== rdFlags.out[i];
    for (var i = 0; i < 3; i++) {
        rs[i] <== bits.out[7 + i];
        rt[i] <== bits.out[10 + i];
    }
    var value = 0;
    for (var i = 0; i < 16; i++) value += bits.out[13 + i] * (1 << i);
    immediate <== value;
    var branch = 0;
    for (var i = 0; i < 6; i++) branch += bits.out[13 + i] * (1 << i);
    target <== branch;
}

// Sum or difference modulo 2^32 of 32-bit words, and whether a >= b (meaningful for differences).
template AddSubtract() {
    signal input a;
    signal input b;
    signal input subtract;        // boolean
    signal output sum;
    signal output noBorrow;
    signal output low[4];         // lowest bits of the sum: a memory address

    // a + b, or a - b + 2^32: both lie in 33 bits, so the bits are unique.
    signal subtracted;
    subtracted <== subtract * b;
    component bits = Bits(33);
    bits.in <== a + b - 2 * subtracted + subtract * (1 << 32);
    var value = 0;
    for (var i = 0; i < 32; i++) value += bits.out[i] * (1 << i);
    sum <== value;
    noBorrow <== bits.out[32];
    for (var i = 0; i < 4; i++) low[i] <== bits.out[i];
}

// a times b, 2^(b mod 32) or 2^(32 - b mod 32): low half for products and left shifts, high half for right shifts.
template MultiplyShift() {
    signal input a;
    signal input b;
    signal input bBits[5];        // lowest bits of b, boolean
    signal input left;            // boolean; not both
    signal input right;           // boolean
    signal output low;
    signal output high;

    // 2^s and 2^(32 - s), a factor per bit of s.
    signal power[5];
    signal opposite[5];
    for (var i = 0; i < 5; i++) {
        var factor = 1 << (1 << i);
        power[i] <== (i == 0 ? 1 : power[i - 1]) * (1 + bBits[i] * (factor - 1));
        opposite[i] <== (i == 0 ? 2 : opposite[i - 1]) * (factor + bBits[i] * (1 - factor));
    }
    // The other factor: b unless shifting.
    signal forLeft;
    forLeft <== left * (power[4] - b);
    signal forRight;
    forRight <== right * (opposite[4] - b);
    signal product;
    product <== a * (b + forLeft + forRight);
    // a < 2^32 and the factor is at most 2^32: 64 bits hold every product, uniquely.
    component bits = Bits(64);
    bits.in <== product;
    var lowValue = 0;
    var highValue = 0;
    for (var i = 0; i < 32; i++) {
        lowValue += bits.out[i] * (1 << i);
        highValue += bits.out[32 + i] * (1 << i);
    }
    low <== lowValue;
    high <== highValue;
}

// The state after one step.
template Step() {
    signal input program[64];
    signal input pc;
    signal input registers[8];
    signal input memory[16];
    signal output nextPc;
    signal output nextRegisters[8];
    signal output nextMemory[16];

    component fetch = Fetch();
    for (var i = 0; i < 64; i++) fetch.program[i] <== program[i];
    fetch.pc <== pc;

    // Operands: rs, and rt or the immediate (addi, lw, sw).
    component rs = Select(3);
    component rt = Select(3);
    for (var i = 0; i < 8; i++) { rs.choices[i] <== registers[i]; rt.choices[i] <== registers[i]; }
    for (var i = 0; i < 3; i++) { rs.selector[i] <== fetch.rs[i]; rt.selector[i] <== fetch.rt[i]; }
    signal a;
    a <== rs.out;
    signal takesImmediate;
    takesImmediate <== fetch.operation[8] + fetch.operation[11] + fetch.operation[12];
    signal b;
    b <== rt.out + takesImmediate * (fetch.immediate - rt.out);

    // Bits of both, and their conjunction; or and xor follow from it without further products.
    component aBits = Bits(32);
    aBits.in <== a;
    component bBits = Bits(32);
    bBits.in <== b;
    signal both[32];
    var conjunction = 0;
    for (var i = 0; i < 32; i++) {
        both[i] <== aBits.out[i] * bBits.out[i];
        conjunction += both[i] * (1 << i);
    }

    component adder = AddSubtract();
    adder.a <== a;
    adder.b <== b;
    adder.subtract <== fetch.operation[2] + fetch.operation[7];

    component multiplier = MultiplyShift();
    multiplier.a <== a;
    multiplier.b <== b;
    for (var i = 0; i < 5; i++) multiplier.bBits[i] <== bBits.out[i];
    multiplier.left <== fetch.operation[9];
    multiplier.right <== fetch.operation[10];

    // Memory at rs + immediate modulo 16: what is there, and rt stored there by sw.
    component address = OneHot(4);
    for (var i = 0; i < 4; i++) address.selector[i] <== adder.low[i];
    signal here[16];
    signal store[16];
    var loaded = 0;
    for (var i = 0; i < 16; i++) {
        here[i] <== address.out[i] * memory[i];
        loaded += here[i];
        store[i] <== fetch.operation[12] * address.out[i];
        nextMemory[i] <== memory[i] + store[i] * (rt.out - memory[i]);
    }

    // The result: exactly one term can be nonzero, and each is a 32-bit word.
    signal result[9];
    result[0] <== (fetch.operation[1] + fetch.operation[2] + fetch.operation[8]) * adder.sum;
    result[1] <== (fetch.operation[3] + fetch.operation[9]) * multiplier.low;
    result[2] <== fetch.operation[10] * multiplier.high;
    result[3] <== fetch.operation[4] * conjunction;
    result[4] <== fetch.operation[5] * (a + b - conjunction);
    result[5] <== fetch.operation[6] * (a + b - 2 * conjunction);
    result[6] <== fetch.operation[7] * (1 - adder.noBorrow);
    result[7] <== fetch.operation[11] * loaded;
    result[8] <== fetch.operation[15] * fetch.immediate;
    var value = 0;
    for (var i = 0; i < 9; i++) value += result[i];

    // Written to rd, except by halt, sw, beq, bne.
    var writes = 1 - fetch.operation[0] - fetch.operation[12] - fetch.operation[13] - fetch.operation[14];
    signal write[8];
    for (var i = 0; i < 8; i++) {
        write[i] <== fetch.rd[i] * writes;
        nextRegisters[i] <== registers[i] + write[i] * (value - registers[i]);
    }

    // pc: stays on halt, goes to the target of a branch taken, else one on (64 wraps in the next fetch).
    component equal = IsZero();
    equal.in <== a - rt.out;
    signal onEqual;
    onEqual <== fetch.operation[13] * equal.out;
    signal onDifferent;
    onDifferent <== fetch.operation[14] * (1 - equal.out);
    signal jump;
    jump <== (onEqual + onDifferent) * (fetch.target - fetch.place - 1);
    nextPc <== fetch.place + 1 - fetch.operation[0] + jump;
}
