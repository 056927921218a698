pragma circom 2.2.0;
// Selection by bits. Every selector handed in must be boolean already; no template here checks it.

// Picks choices[selector], the selector given as bits, lowest first: one product per inner node of the tree.
template Select(bits) {
    var count = 1 << bits;
    signal input choices[count];
    signal input selector[bits];
    signal output out;

    signal difference[count - 1];
    var level[count];
    for (var i = 0; i < count; i++) level[i] = choices[i];
    var width = count;
    var next = 0;
    for (var bit = 0; bit < bits; bit++) {
        width = width / 2;
        for (var i = 0; i < width; i++) {
            difference[next] <== selector[bit] * (level[2 * i + 1] - level[2 * i]);
            level[i] = level[2 * i] + difference[next];
            next++;
        }
    }
    out <== level[0];
}

// out[i] = 1 where i is the selector's value, else 0. With boolean selectors exactly one output is 1.
template OneHot(bits) {
    var count = 1 << bits;
    signal input selector[bits];
    signal output out[count];

    // The first bit costs nothing; each later one splits every flag in two with one product.
    signal split[count - 2];
    var flags[count];
    flags[1] = selector[0];
    flags[0] = 1 - selector[0];
    var width = 2;
    var next = 0;
    for (var bit = 1; bit < bits; bit++) {
        for (var i = 0; i < width; i++) {
            split[next] <== flags[i] * selector[bit];
            flags[i + width] = split[next];
            flags[i] = flags[i] - split[next];
            next++;
        }
        width = width * 2;
    }
    for (var i = 0; i < count; i++) out[i] <== flags[i];
}
