pragma circom 2.2.0;
// Bits of numbers, and the test for zero.

// The one decomposition of `in` into `count` bits, lowest first; there is none if it does not fit. Sound for up to 253 bits.
template Bits(count) {
    signal input in;
    signal output out[count];
    var sum = 0;
    for (var i = 0; i < count; i++) {
        out[i] <-- (in >> i) & 1;
        out[i] * (out[i] - 1) === 0;
        sum += out[i] * (1 << i);
    }
    sum === in;
}

// out = 1 if in is zero, else 0. The third constraint fixes the inverse of zero as zero: no signal is left free.
template IsZero() {
    signal input in;
    signal output out;
    signal inverse;
    inverse <-- in != 0 ? 1 / in : 0;
    out <== 1 - in * inverse;
    in * out === 0;
    inverse * out === 0;
}
