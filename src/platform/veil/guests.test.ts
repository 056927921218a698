/**
 * The programs of guests/ against the system's own, where there are such: equal output and exit code, byte by byte.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { utf8ToBytes } from "#protocol/codec/bytes.ts";
import { builtGuests } from "#testing/veil/built-guests.ts";
import { guestRuns, optionsOf } from "#testing/veil/guest-runs.ts";
import { checkComponent, isComponent } from "#veil/component/check.ts";
import { capabilities, type RunFile } from "#veil/run.ts";
import { runCoreGuest, runGuest } from "./run-guest.ts";

/** What every engine must give for {@link guestRuns}. */
const golden = "guests/golden-runs.json";

let guests: Awaited<ReturnType<typeof builtGuests>>;

beforeAll(async () => {
  guests = await builtGuests();
});

function guest(name: string, args: readonly string[], input: Uint8Array, files: readonly RunFile[] = []) {
  const bytes = guests.bytes.get(name) as Uint8Array;
  const given = { arguments: [name, ...args], input, files };
  return runCoreGuest(bytes, { fuel: 1_000_000_000, memoryPages: 256, capabilities, input: given });
}

function shown(result: ReturnType<typeof guest>): string {
  return `${result.trap ?? result.exit}\n${Buffer.from(result.stdout).toString("latin1")}`;
}

/** What the system's program says; `guestName` is ours. */
function system(name: string, args: readonly string[], input: Uint8Array): string {
  const { stdout, status, error } = spawnSync(name, args, { input, env: { ...process.env, LC_ALL: "C" } });
  if (error !== undefined) throw error;
  return `${status}\n${stdout.toString("latin1")}`;
}

function exists(name: string): boolean {
  return spawnSync(name, ["--version"]).status === 0;
}

/** Lines that collide often: few letters, much white space, digits. */
const lines = (letters: string) =>
  fc
    .tuple(fc.array(fc.string({ unit: fc.constantFrom(...letters), maxLength: 10 }), { maxLength: 40 }), fc.boolean())
    .map(([all, ends]) => Buffer.from(all.join("\n") + (ends && all.length > 0 ? "\n" : ""), "latin1"));

const runs = { numRuns: 60 };

describe.skipIf(!exists("sort"))("sort", () => {
  const options = fc.subarray(["-n", "-r", "-u", "-s", "-b"]);
  const key = fc.constantFrom<string[]>(
    [],
    ["-k2"],
    ["-k1,1"],
    ["-k2,3"],
    ["-k", "2n"],
    ["-k2,2r"],
    ["-k3,2"],
    ["-k1,1nr"],
  );
  const separator = fc.constantFrom<string[]>([], ["-t", ":"], ["-ta"]);

  it("gives the same as the system's, with every option", () => {
    fc.assert(
      fc.property(lines("ab :-.0129\t\xff"), options, key, separator, (input, flags, keyFlags, separators) => {
        const args = [...flags, ...keyFlags, ...separators];
        expect(shown(guest("sort", args, input))).toBe(system("sort", args, input));
      }),
      { numRuns: 300 },
    );
  });

  it("puts files together and says which are missing", () => {
    const files = [
      { path: "one", bytes: utf8ToBytes("b\nd") },
      { path: "two", bytes: utf8ToBytes("a\nc\n") },
    ];
    expect(shown(guest("sort", ["one", "two"], new Uint8Array(0), files))).toBe("0\na\nb\nc\nd\n");
    const missing = guest("sort", ["one", "three"], new Uint8Array(0), files);
    expect(missing.exit).toBe(2);
    expect(Buffer.from(missing.stderr).toString()).toBe("sort: three: there is no such file.\n");
  });
});

describe.skipIf(!exists("uniq"))("uniq", () => {
  it("gives the same as the system's, with every option", () => {
    fc.assert(
      fc.property(lines("aAb"), fc.subarray(["-c", "-d", "-i", "-u"]), (input, args) => {
        expect(shown(guest("uniq", args, input))).toBe(system("uniq", args, input));
      }),
      runs,
    );
  });
});

describe.skipIf(!exists("grep"))("grep", () => {
  const atom = fc.constantFrom("a", "b", "ab", ".", "[ab]", "[^a]", "[[:digit:]a-b]", "[]x]", "x", "\\.", "1", "B");
  const basic = fc
    .array(fc.tuple(atom, fc.constantFrom("", "", "*", "\\{1,2\\}", "\\{2\\}", "\\+", "\\?")), { maxLength: 5 })
    .map((parts) => parts.map((part) => part.join("")).join(""));
  const extended = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    pattern: fc.array(tie("part"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("")),
    part: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(atom, fc.constantFrom("", "", "*", "+", "?", "{2}", "{1,3}", "{0,1}", "{2,}")).map((x) => x.join("")),
      fc
        .tuple(tie("pattern"), tie("pattern"), fc.constantFrom("", "*", "+", "?", "{2}"))
        .map(([a, b, x]) => `(${a}|${b})${x}`),
      fc.constantFrom("^", "$"),
    ),
  })).pattern;
  const flags = fc.subarray(["-i", "-v", "-n", "-c", "-x"]);
  const text = lines("abB1.x]");

  it("gives the same as the system's for basic expressions and fixed text", () => {
    const anchored = fc.tuple(fc.constantFrom("", "^"), basic, fc.constantFrom("", "$")).map((x) => x.join(""));
    fc.assert(
      fc.property(text, anchored, flags, fc.boolean(), (input, pattern, options, isFixed) => {
        // GNU's grep says not even 0 then.
        fc.pre(pattern !== "" || !options.includes("-v"));
        const args = [...options, ...(isFixed ? ["-F"] : []), "-e", pattern];
        expect(shown(guest("grep", args, input))).toBe(system("grep", ["-a", ...args], input));
      }),
      { numRuns: 200 },
    );
  });

  it("gives the same as the system's for extended expressions", () => {
    fc.assert(
      fc.property(text, extended, flags, (input, pattern, options) => {
        const args = ["-E", ...options, "-e", pattern];
        expect(shown(guest("grep", args, input))).toBe(system("grep", ["-a", ...args], input));
      }),
      { numRuns: 300 },
    );
  });

  it("takes a step a byte whatever the pattern", () => {
    const input = Buffer.from("a".repeat(100_000));
    const result = guest("grep", ["-E", "-c", "(a*)*(a|aa)*(a?){200}b"], input);
    expect(shown(result)).toBe("1\n0\n");
    expect(result.fuelUsed).toBeLessThan(50_000_000);
  });

  it.each(["(", "a{2", "[a", "a{3,2}", "(a)\\1", "a**{2}", "(((a{250}){250}){250})"])(
    "refuses %s and says why",
    (pattern) => {
      const result = guest("grep", ["-E", pattern], new Uint8Array(0));
      expect(result).toMatchObject({ exit: 2, trap: null });
      expect(Buffer.from(result.stderr).toString()).toMatch(/^grep: .*Try: grep --help\n$/);
    },
  );
});

describe("sha256 and cksum", () => {
  it("give the digests of Node and of the system for every length about a block", () => {
    for (const length of [...Array(130).keys(), 65_535, 65_536, 65_537, 131_072, 200_003]) {
      const input = Buffer.alloc(length, "xyz");
      expect(shown(guest("sha256", [], input))).toBe(`0\n${createHash("sha256").update(input).digest("hex")}  -\n`);
      if (length % 13 === 0 && exists("cksum")) {
        expect(shown(guest("cksum", [], input))).toBe(system("cksum", [], input));
      }
    }
  });

  it("need no more memory for more input", () => {
    for (const name of ["sha256", "cksum"]) {
      const large = guest(name, [], new Uint8Array(3_000_000));
      expect(large.memoryPeakPages, name).toBe(guest(name, [], new Uint8Array(100_000)).memoryPeakPages);
    }
  });

  it("take files by their names", () => {
    const files = [{ path: "folder/one", bytes: utf8ToBytes("abc") }];
    const [digest] = shown(guest("sha256", ["folder/one"], new Uint8Array(0), files)).split("  ");
    expect(digest).toBe("0\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(shown(guest("cksum", ["folder/one", "-"], utf8ToBytes("abc"), files))).toBe(
      "0\n1219131554 3 folder/one\n1219131554 3 -\n",
    );
  });
});

describe.skipIf(!exists("base64"))("base64", () => {
  it("gives the same as the system's in both directions", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.constantFrom("0", "1", "4", "75", "76"), (input, wrap) => {
        const text = guest("base64", ["-w", wrap], input);
        expect(shown(text)).toBe(system("base64", ["-w", wrap], input));
        expect([...guest("base64", ["-d"], text.stdout).stdout]).toEqual([...input]);
      }),
      runs,
    );
  });

  it("refuses what is not base64", () => {
    for (const text of ["a", "ab=c", "a===", "ab!d", "=", "abc"]) {
      expect(guest("base64", ["-d"], utf8ToBytes(text)).exit, text).toBe(1);
    }
  });
});

describe("primes", () => {
  it("finds the same as trial division", () => {
    const isPrime = (n: number): boolean => {
      if (n < 2) return false;
      for (let i = 2; i * i <= n; i++) if (n % i === 0) return false;
      return true;
    };
    fc.assert(
      fc.property(
        fc.oneof(fc.nat(300), fc.integer({ min: 999_999_000_000, max: 1_000_000_000_000 })),
        fc.nat(200),
        (from, more) => {
          const last = Math.min(from + more, 1_000_000_000_000);
          const expected = Array.from({ length: last - from + 1 }, (_, i) => from + i).filter(isPrime);
          const result = guest("primes", [`${from}`, `${last}`], new Uint8Array(0));
          expect(shown(result)).toBe(`0\n${expected.map((prime) => `${prime}\n`).join("")}`);
        },
      ),
      { numRuns: 30 },
    );
    expect(shown(guest("primes", ["-c", "1000000"], new Uint8Array(0)))).toBe("0\n78498\n");
  });
});

/** Programs for `aether:os`; components have tests of their own. */
function coreGuests(): readonly string[] {
  return [...guests.bytes].filter(([, bytes]) => !isComponent(bytes)).map(([name]) => name);
}

describe("every program", () => {
  it("has a help and refuses options that it has not", () => {
    for (const name of coreGuests()) {
      const help = guest(name, ["--help"], new Uint8Array(0));
      expect(help.exit, name).toBe(0);
      expect(Buffer.from(help.stdout).toString(), name).toMatch(new RegExp(`^usage: ${name} `));
      const wrong = guest(name, ["-Z"], new Uint8Array(0));
      expect(wrong.exit, name).not.toBe(0);
      expect(Buffer.from(wrong.stderr).toString(), name).toMatch(new RegExp(`^${name}: `));
    }
  });

  it("is content with the capabilities that the list says, and with no less", async () => {
    const list = await guests.catalogue.list();
    for (const { name, capabilities: listed } of list.ok ? list.value : []) {
      const bytes = guests.bytes.get(name) as Uint8Array;
      if (isComponent(bytes)) {
        const checked = checkComponent(bytes);
        const needed = checked.ok ? checked.value.needs.map(({ capability }) => capability) : [];
        expect([...new Set(needed)].sort(), name).toEqual([...listed].sort());
        continue;
      }
      const options = { fuel: 1_000_000_000, memoryPages: 256, input: { arguments: [name, "--help"] } };
      expect(runCoreGuest(bytes, { ...options, capabilities: listed }).exit, name).toBe(0);
      for (const left of listed) {
        const result = runCoreGuest(bytes, { ...options, capabilities: listed.filter((each) => each !== left) });
        expect(result.trap, name).toContain(`needs ${left}`);
      }
    }
  });

  it("says so when its memory is used up, and traps nowhere", () => {
    const bytes = guests.bytes.get("sort") as Uint8Array;
    const result = runCoreGuest(bytes, {
      fuel: 1e9,
      memoryPages: 4,
      capabilities,
      input: { input: new Uint8Array(1_000_000) },
    });
    expect(result).toMatchObject({ exit: 2, trap: null });
    expect(Buffer.from(result.stderr).toString()).toMatch(/^out of memory/);
  });

  it.each([Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY])(
    "is refused with words under a limit of %d",
    async (limit) => {
      const limits = { fuel: 1e9, memoryPages: 256 };
      for (const name of ["sort", "wc"]) {
        const bytes = guests.bytes.get(name) as Uint8Array;
        for (const wrong of [{ fuel: limit }, { memoryPages: limit }]) {
          const result = await runGuest(bytes, { ...limits, ...wrong, capabilities });
          expect(result, name).toMatchObject({ exit: null, fuelUsed: 0 });
          expect(result.trap, name).toMatch(/^invalid-argument: (fuel|memoryPages) must be a whole number/);
        }
      }
    },
  );

  it("uses the pinned fuel", () => {
    const runsNow = guestRuns.map((run) => {
      const bytes = guests.bytes.get(run.line.split(" ")[0] as string) as Uint8Array;
      const { exit, stdout, fuelUsed, memoryPeakPages } = runCoreGuest(bytes, optionsOf(run));
      const output = createHash("sha256").update(stdout).digest("hex");
      return { line: run.line, exit, output, fuelUsed, memoryPeakPages };
    });
    // With GOLDEN_RUNS=write after a change that is meant to alter them.
    if (process.env.GOLDEN_RUNS === "write") writeFileSync(golden, `${JSON.stringify(runsNow, undefined, 2)}\n`);
    expect(runsNow).toEqual(JSON.parse(readFileSync(golden, "utf8")));
  });
});
