#!/bin/sh
# Builds base64.wasm with Debian's Rust (packages rustc-web, rust-web-src, lld-19). Debian has no finished `core` for
# wasm32v1-none, so it is compiled first, into a folder that is kept; the result does not depend on where that is.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=${WORK:-$here/../../.cache/rust-guests}
sources=$(ls -d /usr/src/rustc-*/library)
target=wasm32v1-none
libraries=$work/lib/rustlib/$target/lib
export RUSTC_BOOTSTRAP=1
rustc=/usr/bin/rustc
remap="--remap-path-prefix=$sources=/rust --remap-path-prefix=$here=/guest --remap-path-prefix=$work=/work"
common="--edition 2024 --target $target -C opt-level=3 -C panic=abort $remap"
mkdir -p "$libraries"
if [ ! -e "$libraries/libcompiler_builtins.rlib" ]; then
  $rustc $common --crate-name core --crate-type rlib "$sources/core/src/lib.rs" \
    -Z force-unstable-if-unmarked --cap-lints allow --out-dir "$libraries"
  $rustc $common --crate-name compiler_builtins --crate-type rlib \
    "$sources/compiler-builtins/compiler-builtins/src/lib.rs" -Z force-unstable-if-unmarked --cap-lints allow \
    --out-dir "$libraries" --extern core="$libraries/libcore.rlib" \
    --cfg 'feature="compiler-builtins"' --cfg 'feature="mem"'
fi
$rustc $common --crate-name base64 --crate-type cdylib "$here/main.rs" --sysroot "$work" -C lto=fat -C strip=symbols \
  -C linker=wasm-ld-19 -C link-arg=--export-memory -C target-cpu=mvp -C target-feature=+bulk-memory,+sign-ext,+mutable-globals \
  -o "$here/base64.wasm"
sha256sum "$here/base64.wasm"
