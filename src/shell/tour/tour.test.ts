import { describe, expect, it } from "vitest";
import { accepted } from "#protocol/result.ts";
import type { Client } from "#sdk/contract.ts";
import type { ShellEnvironment } from "../commands/command.ts";
import { plainScreen } from "../plain-screen.ts";
import { commands, Shell } from "../shell.ts";
import type { Place } from "../windows/place.ts";
import { readProgress } from "./tour-progress.ts";
import { tourSteps } from "./tour-steps.ts";

/** A page on which everything can be made to have happened. */
function page(leadsTour = true) {
  const state = {
    vault: { exists: false, keyHash: null as Uint8Array | null, backup: "none", did: null as string | null },
    coins: [] as { txId: Uint8Array; index: number; amountNano: bigint }[],
    contacts: [] as { name: string; did: string }[],
    files: [] as { path: string; sizeBytes: number; changedMs: number }[],
    place: null as Place | null,
    kept: null as unknown,
    nowMs: 1_000,
  };
  const client = {
    vaultStatus: () => Promise.resolve(accepted(state.vault)),
    coins: () => Promise.resolve(accepted({ coins: state.coins })),
    contacts: () => Promise.resolve(accepted(state.contacts)),
    peers: () => Promise.resolve(accepted([])),
  } as unknown as Client;
  const environment = {
    nowMs: () => state.nowMs,
    addressOf: (path: string) => path,
    tour: {
      load: () => state.kept,
      save: (progress: unknown) => {
        state.kept = JSON.parse(JSON.stringify(progress));
      },
    },
    openedPlace: () => state.place,
    files: { list: () => Promise.resolve(accepted(state.files)) },
    programs: { list: () => Promise.resolve(accepted([{ name: "primes" }])) },
    app: { state: () => ({ installed: false }) },
    history: { load: () => [], save: () => undefined },
  } as unknown as ShellEnvironment;
  const open = () => {
    const said: string[] = [];
    const shell = new Shell(
      client,
      environment,
      plainScreen((text) => said.push(text)),
      { leadsTour },
    );
    /** Runs a line; gives what was said of it. */
    const type = async (line: string): Promise<string> => {
      await shell.run(line);
      return said.splice(0).join("\n");
    };
    const looked = async (): Promise<string> => {
      await shell.lookForTour();
      return said.splice(0).join("\n");
    };
    const resumed = async (): Promise<string> => {
      await shell.resumeTour();
      return said.splice(0).join("\n");
    };
    return { type, looked, resumed };
  };
  return { state, open };
}

describe("the tour", () => {
  it("goes on by what has happened, not by what was typed, and ends", async () => {
    const { state, open } = page();
    const { type, looked } = open();
    expect(await type("help")).not.toContain("Tour,");
    expect(await type("tour")).toMatch(/Tour, 1 of 11[\s\S]*tour stop/);
    // Words alone are nothing.
    expect(await type("version")).not.toContain("Tour,");
    expect(await type("help")).toMatch(/Done: what there is\.[\s\S]*Tour, 2 of 11/);
    expect(await type("peers")).toMatch(/Tour, 3 of 11: your keys/);
    expect(await looked()).toBe("");
    state.vault = { exists: true, keyHash: new Uint8Array(32), backup: "none", did: "did:key:z" };
    expect(await looked()).toMatch(/Done: your keys\.[\s\S]*Tour, 4 of 11/);
    state.vault.backup = "words";
    const coin = { txId: new Uint8Array(32), index: 0, amountNano: 5n };
    state.coins = [coin];
    // What stands already is passed over, and said.
    expect(await looked()).toMatch(/You have already: coins to try with\.[\s\S]*Tour, 6 of 11: a name/);
    state.contacts = [{ name: "me", did: "did:key:z" }];
    expect(await looked()).toMatch(/Tour, 7 of 11: a payment[\s\S]*pay @me 1/);
    state.coins = [coin, { ...coin, index: 1 }];
    expect(await looked()).toBe("");
    state.coins = [{ ...coin, index: 1 }];
    expect(await looked()).toMatch(/Done: a payment\.[\s\S]*open explorer/);
    state.place = { window: "wallet", at: "" };
    expect(await looked()).toBe("");
    state.place = { window: "explorer", at: "block/3" };
    state.files = [{ path: "old.txt", sizeBytes: 1, changedMs: 1 }];
    expect(await looked()).toMatch(/Tour, 9 of 11: a file/);
    state.nowMs = 3_000;
    state.files = [{ path: "hello.txt", sizeBytes: 1, changedMs: 2_000 }];
    expect(await looked()).toMatch(/Tour, 10 of 11: a program/);
    expect(await type("tour skip")).toMatch(/Tour, 11 of 11/);
    expect(await type("tour skip")).toMatch(/That was the tour/);
    expect(state.kept).toBeNull();
    expect(await looked()).toBe("");
    expect(await type("tour skip")).toMatch(/on no tour/);
  });

  it("is left, goes on after a reload where it was, and begins anew", async () => {
    const { open } = page();
    const first = open();
    await first.type("tour");
    await first.type("help");
    expect(await first.type("tour stop")).toMatch(/Left\./);
    expect(await first.type("peers")).not.toContain("Tour,");
    const second = open();
    expect(await second.resumed()).toBe("");
    expect(await second.type("tour")).toMatch(/^Tour, 2 of 11/);
    const third = open();
    expect(await third.resumed()).toMatch(/^Tour, 2 of 11/);
    expect(await third.type("tour restart")).toMatch(/^Tour, 1 of 11/);
    expect(await third.type("tour stpo")).toContain("Usage");
  });

  it("says nothing in shells of windows, sees a step done once, and takes a failed command for none", async () => {
    const { open } = page(false);
    const silent = open();
    await silent.type("tour");
    expect(await silent.type("help")).not.toContain("Tour,");
    const leading = page().open();
    await leading.type("tour");
    expect(await leading.type("man nothing")).not.toContain("Done");
    const said = await Promise.all([leading.type("help"), leading.looked()]);
    expect(said.join("\n").match(/Done: what there is/g)).toHaveLength(1);
  });

  it("keeps its place only if it is one, and names commands that there are", async () => {
    const names = tourSteps.map(({ name }) => name);
    for (const kept of [null, 3, "help", {}, { step: "elsewhere" }, { step: 4 }, []])
      expect(readProgress(kept, names)).toBeNull();
    expect(readProgress({ step: "pay", mark: ["a", 3, ..."x".repeat(99)], isLeft: 1 }, names)).toMatchObject({
      step: "pay",
      isLeft: false,
    });
    expect(readProgress({ step: "pay", mark: Array(99).fill("x") }, names)?.mark).toHaveLength(64);
    const client = { contacts: () => Promise.resolve(accepted([])) } as unknown as Client;
    for (const step of tourSteps) {
      const { lines } = await step.say({ client, environment: {} as ShellEnvironment, ended: [], mark: [] });
      for (const line of lines)
        expect(
          commands.map(({ name }) => name),
          line,
        ).toContain(line.split(" ")[0]);
    }
  });
});
