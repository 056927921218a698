#!/bin/sh
# Builds cksum.wasm with Debian's packages clang-19 and lld-19, without a C library.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here"
clang-19 --target=wasm32-unknown-unknown -mcpu=mvp -mbulk-memory -msign-ext -mmutable-globals -std=c17 -O3 -Wall -Wextra \
  -ffreestanding -fno-builtin -nostdlib -Wl,--no-entry -Wl,--strip-all -Wl,-z,stack-size=32768 -o cksum.wasm main.c
sha256sum cksum.wasm
