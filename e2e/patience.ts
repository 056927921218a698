/**
 * How long a test waits for anything at most. It ends when what it waits for is there; a machine that gives most of its
 * processors away must not make a test fail, so this is only the end of what never comes.
 */
export const patienceMs = 180_000;
