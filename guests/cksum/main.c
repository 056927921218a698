/* cksum: the checksum of POSIX (CRC-32 over the bytes and their number) and how many bytes there are, of files or the
 * input. Freestanding C: no library but the world aether:os. */
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

#define IMPORT(module, name) __attribute__((import_module("aether:os/" module "@0.1.0"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

/* A list that the system gave. */
typedef struct {
  const u8 *address;
  u32 length;
} list;

/* result<list<u8>, error> and result<handle, error>. */
typedef struct {
  u8 failed;
  union {
    list bytes;
    u32 handle;
    u8 error;
  } value;
} result;

IMPORT("arguments", "get") void arguments_get(list *place);
IMPORT("input", "read") void input_read(u32 length, list *place);
IMPORT("output", "write") void output_write(const u8 *address, u32 length);
IMPORT("output", "write-error") void output_write_error(const u8 *address, u32 length);
IMPORT("files", "open") void files_open(const u8 *path, u32 length, u32 mode, result *place);
IMPORT("files", "read") void files_read(u32 file, u64 offset, u32 length, result *place);
IMPORT("files", "close") void files_close(u32 file, result *place);

enum { room_bytes = 256 * 1024, piece_bytes = 65536, read_mode = 0 };

/* What the system gives: first the arguments, which stay, then each piece of input in the place of the last. */
static u8 room[room_bytes] __attribute__((aligned(16)));
static u32 top, behind_arguments;

EXPORT("cabi_realloc") u8 *cabi_realloc(u8 *old, u32 old_bytes, u32 alignment, u32 bytes) {
  (void)old;
  (void)old_bytes;
  u32 from = (top + alignment - 1) & ~(alignment - 1);
  if (bytes > room_bytes || from > room_bytes - bytes) __builtin_trap();
  top = from + bytes;
  return room + from;
}

static u32 tables[8][256];

/* Eight tables: eight bytes by one step. */
static void make_tables(void) {
  for (u32 i = 0; i < 256; i++) {
    u32 value = i << 24;
    for (int bit = 0; bit < 8; bit++) value = value << 1 ^ (value >> 31 ? 0x04c11db7u : 0);
    tables[0][i] = value;
  }
  for (u32 i = 0; i < 256; i++)
    for (u32 k = 1; k < 8; k++) tables[k][i] = tables[k - 1][i] << 8 ^ tables[0][tables[k - 1][i] >> 24];
}

static u32 update(u32 crc, const u8 *bytes, u32 length) {
  for (; length >= 8; length -= 8, bytes += 8) {
    u32 first = crc ^ __builtin_bswap32(*(const u32 *)bytes);
    u32 second = __builtin_bswap32(*(const u32 *)(bytes + 4));
    crc = tables[7][first >> 24] ^ tables[6][first >> 16 & 255] ^ tables[5][first >> 8 & 255] ^ tables[4][first & 255] ^
          tables[3][second >> 24] ^ tables[2][second >> 16 & 255] ^ tables[1][second >> 8 & 255] ^ tables[0][second & 255];
  }
  for (; length > 0; length--, bytes++) crc = crc << 8 ^ tables[0][crc >> 24 ^ *bytes];
  return crc;
}

static u32 text_length(const char *text) {
  u32 length = 0;
  while (text[length]) length++;
  return length;
}

static void complain(const char *text) { output_write_error((const u8 *)text, text_length(text)); }

static void write_number(u64 value) {
  u8 digits[20];
  u32 at = sizeof digits;
  do digits[--at] = (u8)('0' + value % 10);
  while (value /= 10);
  output_write(digits + at, (u32)sizeof digits - at);
}

static void write_line(u32 crc, u64 length, const list *name) {
  for (u64 rest = length; rest > 0; rest >>= 8) crc = crc << 8 ^ tables[0][(crc >> 24 ^ rest) & 255];
  write_number(~crc);
  output_write((const u8 *)" ", 1);
  write_number(length);
  if (name) {
    output_write((const u8 *)" ", 1);
    output_write(name->address, name->length);
  }
  output_write((const u8 *)"\n", 1);
}

static void sum_input(const list *name) {
  u32 crc = 0;
  u64 length = 0;
  for (;;) {
    list piece;
    top = behind_arguments;
    input_read(piece_bytes, &piece);
    if (piece.length == 0) break;
    crc = update(crc, piece.address, piece.length);
    length += piece.length;
  }
  write_line(crc, length, name);
}

static int sum_file(const list *name) {
  result answer;
  files_open(name->address, name->length, read_mode, &answer);
  if (answer.failed) {
    complain("cksum: ");
    output_write_error(name->address, name->length);
    complain(": there is no such file, or it cannot be opened.\n");
    return 1;
  }
  u32 file = answer.value.handle, crc = 0;
  u64 length = 0;
  for (;;) {
    top = behind_arguments;
    files_read(file, length, piece_bytes, &answer);
    if (answer.failed || answer.value.bytes.length == 0) break;
    crc = update(crc, answer.value.bytes.address, answer.value.bytes.length);
    length += answer.value.bytes.length;
  }
  files_close(file, &answer);
  write_line(crc, length, name);
  return 0;
}

static int is(const list *argument, const char *text) {
  if (argument->length != text_length(text)) return 0;
  for (u32 i = 0; i < argument->length; i++)
    if (argument->address[i] != (u8)text[i]) return 0;
  return 1;
}

static const char help[] =
    "usage: cksum [FILE...]\n"
    "Writes the checksum of POSIX and the number of bytes of each file, or of the input if there is none or its name is "
    "\"-\".\n";

EXPORT("run") int run(void) {
  list arguments;
  int status = 0;
  arguments_get(&arguments);
  behind_arguments = (top + 15) & ~15u;
  const list *each = (const list *)arguments.address;
  make_tables();
  if (arguments.length > 1 && is(&each[1], "--help")) {
    output_write((const u8 *)help, sizeof help - 1);
    return 0;
  }
  u32 first = arguments.length > 1 && is(&each[1], "--") ? 2 : 1;
  if (first == 1 && arguments.length > 1 && each[1].length > 1 && each[1].address[0] == '-') {
    complain("cksum: there is no such option. Try: cksum --help\n");
    return 1;
  }
  if (first >= arguments.length) sum_input(0);
  for (u32 i = first; i < arguments.length; i++) {
    if (is(&each[i], "-")) sum_input(&each[i]);
    else status |= sum_file(&each[i]);
  }
  return status;
}
