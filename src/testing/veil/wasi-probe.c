/*
 * Does what it is told, one thing by each argument, for tests of the WASI host: every part of it that programs use, and
 * every way to end.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void fail(const char *what) {
  printf("%s: %s\n", what, strerror(errno));
  fflush(stdout);
}

static void list(const char *path) {
  DIR *folder = opendir(path);
  if (folder == NULL) {
    fail(path);
    return;
  }
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
    if (entry->d_name[0] != '.') printf("%s%s\n", entry->d_name, entry->d_type == DT_DIR ? "/" : "");
  closedir(folder);
}

static void files(void) {
  if (mkdir("folder", 0777) != 0) fail("mkdir");
  FILE *file = fopen("folder/new", "w+");
  if (file == NULL) {
    fail("fopen");
    return;
  }
  fputs("0123456789", file);
  fseek(file, 4, SEEK_SET);
  fputs("----", file);
  rewind(file);
  char text[32] = "";
  printf("%s\n", fgets(text, sizeof text, file));
  fclose(file);
  file = fopen("folder/new", "a");
  fputs("end", file);
  fclose(file);
  if (truncate("folder/new", 12) != 0) fail("truncate");
  struct stat status;
  if (stat("folder/new", &status) != 0) fail("stat");
  printf("%d bytes at %lld\n", (int)status.st_size, (long long)status.st_mtime);
  if (rename("folder/new", "folder/newer") != 0) fail("rename");
  if (rmdir("folder") != 0) fail("rmdir");
  list("folder");
  list("/");
  if (open("folder/newer/x", O_RDONLY) < 0) fail("through a file");
  if (open("folder", O_WRONLY) < 0) fail("write a folder");
  if (open("../x", O_RDONLY | O_CREAT, 0666) < 0) fail("above the root");
  if (open("folder/newer", O_WRONLY | O_CREAT | O_EXCL, 0666) < 0) fail("exclusive");
  if (symlink("folder", "link") != 0) fail("symlink");
  if (unlink("folder/newer") != 0) fail("unlink");
  if (rmdir("folder") != 0) fail("rmdir");
}

static void grow(void) {
  static char *blocks[1 << 16];
  /* The adapter takes a page for itself when it first works. */
  puts("grows");
  fflush(stdout);
  int count = 0;
  while (count < 1 << 16 && (blocks[count] = malloc(65536)) != NULL) memset(blocks[count++], 1, 65536);
  printf("%d blocks\n", count);
}

static int sink;

static void recurse(int depth) {
  volatile char frame[64];
  frame[0] = (char)depth;
  if (depth < 1 << 30) recurse(depth + 1);
  sink += frame[0];
}

static void fill(const char *name, long bytes) {
  static char block[65536];
  int file = open(name, O_WRONLY | O_CREAT, 0666);
  long written = 0;
  while (written < bytes) {
    ssize_t now = write(file, block, sizeof block);
    if (now <= 0) {
      fail("fill");
      break;
    }
    written += now;
  }
  printf("%ld bytes\n", written);
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    const char *what = argv[i];
    if (strcmp(what, "environment") == 0)
      for (char **entry = environ; *entry != NULL; entry++) puts(*entry);
    else if (strcmp(what, "echo") == 0) {
      char block[4096];
      for (size_t n; (n = fread(block, 1, sizeof block, stdin)) > 0;) fwrite(block, 1, n, stdout);
    } else if (strcmp(what, "error") == 0) fputs("to the error output\n", stderr);
    else if (strcmp(what, "files") == 0) files();
    else if (strcmp(what, "time") == 0) {
      struct timespec before, after, pause = { 1, 500000000 };
      clock_gettime(CLOCK_MONOTONIC, &before);
      nanosleep(&pause, NULL);
      clock_gettime(CLOCK_MONOTONIC, &after);
      printf("%lld, slept %lld ms\n", (long long)time(NULL),
             (long long)((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000));
    } else if (strcmp(what, "random") == 0) {
      unsigned char bytes[16];
      getentropy(bytes, sizeof bytes);
      for (int k = 0; k < 16; k++) printf("%02x", bytes[k]);
      puts("");
    } else if (strcmp(what, "grow") == 0) grow();
    else if (strcmp(what, "fill") == 0) fill("large", 1 << 30);
    else if (strcmp(what, "recurse") == 0) recurse(0);
    else if (strcmp(what, "loop") == 0)
      for (volatile int k = 0;; k++);
    else if (strcmp(what, "calls") == 0) {
      struct stat status;
      for (;;) fstat(1, &status);
    } else if (strcmp(what, "flood") == 0)
      for (;;) puts("more and more and more and more and more and more and more and more");
    else if (strcmp(what, "open") == 0) {
      while (open("large", O_RDONLY | O_CREAT, 0666) >= 0);
      fail("open");
    }
    else if (strcmp(what, "trap") == 0) {
      fflush(stdout);
      __builtin_trap();
    } else if (strcmp(what, "fail") == 0) return 1;
    else if (strcmp(what, "exit") == 0) exit(0);
  }
  return 0;
}
