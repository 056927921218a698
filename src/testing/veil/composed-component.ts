/**
 * A program made of three components, as tools for composition put them together: a library with a resource of its own, a
 * component in the middle that passes its handles on, and a command that uses both and writes to WASI's output.
 */
import { assembled } from "./component-maker.ts";

const allocator = `(global $top (mut i32) (i32.const 4096))
      (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
        (global.get $top) (global.set $top (i32.and (i32.add (i32.add (global.get $top) (local.get 3)) (i32.const 7)) (i32.const -8))))`;

const counterMembers = `
        (export $counter "counter" (type (sub resource)))
        (export "upper" (func (param "text" string) (result string)))
        (export "sum" (func (param "items" (list (tuple u8 u16 u32 u64 s8 s16 string))) (result u64)))
        (export "[constructor]counter" (func (param "start" u32) (result (own $counter))))
        (export "[method]counter.add" (func (param "self" (borrow $counter)) (param "n" u32) (result u32)))`;

const clock = `(import "wasi:clocks/monotonic-clock@0.2.3" (instance $clock
      (type $u u64)
      (export $t "instant" (type (eq $u)))
      (export "now" (func (result $t)))))`;

const streams = `(import "wasi:io/error@0.2.3" (instance $error (export "error" (type (sub resource)))))
    (alias export $error "error" (type $error))
    (import "wasi:io/streams@0.2.3" (instance $streams
      (alias outer 1 $error (type $e0))
      (export $e "error" (type (eq $e0)))
      (export $out "output-stream" (type (sub resource)))
      (type $failed (variant (case "last-operation-failed" (own $e)) (case "closed")))
      (export $fail "stream-error" (type (eq $failed)))
      (export "[method]output-stream.blocking-write-and-flush"
        (func (param "self" (borrow $out)) (param "contents" (list u8)) (result (result (error $fail)))))))
    (alias export $streams "output-stream" (type $stream))
    (import "wasi:cli/stdout@0.2.3" (instance $stdout
      (alias outer 1 $stream (type $s0))
      (export $s "output-stream" (type (eq $s0)))
      (export "get-stdout" (func (result (own $s))))))`;

/** Capitals, sums, and counters whose destructor looks at the clock. Those that start at 1000 or more share one place. */
const library = `(component $library
    ${clock}
    (core module $m
      (import "s" "now" (func $now (result i64)))
      (memory (export "memory") 2)
      ${allocator}
      (func (export "upper") (param $from i32) (param $length i32) (result i32) (local $i i32) (local $c i32)
        (block $end (loop $next
          (br_if $end (i32.ge_u (local.get $i) (local.get $length)))
          (local.set $c (i32.load8_u (i32.add (local.get $from) (local.get $i))))
          (if (i32.and (i32.ge_u (local.get $c) (i32.const 97)) (i32.le_u (local.get $c) (i32.const 122)))
            (then (i32.store8 (i32.add (local.get $from) (local.get $i)) (i32.sub (local.get $c) (i32.const 32)))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
        (i32.store (i32.const 16) (local.get $from)) (i32.store (i32.const 20) (local.get $length)) (i32.const 16))
      (func (export "sum") (param $from i32) (param $count i32) (result i64) (local $sum i64) (local $i i32)
        (block $end (loop $next
          (br_if $end (i32.ge_u (local.get $i) (local.get $count)))
          (local.set $sum (i64.add (local.get $sum) (i64.load8_u (local.get $from))))
          (local.set $sum (i64.add (local.get $sum) (i64.load16_u offset=2 (local.get $from))))
          (local.set $sum (i64.add (local.get $sum) (i64.load32_u offset=4 (local.get $from))))
          (local.set $sum (i64.add (local.get $sum) (i64.load offset=8 (local.get $from))))
          (local.set $sum (i64.add (local.get $sum) (i64.load8_s offset=16 (local.get $from))))
          (local.set $sum (i64.add (local.get $sum) (i64.load16_s offset=18 (local.get $from))))
          (local.set $sum (i64.add (local.get $sum) (i64.load32_u offset=24 (local.get $from))))
          (local.set $from (i32.add (local.get $from) (i32.const 32)))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br $next)))
        (local.get $sum))
      (func (export "add") (param i32 i32) (result i32)
        (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1))) (i32.load (local.get 0)))
      (func (export "destroyed") (param i32) (drop (call $now)) (i32.store (local.get 0) (i32.const -1))))
    (core func $now (canon lower (func $clock "now")))
    (core instance $i (instantiate $m (with "s" (instance (export "now" (func $now))))))
    (type $counter (resource (rep i32) (dtor (func $i "destroyed"))))
    (core func $new (canon resource.new $counter))
    (core module $maker
      (import "" "new" (func $new (param i32) (result i32)))
      (import "m" "memory" (memory 1))
      (import "m" "cabi_realloc" (func $allocate (param i32 i32 i32 i32) (result i32)))
      (func (export "make") (param i32) (result i32) (local $at i32)
        (if (i32.ge_u (local.get 0) (i32.const 1000)) (then (return (call $new (i32.const 2048)))))
        (local.set $at (call $allocate (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 4)))
        (i32.store (local.get $at) (local.get 0))
        (call $new (local.get $at))))
    (core instance $maker (instantiate $maker (with "m" (instance $i)) (with "" (instance (export "new" (func $new))))))
    (func $upper (param "text" string) (result string)
      (canon lift (core func $i "upper") (memory $i "memory") (realloc (func $i "cabi_realloc"))))
    (func $sum (param "items" (list (tuple u8 u16 u32 u64 s8 s16 string))) (result u64)
      (canon lift (core func $i "sum") (memory $i "memory") (realloc (func $i "cabi_realloc"))))
    (func $make (param "start" u32) (result (own $counter)) (canon lift (core func $maker "make")))
    (func $add (param "self" (borrow $counter)) (param "n" u32) (result u32) (canon lift (core func $i "add")))
    (component $shim
      (import "counter" (type $t (sub resource)))
      (import "upper" (func $upper (param "text" string) (result string)))
      (import "sum" (func $sum (param "items" (list (tuple u8 u16 u32 u64 s8 s16 string))) (result u64)))
      (import "make" (func $make (param "start" u32) (result (own $t))))
      (import "add" (func $add (param "self" (borrow $t)) (param "n" u32) (result u32)))
      (export $c "counter" (type $t))
      (export "upper" (func $upper))
      (export "sum" (func $sum))
      (export "[constructor]counter" (func $make) (func (param "start" u32) (result (own $c))))
      (export "[method]counter.add" (func $add) (func (param "self" (borrow $c)) (param "n" u32) (result u32))))
    (instance $shown (instantiate $shim (with "counter" (type $counter)) (with "upper" (func $upper))
      (with "sum" (func $sum)) (with "make" (func $make)) (with "add" (func $add))))
    (export "own:library/text" (instance $shown)))`;

/** Lends on what it was lent, keeps what it was given. Two that it is lent at once must be its first and second handle. */
const middle = `(component $middle
    (import "own:library/text" (instance $text ${counterMembers}))
    (alias export $text "counter" (type $counter))
    (core func $add (canon lower (func $text "[method]counter.add")))
    (core func $drop (canon resource.drop $counter))
    (core module $m
      (import "s" "add" (func $add (param i32 i32) (result i32)))
      (import "s" "drop" (func $drop (param i32)))
      (global $kept (mut i32) (i32.const 0))
      (func (export "twice") (param i32 i32) (result i32)
        (drop (call $add (local.get 0) (local.get 1)))
        (call $add (local.get 0) (local.get 1))
        (call $drop (local.get 0)))
      (func (export "both") (param i32 i32) (result i32)
        (if (i32.gt_u (i32.add (local.get 0) (local.get 1)) (i32.const 3)) (then (unreachable)))
        (i32.add (i32.mul (call $add (local.get 0) (i32.const 0)) (i32.const 1000)) (call $add (local.get 1) (i32.const 0)))
        (call $drop (local.get 0)) (call $drop (local.get 1)))
      (func (export "keep") (param i32)
        (if (global.get $kept) (then (call $drop (global.get $kept))))
        (global.set $kept (local.get 0))))
    (core instance $i (instantiate $m (with "s" (instance (export "add" (func $add)) (export "drop" (func $drop))))))
    (func $twice (param "counter" (borrow $counter)) (param "n" u32) (result u32) (canon lift (core func $i "twice")))
    (func $both (param "a" (borrow $counter)) (param "b" (borrow $counter)) (result u32) (canon lift (core func $i "both")))
    (func $keep (param "counter" (own $counter)) (canon lift (core func $i "keep")))
    (instance $shown (export "twice" (func $twice)) (export "both" (func $both)) (export "keep" (func $keep)))
    (export "own:middle/counters" (instance $shown)))`;

/** Body of the command's `run`: a message in capitals and what the counters say; fails if a figure is wrong. */
const usual = `
        (call $upper (i32.const 100) (i32.const 17) (i32.const 0))
        (call $write (call $stdout) (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.const 8))
        (local.set $h (call $new (i32.const 40)))
        (if (i32.ne (call $add (local.get $h) (i32.const 1)) (i32.const 41)) (then (return (i32.const 1))))
        (loop $again
          (if (i32.ne (call $twice (local.get $h) (i32.const 1)) (i32.add (i32.const 43) (i32.mul (i32.const 2) (local.get $i))))
            (then (return (i32.const 1))))
          (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 10))))
        (call $keep (local.get $h))
        (local.set $i (call $new (i32.const 7)))
        (call $keep (local.get $i))
        (local.set $i (call $new (i32.const 7)))
        (call $drop (local.get $i))
        (i32.store8 (i32.const 200) (i32.const 1)) (i32.store16 (i32.const 202) (i32.const 2))
        (i32.store (i32.const 204) (i32.const 3)) (i64.store (i32.const 208) (i64.const 0x100000000))
        (i32.store8 (i32.const 216) (i32.const -5)) (i32.store16 (i32.const 218) (i32.const -6))
        (i32.store (i32.const 220) (i32.const 100)) (i32.store (i32.const 224) (i32.const 17))
        (i64.ne (call $sum (i32.const 200) (i32.const 2)) (i64.const 0x10000000c))`;

/** Parts that tests replace. */
export interface Composed {
  /** Body of the command's `run`, which gives 0 or 1. Its locals are $h and $i. */
  readonly run?: string;
  /** More at the end of the program. */
  readonly more?: string;
  /** More at the end of the command, which is a component in it. */
  readonly moreInside?: string;
}

function command(run: string, more: string): string {
  return `(component $command
    (import "own:library/text" (instance $text ${counterMembers}))
    (alias export $text "counter" (type $counter))
    (import "own:middle/counters" (instance $counters
      (alias outer 1 $counter (type $c))
      (export "twice" (func (param "counter" (borrow $c)) (param "n" u32) (result u32)))
      (export "both" (func (param "a" (borrow $c)) (param "b" (borrow $c)) (result u32)))
      (export "keep" (func (param "counter" (own $c))))))
    ${streams}
    (core module $base (memory (export "memory") 2) ${allocator})
    (core instance $base (instantiate $base))
    (core func $upper (canon lower (func $text "upper") (memory $base "memory") (realloc (func $base "cabi_realloc"))))
    (core func $sum (canon lower (func $text "sum") (memory $base "memory") (realloc (func $base "cabi_realloc"))))
    (core func $new (canon lower (func $text "[constructor]counter")))
    (core func $add (canon lower (func $text "[method]counter.add")))
    (core func $drop (canon resource.drop $counter))
    (core func $twice (canon lower (func $counters "twice")))
    (core func $both (canon lower (func $counters "both")))
    (core func $keep (canon lower (func $counters "keep")))
    (core func $stdout (canon lower (func $stdout "get-stdout")))
    (core func $write (canon lower (func $streams "[method]output-stream.blocking-write-and-flush") (memory $base "memory")))
    (core instance $system
      (export "upper" (func $upper)) (export "sum" (func $sum)) (export "new" (func $new)) (export "add" (func $add))
      (export "drop" (func $drop)) (export "twice" (func $twice)) (export "both" (func $both)) (export "keep" (func $keep))
      (export "stdout" (func $stdout)) (export "write" (func $write)))
    (core module $m
      (import "system" "upper" (func $upper (param i32 i32 i32)))
      (import "system" "sum" (func $sum (param i32 i32) (result i64)))
      (import "system" "new" (func $new (param i32) (result i32)))
      (import "system" "add" (func $add (param i32 i32) (result i32)))
      (import "system" "drop" (func $drop (param i32)))
      (import "system" "twice" (func $twice (param i32 i32) (result i32)))
      (import "system" "both" (func $both (param i32 i32) (result i32)))
      (import "system" "keep" (func $keep (param i32)))
      (import "system" "stdout" (func $stdout (result i32)))
      (import "system" "write" (func $write (param i32 i32 i32 i32)))
      (import "base" "memory" (memory 2))
      (data (i32.const 100) "hello, components")
      (func (export "run") (result i32) (local $h i32) (local $i i32) ${run}))
    (core instance $main (instantiate $m (with "system" (instance $system)) (with "base" (instance $base))))
    (func $run (result (result)) (canon lift (core func $main "run")))
    (instance $entry (export "run" (func $run)))
    (export "wasi:cli/run@0.2.3" (instance $entry))
    ${more})`;
}

/** The program. */
export function composed({ run = usual, more = "", moreInside = "" }: Composed = {}): Promise<Uint8Array> {
  return assembled(`(component
  ${clock}
  ${streams}
  ${library}
  ${middle}
  ${command(run, moreInside)}
  (instance $library (instantiate $library (with "wasi:clocks/monotonic-clock@0.2.3" (instance $clock))))
  (alias export $library "own:library/text" (instance $text))
  (instance $middle (instantiate $middle (with "own:library/text" (instance $text))))
  (alias export $middle "own:middle/counters" (instance $counters))
  (instance $command (instantiate $command (with "own:library/text" (instance $text))
    (with "own:middle/counters" (instance $counters)) (with "wasi:io/error@0.2.3" (instance $error))
    (with "wasi:io/streams@0.2.3" (instance $streams)) (with "wasi:cli/stdout@0.2.3" (instance $stdout))))
  (alias export $command "wasi:cli/run@0.2.3" (instance $run))
  (export "wasi:cli/run@0.2.3" (instance $run))
  ${more})`);
}
