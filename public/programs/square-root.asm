; Whole square root, digit by digit.   input: n   output: word 1
        lw   r1, 0(r0)       ; rest
        li   r2, 0           ; root
        li   r3, 1
        li   r4, 30
        shl  r3, r3, r4      ; one digit, from 4^15 down
        li   r6, 1
        li   r7, 2
next:   beq  r3, r0, done
        add  r4, r2, r3
        shr  r2, r2, r6
        sltu r5, r1, r4
        bne  r5, r0, small
        sub  r1, r1, r4
        add  r2, r2, r3
small:  shr  r3, r3, r7
        jmp  next
done:   sw   r2, 1(r0)
        halt
