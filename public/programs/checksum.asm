; FNV-1a over eight words, a word at a time.   input: 8 words   output: word 8
        li   r6, 16
        li   r1, 0x811c      ; offset basis 0x811c9dc5
        shl  r1, r1, r6
        addi r1, r1, 0x9dc5
        li   r2, 0x0100      ; prime 0x01000193
        shl  r2, r2, r6
        addi r2, r2, 0x0193
        li   r3, 0
        li   r4, 8
next:   lw   r5, 0(r3)
        xor  r1, r1, r5
        mul  r1, r1, r2
        addi r3, r3, 1
        bne  r3, r4, next
        sw   r1, 8(r0)
        halt
