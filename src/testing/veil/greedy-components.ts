/**
 * Components that would have the glue make more than a tab has memory for, were it not paid for and bounded before it is
 * made. Each with how it must end when it may have 1 GiB and 3 000 000 000 units of fuel.
 */
import { handMade, lowered } from "./component-maker.ts";
import { composed } from "./composed-component.ts";

/** One of them. */
export interface GreedyComponent {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Where it ends by a trap, part of what is said of it; else it runs out of fuel. */
  readonly trap?: string;
}

/** Limits under which they end as they say. */
export const greedyLimits = { memoryPages: 16_384, fuel: 3_000_000_000 } as const;

const { folders, makeFolder, poll, random } = lowered;
const named = (length: string): string =>
  `(call $makeFolder (local.get $h) (i32.const 0) (i32.const ${length}) (i32.const 65528))`;
const root = `(drop (memory.grow (i32.const 8000))) (call $folders (i32.const 65520))
  (local.set $h (i32.load (i32.load (i32.const 65520))))`;
const forever = (body: string): string => `(loop $again ${body} (br $again)) (unreachable)`;

/** All of them. */
export async function greedyComponents(): Promise<readonly GreedyComponent[]> {
  return [
    {
      name: "handles",
      bytes: await handMade({
        functions: { poll },
        run: `(drop (memory.grow (i32.const 8000)))
          (call $poll (i32.const 0) (i32.const 100000000) (i32.const 131000)) (i32.const 0)`,
      }),
      trap: "100000000 handles at once; at most 1024",
    },
    {
      name: "text",
      bytes: await handMade({ functions: { folders, makeFolder }, run: `${root} ${named("500000000")} (i32.const 0)` }),
      trap: "500000000 bytes of text at once; at most 16777216",
    },
    {
      name: "bytes",
      bytes: await composed({
        run: `(drop (memory.grow (i32.const 5000)))
          (call $write (call $stdout) (i32.const 0) (i32.const 320000000) (i32.const 8)) (i32.const 0)`,
      }),
      trap: "320000000 bytes at once; at most 16777216",
    },
    {
      name: "longest-text",
      bytes: await handMade({ functions: { folders, makeFolder }, run: `${root} ${forever(named("16777216"))}` }),
    },
    {
      name: "random-bytes",
      bytes: await handMade({
        functions: { random },
        allocate: "(i32.const 0)",
        run: `(drop (memory.grow (i32.const 100))) ${forever("(call $random (i64.const 1048576) (i32.const 2000000))")}`,
      }),
    },
    {
      name: "resources",
      bytes: await composed({ run: forever("(drop (call $new (i32.const 1000)))") }),
      trap: "more than 65536 handles of a kind",
    },
  ];
}
