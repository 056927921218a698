/**
 * A morning without a network, as somebody has it who was online yesterday: the prompt, the coins, what was typed and kept,
 * and a payment that waits until somebody is there; on a desktop and on a phone, with pictures.
 */
import { afterEach, describe, expect, it } from "vitest";
import type { AppState } from "../src/sdk/installed-app.ts";
import { endAll, openProfile, startSeed, temporaryFolder } from "./harness.ts";
import { makeIdentity, passphrase, until } from "./steps.ts";

afterEach(endAll);

describe("a morning without a network", () => {
  it.each([
    ["desktop", { width: 1280, height: 800 }],
    ["phone", { width: 360, height: 740 }],
  ])(
    "has its prompt, coins, history and files, and keeps a payment for when the network is back: %s",
    async (screen, viewport) => {
      const first = await startSeed({ begun: true });
      const folder = temporaryFolder();
      const evening = await openProfile({ folder, viewport, isKept: true });
      const before = await evening.open(first.url);
      const { did } = await makeIdentity(before);
      await before.command("faucet 5", /Paid\. You have 5 AETH/);
      await before.command("echo bread > list.txt; cat list.txt", /^bread$/m);
      const { height } = await until<{ height: number }>(before, "status", (seen) => seen.height > 0);
      await until<AppState>(before, "update", ({ offlineStart }) => offlineStart === "ready");
      await evening.close();
      await first.stop();

      const morning = await openProfile({ folder, viewport, isKept: true });
      await morning.context.setOffline(true);
      const tab = await morning.open(first.url);
      await tab.waitFor(/This tab is a node now/);
      const now = await tab.json<{ height: number; peers: number }>("status");
      expect(now.height).toBeGreaterThanOrEqual(height);
      expect(now.peers).toBe(0);
      await tab.command("balance", /5 AETH/);
      await tab.command("cat list.txt", /^bread$/m);
      await tab.command("id show", new RegExp(did));
      await tab.page.locator(".xterm-helper-textarea").focus();
      await tab.page.keyboard.press("Control+r");
      await tab.page.keyboard.type("faucet");
      await tab.page.waitForFunction(() => document.querySelector(".xterm-rows")?.textContent?.includes("faucet 5"));
      await tab.page.keyboard.press("Control+c");
      await tab.picture(`offline-morning-${screen}`);
      await tab.command(`pay ${did} 1`, /Passphrase to unlock/);
      await tab.command(passphrase, /Sign and send\?/);
      await tab.command("y", /Signed [0-9a-f]{64}, and kept here: nobody is connected/);
      await tab.picture(`offline-payment-${screen}`);
      await tab.page.keyboard.press("Control+c");
      await tab.waitFor(/Not watched any longer/);
      const [waiting] = await tab.json<readonly { id: string }[]>("mempool");
      // It waits through a reload, too.
      await tab.page.reload();
      await tab.waitFor(/This tab is a node now/);
      expect(await tab.json<readonly { id: string }[]>("mempool")).toMatchObject([{ id: waiting?.id }]);

      await startSeed({ port: first.port, dataDirectory: first.dataDirectory });
      await morning.context.setOffline(false);
      await until<readonly unknown[]>(tab, "mempool", (left) => left.length === 0);
      await tab.command(`tx ${waiting?.id}`, /In block \d+/);
      await tab.picture(`online-again-${screen}`);
    },
  );
});
