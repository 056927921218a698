import { describe, expect, it } from "vitest";
import { mailLimits } from "#protocol/mail/limits.ts";
import { accepted, rejected } from "#protocol/result.ts";
import type { NodeEvent, NodeRequests, VaultRequests } from "#sdk/contract.ts";
import type { MailCredentials } from "#sdk/mail.ts";
import { VirtualClock } from "#testing/virtual-clock.ts";
import { handOverMail } from "./mail-handover.ts";

const peers: NodeEvent = { type: "peers", peers: 1, direct: 1 };

function joined() {
  const clock = new VirtualClock(0);
  const world = { peerId: "", open: false, taken: [] as MailCredentials[], afterwards: 0 };
  const node = {
    status: () => Promise.resolve(accepted({ networkId: new Uint8Array(32), peerId: world.peerId })),
    receiveMail: (credentials: MailCredentials) => {
      world.taken.push(credentials);
      return Promise.resolve(accepted(null));
    },
  } as unknown as NodeRequests;
  const vault = {
    unlockVault: (passphrase: string) => {
      world.open = passphrase === "right";
      return Promise.resolve(world.open ? accepted({}) : rejected("wrong-passphrase", "no"));
    },
    chooseSpace: () => Promise.resolve(accepted({})),
    mailCredentials: ({ peerId }: { peerId: string }) =>
      Promise.resolve(
        world.open
          ? accepted({ record: Uint8Array.of(1), pass: peerId === "" ? null : new TextEncoder().encode(peerId) })
          : rejected("vault-locked", "locked"),
      ),
  } as unknown as VaultRequests;
  return { clock, world, handover: handOverMail(node, vault, clock, async () => world.afterwards++) };
}

/** Lets what an event has begun come to its end. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("handing credentials to the node", () => {
  it("happens before the answer of what opens the vault, and for nothing else", async () => {
    const { world, handover } = joined();
    world.peerId = "me";
    expect(await handover.vault.unlockVault("wrong")).toMatchObject({ code: "wrong-passphrase" });
    handover.onEvent(peers);
    await settled();
    expect(world).toMatchObject({ taken: [], afterwards: 0 });
    await handover.vault.unlockVault("right");
    expect(world.taken).toHaveLength(1);
    handover.onEvent(peers);
    await settled();
    expect(world.taken).toHaveLength(1);
    expect(world.afterwards).toBe(1);
  });

  it("happens again for a space that is chosen while it is under way", async () => {
    const { world, handover } = joined();
    world.open = true;
    await Promise.all([handover.vault.chooseSpace("work"), handover.vault.chooseSpace("public")]);
    await settled();
    expect(world.taken).toHaveLength(2);
  });

  it("is made good for when the node has its name, and again before a pass is over, while the vault is open", async () => {
    const { clock, world, handover } = joined();
    await handover.vault.unlockVault("right");
    expect(world.taken).toMatchObject([{ pass: null }]);
    world.peerId = "me";
    handover.onEvent(peers);
    await settled();
    expect(world.taken).toHaveLength(2);
    await clock.run(mailLimits.passLifeMs / 2);
    world.open = false;
    handover.onEvent(peers);
    await settled();
    expect(world.taken).toHaveLength(2);
    world.open = true;
    handover.onEvent(peers);
    await settled();
    expect(world.taken).toHaveLength(3);
  });
});
