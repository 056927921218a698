//! base64: bytes as text and back (RFC 4648, section 4), like the system's base64. No standard library and no allocator:
//! input is taken and output written in pieces of fixed size.
#![no_std]
#![no_main]

use core::panic::PanicInfo;

#[link(wasm_import_module = "aether:os/arguments@0.1.0")]
unsafe extern "C" {
    #[link_name = "get"]
    fn arguments_get(place: *mut List);
}

#[link(wasm_import_module = "aether:os/input@0.1.0")]
unsafe extern "C" {
    #[link_name = "read"]
    fn input_read(length: u32, place: *mut List);
}

#[link(wasm_import_module = "aether:os/output@0.1.0")]
unsafe extern "C" {
    #[link_name = "write"]
    fn output_write(address: *const u8, length: usize);
    #[link_name = "write-error"]
    fn output_write_error(address: *const u8, length: usize);
}

#[link(wasm_import_module = "aether:os/process@0.1.0")]
unsafe extern "C" {
    #[link_name = "exit"]
    fn process_exit(code: u32);
}

/// A list that the system gave: where it is and how many things are in it.
#[repr(C)]
struct List {
    address: *const u8,
    length: usize,
}

/// What the system gives goes here: first the arguments, which stay, then each piece of input in the place of the last.
const ROOM_BYTES: usize = 256 * 1024;
/// A multiple of three and of four: whole groups in both directions.
const PIECE_BYTES: usize = 49_152;

#[repr(align(16))]
struct Room([u8; ROOM_BYTES]);

static mut ROOM: Room = Room([0; ROOM_BYTES]);
static mut TOP: usize = 0;

/// Room for what the system gives. There is nobody to give it back to but [`read`], which starts again behind the arguments.
#[unsafe(no_mangle)]
extern "C" fn cabi_realloc(_old: *mut u8, _old_bytes: usize, alignment: usize, bytes: usize) -> *mut u8 {
    unsafe {
        let from = (TOP + alignment - 1) & !(alignment - 1);
        if bytes > ROOM_BYTES || from > ROOM_BYTES - bytes {
            core::arch::wasm32::unreachable();
        }
        TOP = from + bytes;
        (&raw mut ROOM.0).cast::<u8>().add(from)
    }
}

fn bytes_of(list: &List) -> &'static [u8] {
    if list.length == 0 {
        return &[];
    }
    unsafe { core::slice::from_raw_parts(list.address, list.length) }
}

/// The next piece of the input in the place of the one before; empty at the end.
fn read(behind_arguments: usize) -> &'static [u8] {
    let mut list = List { address: core::ptr::null(), length: 0 };
    unsafe {
        TOP = behind_arguments;
        input_read(PIECE_BYTES as u32, &mut list);
    }
    bytes_of(&list)
}

fn exit(code: u32) -> ! {
    unsafe { process_exit(code) };
    core::arch::wasm32::unreachable()
}

fn fail(message: &str) -> ! {
    unsafe { output_write_error(message.as_ptr(), message.len()) };
    exit(1)
}

/// Collects output.
struct Writer {
    buffer: [u8; 8_192],
    length: usize,
}

impl Writer {
    fn push(&mut self, byte: u8) {
        if self.length == self.buffer.len() {
            self.flush();
        }
        self.buffer[self.length] = byte;
        self.length += 1;
    }

    fn flush(&mut self) {
        unsafe { output_write(self.buffer.as_ptr(), self.length) };
        self.length = 0;
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Writes text with a line break after every `wrap` characters; 0: none.
struct Encoder {
    writer: Writer,
    wrap: u64,
    column: u64,
}

impl Encoder {
    fn character(&mut self, byte: u8) {
        self.writer.push(byte);
        self.column += 1;
        if self.column == self.wrap {
            self.writer.push(b'\n');
            self.column = 0;
        }
    }

    /// One to three bytes as four characters.
    fn group(&mut self, bytes: &[u8]) {
        let at = |i: usize| u32::from(bytes.get(i).copied().unwrap_or(0));
        let word = at(0) << 16 | at(1) << 8 | at(2);
        for i in 0..4 {
            let is_padding = i > bytes.len();
            let digit = ALPHABET[(word >> (18 - 6 * i) & 63) as usize];
            self.character(if is_padding { b'=' } else { digit });
        }
    }
}

fn encode(wrap: u64, behind_arguments: usize) {
    let mut encoder = Encoder { writer: Writer { buffer: [0; 8_192], length: 0 }, wrap, column: 0 };
    loop {
        let piece = read(behind_arguments);
        if piece.is_empty() {
            break;
        }
        // Only the last piece can end within a group.
        for group in piece.chunks(3) {
            encoder.group(group);
        }
    }
    if wrap > 0 && encoder.column > 0 {
        encoder.writer.push(b'\n');
    }
    encoder.writer.flush();
}

/// The value of a character; 64 for the padding, 65 for what does not belong there.
fn value_of(byte: u8) -> u32 {
    match byte {
        b'A'..=b'Z' => u32::from(byte - b'A'),
        b'a'..=b'z' => u32::from(byte - b'a') + 26,
        b'0'..=b'9' => u32::from(byte - b'0') + 52,
        b'+' => 62,
        b'/' => 63,
        b'=' => 64,
        _ => 65,
    }
}

fn decode(ignores_garbage: bool, behind_arguments: usize) {
    let mut writer = Writer { buffer: [0; 8_192], length: 0 };
    let (mut word, mut digits, mut padding) = (0u32, 0u32, 0u32);
    let mut is_wrong = false;
    'all: loop {
        let piece = read(behind_arguments);
        if piece.is_empty() {
            break;
        }
        for &byte in piece {
            let value = value_of(byte);
            if byte == b'\n' || (value == 65 && ignores_garbage) {
                continue;
            }
            // Padding ends a group of at least two digits, and nothing but the rest of it may follow.
            if value == 65 || (value == 64 && digits < 2) || (value < 64 && padding > 0) {
                is_wrong = true;
                break 'all;
            }
            if value == 64 {
                padding += 1;
            }
            word = word << 6 | (value & 63);
            digits += 1;
            if digits == 4 {
                for i in 0..3 - padding {
                    writer.push((word >> (16 - 8 * i)) as u8);
                }
                // Another group may follow even a padded one, as where texts were joined.
                (word, digits, padding) = (0, 0, 0);
            }
        }
    }
    writer.flush();
    if is_wrong || digits > 0 {
        fail("base64: the input is not base64; what came before was written\n");
    }
}

const HELP: &[u8] = b"usage: base64 [-d] [-i] [-w COLUMNS]
Writes the input as base64 text, or with -d what such text stands for.
  -d   decode
  -i   when decoding, ignore characters that do not belong there
  -w   a line break after so many characters (76; 0: none)
";

fn number(text: &[u8]) -> u64 {
    let mut value = 0u64;
    for &byte in text {
        if !byte.is_ascii_digit() || value > 1_000_000_000 {
            fail("base64: -w needs a number. Try: base64 --help\n");
        }
        value = value * 10 + u64::from(byte - b'0');
    }
    if text.is_empty() {
        fail("base64: -w needs a number. Try: base64 --help\n");
    }
    value
}

#[unsafe(no_mangle)]
extern "C" fn run() -> u32 {
    let mut list = List { address: core::ptr::null(), length: 0 };
    unsafe { arguments_get(&mut list) };
    let arguments = unsafe { core::slice::from_raw_parts(list.address.cast::<List>(), list.length) };
    let behind_arguments = unsafe { TOP };
    let (mut decodes, mut ignores_garbage, mut wrap) = (false, false, 76);
    let mut i = 1;
    while i < arguments.len() {
        match bytes_of(&arguments[i]) {
            b"--help" => {
                unsafe { output_write(HELP.as_ptr(), HELP.len()) };
                return 0;
            }
            b"-d" => decodes = true,
            b"-i" => ignores_garbage = true,
            b"-di" | b"-id" => (decodes, ignores_garbage) = (true, true),
            b"-w" if i + 1 < arguments.len() => {
                i += 1;
                wrap = number(bytes_of(&arguments[i]));
            }
            [b'-', b'w', digits @ ..] => wrap = number(digits),
            _ => fail("base64: there is no such option. Try: base64 --help\n"),
        }
        i += 1;
    }
    if decodes {
        decode(ignores_garbage, behind_arguments);
    } else {
        encode(wrap, behind_arguments);
    }
    0
}

#[panic_handler]
fn panic(_: &PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
