/**
 * Functions of the world aether:os (src/veil/wit/aether-os.wit) as core WebAssembly calls them. What gives a list writes
 * its address and length where the last parameter points.
 */

@external("aether:os/arguments@0.1.0", "get")
export declare function argumentsGet(place: usize): void;

@external("aether:os/input@0.1.0", "read")
export declare function inputRead(length: u32, place: usize): void;

@external("aether:os/output@0.1.0", "write")
export declare function outputWrite(address: usize, length: u32): void;

@external("aether:os/output@0.1.0", "write-error")
export declare function outputWriteError(address: usize, length: u32): void;

@external("aether:os/process@0.1.0", "exit")
export declare function processExit(code: u32): void;

@external("aether:os/files@0.1.0", "open")
export declare function filesOpen(path: usize, length: u32, mode: u32, place: usize): void;

@external("aether:os/files@0.1.0", "close")
export declare function filesClose(file: u32, place: usize): void;

@external("aether:os/files@0.1.0", "read")
export declare function filesRead(file: u32, offset: u64, length: u32, place: usize): void;
