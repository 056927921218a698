/**
 * The interfaces of WASI 0.2 that a command may take, each with its types and signatures as {@link readDefinedType} writes
 * them out. Sockets and HTTP are not among them, so a program that takes them is refused by name. Made from the WIT
 * files of wasi-cli 0.2.3; later versions 0.2 only add, and what they add is refused until it is here.
 * @module
 */
import type { Capability } from "../run.ts";

/** An interface as WASI defines it, and what it takes to be given its functions. */
export interface WasiInterface {
  readonly types: Readonly<Record<string, string>>;
  readonly functions: Readonly<Record<string, string>>;
  /** Of all its functions that are not named in `capabilities`. */
  readonly capability?: Capability;
  readonly capabilities?: Readonly<Record<string, Capability>>;
}

/** By name without version. */
export const wasiInterfaces: ReadonlyMap<string, WasiInterface> = new Map<string, WasiInterface>([
  [
    "wasi:cli/environment",
    {
      types: {},
      functions: {
        "get-environment": "()->list<tuple<string,string>>",
        "get-arguments": "()->list<string>",
        "initial-cwd": "()->option<string>",
      },
      capabilities: { "get-environment": "environment", "get-arguments": "arguments" },
    },
  ],
  ["wasi:cli/exit", { types: {}, functions: { exit: "(status:result<_,_>)", "exit-with-code": "(status-code:u8)" } }],
  [
    "wasi:io/error",
    { types: { error: "resource" }, functions: { "[method]error.to-debug-string": "(self:borrow<error>)->string" } },
  ],
  [
    "wasi:io/poll",
    {
      types: { pollable: "resource" },
      functions: {
        "[method]pollable.ready": "(self:borrow<pollable>)->bool",
        "[method]pollable.block": "(self:borrow<pollable>)",
        poll: "(in:list<borrow<pollable>>)->list<u32>",
      },
    },
  ],
  [
    "wasi:io/streams",
    {
      types: {
        "input-stream": "resource",
        error: "error",
        "stream-error": "variant{last-operation-failed(own<error>),closed}",
        pollable: "pollable",
        "output-stream": "resource",
      },
      functions: {
        "[method]input-stream.read": "(self:borrow<input-stream>,len:u64)->result<list<u8>,stream-error>",
        "[method]input-stream.blocking-read": [
          "(self:borrow<input-stream>,len:u64)->result<list<u8>,stream-error>",
        ].join(","),
        "[method]input-stream.skip": "(self:borrow<input-stream>,len:u64)->result<u64,stream-error>",
        "[method]input-stream.blocking-skip": "(self:borrow<input-stream>,len:u64)->result<u64,stream-error>",
        "[method]input-stream.subscribe": "(self:borrow<input-stream>)->own<pollable>",
        "[method]output-stream.check-write": "(self:borrow<output-stream>)->result<u64,stream-error>",
        "[method]output-stream.write": "(self:borrow<output-stream>,contents:list<u8>)->result<_,stream-error>",
        "[method]output-stream.blocking-write-and-flush": [
          "(self:borrow<output-stream>,contents:list<u8>)->result<_,stream-error>",
        ].join(","),
        "[method]output-stream.flush": "(self:borrow<output-stream>)->result<_,stream-error>",
        "[method]output-stream.blocking-flush": "(self:borrow<output-stream>)->result<_,stream-error>",
        "[method]output-stream.subscribe": "(self:borrow<output-stream>)->own<pollable>",
        "[method]output-stream.write-zeroes": "(self:borrow<output-stream>,len:u64)->result<_,stream-error>",
        "[method]output-stream.blocking-write-zeroes-and-flush": [
          "(self:borrow<output-stream>,len:u64)->result<_,stream-error>",
        ].join(","),
        "[method]output-stream.splice": [
          "(self:borrow<output-stream>,src:borrow<input-stream>,len:u64)->result<u64,stream-error>",
        ].join(","),
        "[method]output-stream.blocking-splice": [
          "(self:borrow<output-stream>,src:borrow<input-stream>,len:u64)->result<u64,stream-error>",
        ].join(","),
      },
    },
  ],
  [
    "wasi:cli/stdin",
    {
      types: { "input-stream": "input-stream" },
      functions: { "get-stdin": "()->own<input-stream>" },
      capability: "input",
    },
  ],
  [
    "wasi:cli/stdout",
    {
      types: { "output-stream": "output-stream" },
      functions: { "get-stdout": "()->own<output-stream>" },
      capability: "output",
    },
  ],
  [
    "wasi:cli/stderr",
    {
      types: { "output-stream": "output-stream" },
      functions: { "get-stderr": "()->own<output-stream>" },
      capability: "output",
    },
  ],
  ["wasi:cli/terminal-input", { types: { "terminal-input": "resource" }, functions: {} }],
  ["wasi:cli/terminal-output", { types: { "terminal-output": "resource" }, functions: {} }],
  [
    "wasi:cli/terminal-stdin",
    {
      types: { "terminal-input": "terminal-input" },
      functions: { "get-terminal-stdin": "()->option<own<terminal-input>>" },
    },
  ],
  [
    "wasi:cli/terminal-stdout",
    {
      types: { "terminal-output": "terminal-output" },
      functions: { "get-terminal-stdout": "()->option<own<terminal-output>>" },
    },
  ],
  [
    "wasi:cli/terminal-stderr",
    {
      types: { "terminal-output": "terminal-output" },
      functions: { "get-terminal-stderr": "()->option<own<terminal-output>>" },
    },
  ],
  [
    "wasi:clocks/monotonic-clock",
    {
      types: { instant: "u64", duration: "u64", pollable: "pollable" },
      functions: {
        now: "()->instant",
        resolution: "()->duration",
        "subscribe-instant": "(when:instant)->own<pollable>",
        "subscribe-duration": "(when:duration)->own<pollable>",
      },
      capability: "clock",
    },
  ],
  [
    "wasi:clocks/wall-clock",
    {
      types: { datetime: "record{seconds:u64,nanoseconds:u32}" },
      functions: { now: "()->datetime", resolution: "()->datetime" },
      capability: "clock",
    },
  ],
  [
    "wasi:filesystem/types",
    {
      types: {
        descriptor: "resource",
        filesize: "u64",
        "input-stream": "input-stream",
        "error-code": [
          "enum{access,would-block,already,bad-descriptor,busy,deadlock,quota,exist,file-too-large",
          "illegal-byte-sequence,in-progress,interrupted,invalid,io,is-directory,loop,too-many-links",
          "message-size,name-too-long,no-device,no-entry,no-lock,insufficient-memory",
          "insufficient-space,not-directory,not-empty,not-recoverable,unsupported,no-tty",
          "no-such-device,overflow,not-permitted,pipe,read-only,invalid-seek,text-file-busy",
          "cross-device}",
        ].join(","),
        "output-stream": "output-stream",
        advice: "enum{normal,sequential,random,will-need,dont-need,no-reuse}",
        "descriptor-flags": [
          "flags{read,write,file-integrity-sync,data-integrity-sync,requested-write-sync",
          "mutate-directory}",
        ].join(","),
        "descriptor-type": [
          "enum{unknown,block-device,character-device,directory,fifo,symbolic-link,regular-file",
          "socket}",
        ].join(","),
        datetime: "datetime",
        "new-timestamp": "variant{no-change,now,timestamp(datetime)}",
        "directory-entry-stream": "resource",
        "link-count": "u64",
        "descriptor-stat": [
          "record{type:descriptor-type,link-count:link-count,size:filesize",
          "data-access-timestamp:option<datetime>,data-modification-timestamp:option<datetime>",
          "status-change-timestamp:option<datetime>}",
        ].join(","),
        "path-flags": "flags{symlink-follow}",
        "open-flags": "flags{create,directory,exclusive,truncate}",
        "metadata-hash-value": "record{lower:u64,upper:u64}",
        "directory-entry": "record{type:descriptor-type,name:string}",
        error: "error",
      },
      functions: {
        "[method]descriptor.read-via-stream": [
          "(self:borrow<descriptor>,offset:filesize)->result<own<input-stream>,error-code>",
        ].join(","),
        "[method]descriptor.write-via-stream": [
          "(self:borrow<descriptor>,offset:filesize)->result<own<output-stream>,error-code>",
        ].join(","),
        "[method]descriptor.append-via-stream": [
          "(self:borrow<descriptor>)->result<own<output-stream>,error-code>",
        ].join(","),
        "[method]descriptor.advise": [
          "(self:borrow<descriptor>,offset:filesize,length:filesize,advice:advice)->result<_",
          "error-code>",
        ].join(","),
        "[method]descriptor.sync-data": "(self:borrow<descriptor>)->result<_,error-code>",
        "[method]descriptor.get-flags": "(self:borrow<descriptor>)->result<descriptor-flags,error-code>",
        "[method]descriptor.get-type": "(self:borrow<descriptor>)->result<descriptor-type,error-code>",
        "[method]descriptor.set-size": "(self:borrow<descriptor>,size:filesize)->result<_,error-code>",
        "[method]descriptor.set-times": [
          "(self:borrow<descriptor>,data-access-timestamp:new-timestamp",
          "data-modification-timestamp:new-timestamp)->result<_,error-code>",
        ].join(","),
        "[method]descriptor.read": [
          "(self:borrow<descriptor>,length:filesize,offset:filesize)->result<tuple<list<u8>,bool>",
          "error-code>",
        ].join(","),
        "[method]descriptor.write": [
          "(self:borrow<descriptor>,buffer:list<u8>,offset:filesize)->result<filesize,error-code>",
        ].join(","),
        "[method]descriptor.read-directory": [
          "(self:borrow<descriptor>)->result<own<directory-entry-stream>,error-code>",
        ].join(","),
        "[method]descriptor.sync": "(self:borrow<descriptor>)->result<_,error-code>",
        "[method]descriptor.create-directory-at": "(self:borrow<descriptor>,path:string)->result<_,error-code>",
        "[method]descriptor.stat": "(self:borrow<descriptor>)->result<descriptor-stat,error-code>",
        "[method]descriptor.stat-at": [
          "(self:borrow<descriptor>,path-flags:path-flags,path:string)->result<descriptor-stat",
          "error-code>",
        ].join(","),
        "[method]descriptor.set-times-at": [
          "(self:borrow<descriptor>,path-flags:path-flags,path:string",
          "data-access-timestamp:new-timestamp,data-modification-timestamp:new-timestamp)->result<_",
          "error-code>",
        ].join(","),
        "[method]descriptor.link-at": [
          "(self:borrow<descriptor>,old-path-flags:path-flags,old-path:string",
          "new-descriptor:borrow<descriptor>,new-path:string)->result<_,error-code>",
        ].join(","),
        "[method]descriptor.open-at": [
          "(self:borrow<descriptor>,path-flags:path-flags,path:string,open-flags:open-flags",
          "flags:descriptor-flags)->result<own<descriptor>,error-code>",
        ].join(","),
        "[method]descriptor.readlink-at": "(self:borrow<descriptor>,path:string)->result<string,error-code>",
        "[method]descriptor.remove-directory-at": "(self:borrow<descriptor>,path:string)->result<_,error-code>",
        "[method]descriptor.rename-at": [
          "(self:borrow<descriptor>,old-path:string,new-descriptor:borrow<descriptor>",
          "new-path:string)->result<_,error-code>",
        ].join(","),
        "[method]descriptor.symlink-at": [
          "(self:borrow<descriptor>,old-path:string,new-path:string)->result<_,error-code>",
        ].join(","),
        "[method]descriptor.unlink-file-at": "(self:borrow<descriptor>,path:string)->result<_,error-code>",
        "[method]descriptor.is-same-object": "(self:borrow<descriptor>,other:borrow<descriptor>)->bool",
        "[method]descriptor.metadata-hash": "(self:borrow<descriptor>)->result<metadata-hash-value,error-code>",
        "[method]descriptor.metadata-hash-at": [
          "(self:borrow<descriptor>,path-flags:path-flags,path:string)->result<metadata-hash-value",
          "error-code>",
        ].join(","),
        "[method]directory-entry-stream.read-directory-entry": [
          "(self:borrow<directory-entry-stream>)->result<option<directory-entry>,error-code>",
        ].join(","),
        "filesystem-error-code": "(err:borrow<error>)->option<error-code>",
      },
      capability: "files",
    },
  ],
  [
    "wasi:filesystem/preopens",
    {
      types: { descriptor: "descriptor" },
      functions: { "get-directories": "()->list<tuple<own<descriptor>,string>>" },
      capability: "files",
    },
  ],
  [
    "wasi:random/random",
    {
      types: {},
      functions: { "get-random-bytes": "(len:u64)->list<u8>", "get-random-u64": "()->u64" },
      capability: "random",
    },
  ],
  [
    "wasi:random/insecure",
    {
      types: {},
      functions: { "get-insecure-random-bytes": "(len:u64)->list<u8>", "get-insecure-random-u64": "()->u64" },
      capability: "random",
    },
  ],
  [
    "wasi:random/insecure-seed",
    { types: {}, functions: { "insecure-seed": "()->tuple<u64,u64>" }, capability: "random" },
  ],
]);
