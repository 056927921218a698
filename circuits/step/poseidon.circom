pragma circom 2.2.0;
include "poseidon-constants.circom"; // written by tools/circuits.mjs from the Grain generator
// Poseidon with circomlib's parameters (x^5, 8 full rounds) and digests; tests compare them. One template without
// components: circomlib's copies all constants into each of its 200, which makes the witness program ten times as large.

// out = Poseidon(inputs). Only the S-boxes are constraints, three products each; between them everything is linear.
template Poseidon(count) {
    signal input inputs[count];
    signal output out;

    var width = count + 1;
    var partial = poseidonPartialRounds(width);
    var rounds = 8 + partial;
    var constants[76 * 17] = poseidonRoundConstants(width);
    var matrix[17 * 17] = poseidonMatrix(width);

    // The first and last four rounds put every element through the S-box, those between only the first.
    signal square[8][width];
    signal fourth[8][width];
    signal fifth[8][width];
    signal partialSquare[partial];
    signal partialFourth[partial];
    signal partialFifth[partial];

    var state[width];
    var mixed[width];
    state[0] = 0;
    for (var i = 0; i < count; i++) state[i + 1] = inputs[i];
    for (var round = 0; round < rounds; round++) {
        for (var i = 0; i < width; i++) state[i] += constants[round * width + i];
        if (round >= 4 && round < 4 + partial) {
            var r = round - 4;
            partialSquare[r] <== state[0] * state[0];
            partialFourth[r] <== partialSquare[r] * partialSquare[r];
            partialFifth[r] <== partialFourth[r] * state[0];
            state[0] = partialFifth[r];
        } else {
            var r = round < 4 ? round : round - partial;
            for (var i = 0; i < width; i++) {
                square[r][i] <== state[i] * state[i];
                fourth[r][i] <== square[r][i] * square[r][i];
                fifth[r][i] <== fourth[r][i] * state[i];
                state[i] = fifth[r][i];
            }
        }
        for (var i = 0; i < width; i++) {
            mixed[i] = 0;
            for (var j = 0; j < width; j++) mixed[i] += matrix[i * width + j] * state[j];
        }
        for (var i = 0; i < width; i++) state[i] = mixed[i];
    }
    out <== state[0];
}
