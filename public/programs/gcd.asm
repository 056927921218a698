; Greatest common divisor by subtraction.   input: a, b   output: word 2
        lw   r1, 0(r0)
        lw   r2, 1(r0)
        beq  r2, r0, done    ; gcd(a, 0) = a
        beq  r1, r0, swap    ; gcd(0, b) = b
again:  beq  r1, r2, done
        sltu r3, r1, r2
        beq  r3, r0, first
        sub  r2, r2, r1
        jmp  again
first:  sub  r1, r1, r2
        jmp  again
swap:   mov  r1, r2
done:   sw   r1, 2(r0)
        halt
