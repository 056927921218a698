import { expect, it, vi } from "vitest";
import type { OpenedFile } from "#sdk/installed-app.ts";
import { OpenedFiles } from "./opened-files.ts";

/** A window's launch queue, and what the system opens. */
function launching() {
  let launch: (params: { files?: readonly object[] }) => void = () => undefined;
  const window = Object.assign(new EventTarget(), {
    launchQueue: {
      setConsumer: (consumer: typeof launch) => {
        launch = consumer;
      },
    },
  });
  return { window, launch: (...files: readonly object[]) => launch({ files }) };
}

const handle = (name: string, bytes: readonly number[]) => ({
  name,
  kind: "file",
  getFile: async () => new Blob([Uint8Array.from(bytes)]),
});

it("gives files in their order, those that came before anybody listened included, and each once", async () => {
  const { window, launch } = launching();
  const opened = new OpenedFiles(window);
  launch(
    handle("a", [1]),
    { name: "gone", getFile: () => Promise.reject(new Error("gone")) },
    { name: "folder", kind: "directory" },
  );
  const heard: OpenedFile[] = [];
  const bytesOf = async ({ name, content }: OpenedFile) => {
    const read = await content?.read(0, 9);
    return { name, bytes: read?.ok === true ? read.value : null };
  };
  const end = opened.follow((file) => heard.push(file));
  launch(handle("b", [2, 3]));
  await expect.poll(() => heard).toHaveLength(4);
  expect(await Promise.all(heard.map(bytesOf))).toEqual([
    { name: "a", bytes: Uint8Array.of(1) },
    { name: "gone", bytes: null },
    { name: "folder", bytes: null },
    { name: "b", bytes: Uint8Array.of(2, 3) },
  ]);
  end();
  launch(handle("c", [4]));
  const later: OpenedFile[] = [];
  opened.follow((file) => later.push(file));
  await expect.poll(() => later).toHaveLength(1);
  expect(await Promise.all(later.map(bytesOf))).toEqual([{ name: "c", bytes: Uint8Array.of(4) }]);
  expect(heard).toHaveLength(4);
});

it("gives later files to a listener that threw, and reports what it threw", async () => {
  const { window, launch } = launching();
  const report = vi.fn();
  vi.stubGlobal("reportError", report);
  const heard: string[] = [];
  new OpenedFiles(window).follow(({ name }) => {
    heard.push(name);
    if (name === "a") throw new Error("cannot show it");
  });
  launch(handle("a", [1]), handle("b", [2]));
  await expect.poll(() => heard).toEqual(["a", "b"]);
  launch(handle("c", [3]));
  await expect.poll(() => heard).toEqual(["a", "b", "c"]);
  expect(report).toHaveBeenCalledOnce();
  vi.unstubAllGlobals();
});

it("holds a limited number, and does without a launch queue", async () => {
  const { window, launch } = launching();
  const opened = new OpenedFiles(window);
  launch(...Array.from({ length: 100 }, (_, i) => handle(`${i}`, [i])));
  const heard: string[] = [];
  opened.follow(({ name }) => heard.push(name));
  await expect.poll(() => heard.at(-1)).toBe("15");
  expect(() => new OpenedFiles(new EventTarget()).follow(() => undefined)()).not.toThrow();
});

it("gives files that are dropped on the page, and leaves text that is dragged alone", async () => {
  const window = new EventTarget();
  const opened = new OpenedFiles(window);
  const heard: string[] = [];
  opened.follow(({ name }) => heard.push(name));
  const drag = (type: string, types: readonly string[], files: readonly File[] = []) => {
    const dataTransfer = { types, files, dropEffect: "none" };
    const event = Object.assign(new Event(type, { cancelable: true }), { dataTransfer });
    window.dispatchEvent(event);
    return { isTaken: event.defaultPrevented, dropEffect: dataTransfer.dropEffect };
  };
  expect(drag("dragover", ["text/plain"])).toEqual({ isTaken: false, dropEffect: "none" });
  expect(drag("drop", ["text/plain"]).isTaken).toBe(false);
  expect(drag("dragover", ["Files"])).toEqual({ isTaken: true, dropEffect: "copy" });
  expect(drag("drop", ["Files"], [new File(["a"], "a.txt"), new File(["b"], "b.txt")]).isTaken).toBe(true);
  await expect.poll(() => heard).toEqual(["a.txt", "b.txt"]);
});
