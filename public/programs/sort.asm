; Sorts eight words in place, smallest first.   input: 8 words   output: words 0 to 7
        li   r1, 7           ; last place of this round
outer:  li   r2, 0
inner:  lw   r3, 0(r2)
        lw   r4, 1(r2)
        sltu r5, r4, r3
        beq  r5, r0, keep
        sw   r4, 0(r2)
        sw   r3, 1(r2)
keep:   addi r2, r2, 1
        bne  r2, r1, inner
        li   r5, 1
        sub  r1, r1, r5
        bne  r1, r0, outer
        halt
