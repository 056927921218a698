; Steps of the Collatz sequence down to 1 (modulo 2^32).   input: n > 0   output: word 1
        lw   r1, 0(r0)
        li   r2, 1
        li   r3, 3
        li   r7, 0           ; steps
next:   beq  r1, r2, done
        addi r7, r7, 1
        and  r4, r1, r2
        beq  r4, r0, even
        mul  r1, r1, r3
        addi r1, r1, 1
        jmp  next
even:   shr  r1, r1, r2
        jmp  next
done:   sw   r7, 1(r0)
        halt
