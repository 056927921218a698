/*
 * Linked into every guest in C. Without this export the adapter for preview 1 grows the memory for itself when it
 * first works, and the wasi-libc of Debian (2022) takes all memory that it finds at its first malloc, that page too.
 */
#include <stddef.h>
#include <stdlib.h>

__attribute__((export_name("cabi_realloc"))) void *
component_realloc(void *old, size_t old_size, size_t alignment, size_t size) {
  (void)old_size;
  /* malloc aligns to 16; nothing that WASI lowers needs more. */
  void *room = alignment <= 16 ? realloc(old, size) : NULL;
  if (room == NULL) __builtin_trap();
  return room;
}
