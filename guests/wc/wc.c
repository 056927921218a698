/*
 * Counts lines, words and bytes, as POSIX has it: `wc [-clw] [FILE]...`, standard input without files or for `-`.
 * A program of the general path: C and wasi-libc, nothing of AetherChain in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct counts {
  uint64_t lines, words, bytes;
};

static int show_lines, show_words, show_bytes;
static char buffer[65536];

/* Standard output is written at once: a line is short, and stdio would be most of the program. */
static char line[4096];
static size_t line_length;

static void put_text(const char *text) {
  size_t length = strlen(text);
  if (length > sizeof line - line_length) length = sizeof line - line_length;
  memcpy(line + line_length, text, length);
  line_length += length;
}

static void put_number(uint64_t number) {
  char digits[24];
  size_t at = sizeof digits;
  digits[--at] = 0;
  do digits[--at] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  put_text(digits + at);
}

static int flush(int file) {
  for (size_t at = 0; at < line_length;) {
    ssize_t written = write(file, line + at, line_length - at);
    if (written <= 0) return 1;
    at += (size_t)written;
  }
  line_length = 0;
  return 0;
}

static void report(struct counts counts, const char *name) {
  const char *between = "";
  const struct { int shown; uint64_t number; } columns[] = {
    { show_lines, counts.lines }, { show_words, counts.words }, { show_bytes, counts.bytes } };
  for (int i = 0; i < 3; i++) {
    if (!columns[i].shown) continue;
    put_text(between);
    put_number(columns[i].number);
    between = " ";
  }
  if (name != NULL) {
    put_text(" ");
    put_text(name);
  }
  put_text("\n");
  flush(STDOUT_FILENO);
}

static int complain(const char *name, const char *why) {
  put_text("wc: ");
  put_text(name);
  put_text(": ");
  put_text(why);
  put_text("\n");
  flush(STDERR_FILENO);
  return 1;
}

static int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static int count(int file, struct counts *counts) {
  int in_word = 0;
  for (;;) {
    ssize_t length = read(file, buffer, sizeof buffer);
    if (length < 0) return 1;
    if (length == 0) return 0;
    counts->bytes += (uint64_t)length;
    for (ssize_t i = 0; i < length; i++) {
      char c = buffer[i];
      if (c == '\n') counts->lines++;
      if (is_space(c)) in_word = 0;
      else if (!in_word) {
        in_word = 1;
        counts->words++;
      }
    }
  }
}

static int count_named(const char *name, const char *shown, struct counts *total) {
  int standard = strcmp(name, "-") == 0;
  int file = standard ? STDIN_FILENO : open(name, O_RDONLY);
  if (file < 0) return complain(name, strerror(errno));
  struct counts counts = { 0, 0, 0 };
  int failed = count(file, &counts);
  if (!standard) close(file);
  if (failed) return complain(name, strerror(errno));
  report(counts, shown);
  total->lines += counts.lines;
  total->words += counts.words;
  total->bytes += counts.bytes;
  return 0;
}

int main(int argc, char **argv) {
  int first = 1;
  for (; first < argc && argv[first][0] == '-' && argv[first][1] != 0; first++) {
    for (const char *option = argv[first] + 1; *option != 0; option++) {
      if (*option == 'l') show_lines = 1;
      else if (*option == 'w') show_words = 1;
      else if (*option == 'c') show_bytes = 1;
      else {
        const char text[] = { '-', *option, 0 };
        return complain(text, "no such option; there are -c, -l and -w");
      }
    }
  }
  if (!show_lines && !show_words && !show_bytes) show_lines = show_words = show_bytes = 1;
  struct counts total = { 0, 0, 0 };
  if (first == argc) return count_named("-", NULL, &total);
  int failed = 0;
  for (int i = first; i < argc; i++) failed |= count_named(argv[i], argv[i], &total);
  if (argc - first > 1) report(total, "total");
  return failed;
}
