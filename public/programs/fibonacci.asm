; Fibonacci number n modulo 2^32.   input: n   output: word 1
        lw   r1, 0(r0)       ; n
        li   r2, 0           ; F(i)
        li   r3, 1           ; F(i + 1)
        li   r4, 0           ; i
next:   beq  r4, r1, done
        add  r5, r2, r3
        mov  r2, r3
        mov  r3, r5
        addi r4, r4, 1
        jmp  next
done:   sw   r2, 1(r0)
        halt
